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
const expiryPollMs = 500;
/** Well below the notice that a change of rules has: see src/rules/changes.ts. */
const rulesPollMs = 2_000;
const freezesPollMs = 1_000;
const staffPollMs = 10_000;
const floatPollMs = 2_000;
const reportPollMs = 60_000;
const cleaningPollMs = 3_600_000;
const casesPollMs = 60_000;
const inboundKeptMs = 7 * 24 * 3_600_000;

/** What happens without anybody calling: SMS leave, requests expire, next month gets its partitions, old rows go. */
export function startWorkers(
  services: Services,
  {
    sms,
    push,
    headsIntervalMs,
    log,
  }: { sms: SmsSender; push?: PushSender | undefined; headsIntervalMs: number; log: Log },
): Workers {
  const { outbox, payments, invoices, redress, identity, ledger, heads, rules, freezes, staff, texting, agents } =
    services;
  const { db, clock, phones } = services;
  const stopping = new AbortController();
  setMaxListeners(0, stopping.signal); // one a loop
  const loops = [
    ...Array.from({ length: smsSenders }, () =>
      repeat({ name: 'sms', pollMs: smsPollMs, work: () => outbox.sendDue(sms) }, stopping.signal, log),
    ),
    repeat({ name: 'heads', pollMs: headsIntervalMs, work: () => heads.publish() }, stopping.signal, log),
    repeat({ name: 'expiry', pollMs: expiryPollMs, work: () => payments.expireDue() }, stopping.signal, log),
    repeat({ name: 'floats', pollMs: floatPollMs, work: () => agents.watchFloats() }, stopping.signal, log),
    repeat({ name: 'agent days', pollMs: reportPollMs, work: () => agents.reportDays() }, stopping.signal, log),
    repeat({ name: 'codes', pollMs: cleaningPollMs, work: () => agents.wipeOldCodes() }, stopping.signal, log),
    repeat({ name: 'prompts', pollMs: promptPollMs, work: () => invoices.promptDue(push) }, stopping.signal, log),
    repeat({ name: 'invoices', pollMs: expiryPollMs, work: () => invoices.expireDue() }, stopping.signal, log),
    repeat({ name: 'sales', pollMs: cleaningPollMs, work: () => invoices.forgetUnpaid() }, stopping.signal, log),
    repeat(
      { name: 'attempts', pollMs: cleaningPollMs, work: () => identity.forgetOldAttempts() },
      stopping.signal,
      log,
    ),
    repeat({ name: 'phones', pollMs: cleaningPollMs, work: () => phones.forgetOldRequests() }, stopping.signal, log),
    repeat(
      {
        name: 'inbound',
        pollMs: cleaningPollMs,
        work: () => deleteInboundBefore(db, plusMs(clock.now(), -inboundKeptMs)),
      },
      stopping.signal,
      log,
    ),
    repeat(
      { name: 'partitions', pollMs: cleaningPollMs, work: () => ledger.prepare(clock.now()) },
      stopping.signal,
      log,
    ),
    repeat(
      { name: 'unclaimed', pollMs: cleaningPollMs, work: () => payments.releaseUnclaimed() },
      stopping.signal,
      log,
    ),
    repeat({ name: 'rules', pollMs: rulesPollMs, work: () => rules.refresh() }, stopping.signal, log),
    repeat({ name: 'tiers', pollMs: cleaningPollMs, work: () => rules.promoteDue() }, stopping.signal, log),
    repeat({ name: 'limits', pollMs: cleaningPollMs, work: () => rules.forgetOldUses() }, stopping.signal, log),
    repeat({ name: 'freezes', pollMs: freezesPollMs, work: () => freezes.keep() }, stopping.signal, log),
    repeat({ name: 'staff', pollMs: staffPollMs, work: () => staff.sweep() }, stopping.signal, log),
    repeat({ name: 'codes', pollMs: cleaningPollMs, work: () => texting.forgetOldCodes() }, stopping.signal, log),
    repeat({ name: 'cases', pollMs: casesPollMs, work: () => redress.closeDue() }, stopping.signal, log),
    repeat({ name: 'overdue cases', pollMs: casesPollMs, work: () => redress.alarmOverdue() }, stopping.signal, log),
    repeat({ name: 'quotes', pollMs: cleaningPollMs, work: () => payments.forgetOldQuotes() }, stopping.signal, log),
  ];
  return {
    stop: async () => {
      stopping.abort();
      await Promise.all(loops);
    },
  };
}

/** Runs `work` again and again; a failure is logged and waited out, and never ends the loop. */
async function repeat(
  { name, pollMs, work }: { name: string; pollMs: number; work: () => Promise<unknown> },
  stopping: AbortSignal,
  log: Log,
): Promise<void> {
  while (!stopping.aborted) {
    try {
      await work();
    } catch (error) {
      log.error({ err: error, worker: name }, 'a worker failed; it goes on');
    }
    await sleep(pollMs, undefined, { signal: stopping }).catch(() => undefined);
  }
}
