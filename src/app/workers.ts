import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PushSender } from '../aggregators';
import { plusMs, type Log } from '../platform';
import { deleteInboundBefore, type SmsSender } from '../sms';
import type { Services } from './services';

export interface Workers {
  /** Lets what is under way finish. */
  stop(): Promise<void>;
}

const smsPollMs = 200;
/** A message that the provider is slow to take holds up one of them, not everybody's. */
const smsSenders = 4;
const promptPollMs = 200;
const clearingPollMs = 100;
const requestsPollMs = 200;
const bulksPollMs = 200;
const expiryPollMs = 500;
/** Well below the notice that a change of rules has: see src/rules/changes.ts. */
const rulesPollMs = 2_000;
const directoryPollMs = 500;
const freezesPollMs = 1_000;
const staffPollMs = 10_000;
const floatPollMs = 2_000;
const reportPollMs = 60_000;
const cleaningPollMs = 3_600_000;
const casesPollMs = 60_000;
const reconcilePollMs = 600_000;
const inboundKeptMs = 7 * 24 * 3_600_000;

interface Job {
  readonly name: string;
  readonly pollMs: number;
  readonly work: () => Promise<unknown>;
}

interface Jobs {
  readonly sms: SmsSender;
  readonly push?: PushSender | undefined;
  readonly headsIntervalMs: number;
  readonly log: Log;
}

/** What happens without anybody calling: SMS leave, requests expire, next month gets its partitions, old rows go. */
export function startWorkers(services: Services, options: Jobs): Workers {
  const stopping = new AbortController();
  setMaxListeners(0, stopping.signal); // one a loop
  const jobs = [...promptly(services, options), ...regularly(services, options), ...cleaning(services)];
  const loops = jobs.map((job) => repeat(job, stopping.signal, options.log));
  return {
    stop: async () => {
      stopping.abort();
      await Promise.all(loops);
    },
  };
}

/** What somebody waits for. */
function promptly({ bulks, outbox, clearing, counter, invoices, payments }: Services, { sms, push }: Jobs): Job[] {
  const sending: Job = { name: 'sms', pollMs: smsPollMs, work: () => outbox.sendDue(sms) };
  return [
    ...Array.from({ length: smsSenders }, () => sending),
    { name: 'clearing', pollMs: clearingPollMs, work: () => clearing.work() },
    { name: 'requests', pollMs: requestsPollMs, work: () => invoices.sendDue() },
    { name: 'counter', pollMs: clearingPollMs, work: () => counter.work() },
    { name: 'bulks', pollMs: bulksPollMs, work: () => bulks.work() },
    { name: 'prompts', pollMs: promptPollMs, work: () => invoices.promptDue(push) },
    { name: 'expiry', pollMs: expiryPollMs, work: () => payments.expireDue() },
    { name: 'counter requests', pollMs: expiryPollMs, work: () => counter.expireDue() },
    { name: 'invoices', pollMs: expiryPollMs, work: () => invoices.expireDue() },
  ];
}

function regularly(
  { agents, clearing, freezes, heads, redress, rules, settlement, staff }: Services,
  { headsIntervalMs }: Pick<Jobs, 'headsIntervalMs'>,
): Job[] {
  return [
    { name: 'heads', pollMs: headsIntervalMs, work: () => heads.publish() },
    { name: 'floats', pollMs: floatPollMs, work: () => agents.watchFloats() },
    { name: 'agent days', pollMs: reportPollMs, work: () => agents.reportDays() },
    { name: 'directory', pollMs: directoryPollMs, work: () => clearing.tellDirectory() },
    { name: 'rules', pollMs: rulesPollMs, work: () => rules.refresh() },
    { name: 'freezes', pollMs: freezesPollMs, work: () => freezes.keep() },
    { name: 'staff', pollMs: staffPollMs, work: () => staff.sweep() },
    { name: 'cases', pollMs: casesPollMs, work: () => redress.closeDue() },
    { name: 'stuck transfers', pollMs: casesPollMs, work: () => clearing.alarmStuck() },
    { name: 'reconciliation', pollMs: reconcilePollMs, work: () => settlement.reconcileDay() },
    { name: 'overdue cases', pollMs: casesPollMs, work: () => redress.alarmOverdue() },
  ];
}

function cleaning(services: Services): Job[] {
  const { agents, clearing, clock, counter, db, identity, invoices, ledger, payments, phones, rules, texting } =
    services;
  const works: Readonly<Record<string, Job['work']>> = {
    codes: () => agents.wipeOldCodes(),
    offers: () => clearing.forgetOld(),
    sales: () => invoices.forgetUnpaid(),
    counters: () => counter.forgetOld(),
    attempts: () => identity.forgetOldAttempts(),
    phones: () => phones.forgetOldRequests(),
    inbound: () => deleteInboundBefore(db, plusMs(clock.now(), -inboundKeptMs)),
    partitions: () => ledger.prepare(clock.now()),
    unclaimed: () => payments.releaseUnclaimed(),
    tiers: () => rules.promoteDue(),
    limits: () => rules.forgetOldUses(),
    'SMS codes': () => texting.forgetOldCodes(),
    quotes: () => payments.forgetOldQuotes(),
  };
  return Object.entries(works).map(([name, work]) => ({ name, pollMs: cleaningPollMs, work }));
}

/** Runs `work` again and again; a failure is logged and waited out, and never ends the loop. */
async function repeat({ name, pollMs, work }: Job, stopping: AbortSignal, log: Log): Promise<void> {
  while (!stopping.aborted) {
    try {
      await work();
    } catch (error) {
      log.error({ err: error, worker: name }, 'a worker failed; it goes on');
    }
    await sleep(pollMs, undefined, { signal: stopping }).catch(() => undefined);
  }
}
