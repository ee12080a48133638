import {
  plusMs,
  type Attachment,
  type Cipher,
  type Clock,
  type Db,
  type Ids,
  type Log,
  type Msisdn,
  type Tx,
} from '../platform';
import { fillBalance, type BalanceOf } from './balance-mark';
import type { DeliveryReport, SmsSender } from './port';
import { applyReport, claimDue, insertOutgoing, markFailed, markRetry, markSent, type OutboxRow } from './store';

export interface OutboxDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly cipher: Cipher;
  readonly log: Log;
}

export interface OutgoingSms {
  readonly to: Msisdn;
  readonly body: string;
}

export interface Outbox {
  /** Queues a message in the transaction of what it tells: both are there, or neither. */
  enqueue(tx: Tx, message: OutgoingSms): Promise<void>;
  /**
   * The message as a row that commits with money. Where its words hold the mark of `balanceMark`, `balanceOf` says
   * whose balance stands there, as of that transfer.
   */
  attachment(message: OutgoingSms, balanceOf?: BalanceOf): Attachment;
  /** Sends what is due. Returns how many messages it handled. */
  sendDue(sender: SmsSender): Promise<number>;
  /** True when the report was about a message of ours that still waited for one. */
  report(report: DeliveryReport): Promise<boolean>;
}

const batchMax = 20;
const attemptsMax = 12;
/** A message is handed over in the first half of its lease only, and a sender's own limit is shorter than the second. */
const leaseMs = 60_000;
const firstRetryMs = 1_000;
const longestRetryMs = 10 * 60_000;

/**
 * A message is claimed, sent, then marked, each step committed: however many senders run, none sends what another
 * holds, nor what the provider is known to have taken. What it refuses for good fails; everything else is tried again,
 * ever more slowly. In doubt (no answer, or we died waiting for one) is tried again as well: a provider has no key by
 * which it would know a message again, and a receipt that comes twice does less harm than one that never comes.
 */
export function createOutbox(deps: OutboxDeps): Outbox {
  const { db, clock, ids, cipher } = deps;
  return {
    enqueue: async (tx, { to, body }) => {
      const smsId = ids.uuid();
      await insertOutgoing(tx, { smsId, to, body: cipher.seal(body, smsId), now: clock.now() });
    },
    attachment: ({ to, body }, balanceOf) => {
      const smsId = ids.uuid();
      const { keyId, bytes } = cipher.seal(body, smsId);
      const row = { sms_id: smsId, to_msisdn: to, body: bytes.toString('base64'), key_id: keyId };
      const about = balanceOf && {
        transfer_id: balanceOf.transferId,
        account_id: balanceOf.accountId,
        currency: balanceOf.currency,
      };
      return { writer: 'sms', row: { ...row, created_at: clock.now().toISOString(), ...about } };
    },
    sendDue: async (sender) => {
      const now = clock.now();
      const rows = await claimDue(db, now, plusMs(now, leaseMs), batchMax);
      const results = await Promise.allSettled(byReceiver(rows).map((queue) => sendInOrder(deps, sender, queue)));
      const failed = results.find((result) => result.status === 'rejected');
      if (failed) throw failed.reason;
      return rows.length;
    },
    report: ({ providerMessageId, state }) => applyReport(db, providerMessageId, state, clock.now()),
  };
}

/** What one phone gets it gets in the order in which it was told; phones don't wait for one another. */
function byReceiver(rows: readonly OutboxRow[]): OutboxRow[][] {
  const queues = new Map<string, OutboxRow[]>();
  for (const row of rows) queues.set(row.to, [...(queues.get(row.to) ?? []), row]);
  return [...queues.values()];
}

async function sendInOrder(deps: OutboxDeps, sender: SmsSender, queue: readonly OutboxRow[]): Promise<void> {
  const handOverUntil = plusMs(deps.clock.now(), leaseMs / 2);
  for (const row of queue) {
    if (deps.clock.now() >= handOverUntil) return; // due again when its lease ends
    await sendOne(deps, sender, row);
  }
}

async function sendOne({ db, clock, cipher, log }: OutboxDeps, sender: SmsSender, row: OutboxRow): Promise<void> {
  const { smsId, to, attempts } = row;
  if (attempts > attemptsMax) return markFailed(db, smsId, 'too many attempts', clock.now());
  const result = await sender.send({ to, body: fillBalance(cipher.open(row.body, smsId), row.balance) });
  const now = clock.now();
  if (result.outcome === 'taken') {
    await markSent(db, smsId, result.providerMessageId, now);
  } else if (result.outcome === 'refused' || attempts >= attemptsMax) {
    log.error({ smsId, attempts, reason: result.reason }, 'an SMS could not be sent and will not be tried again');
    await markFailed(db, smsId, result.reason, now);
  } else {
    log.warn({ smsId, attempts, reason: result.reason }, 'an SMS was not sent; it will be tried again');
    const waitMs = Math.min(longestRetryMs, firstRetryMs * 2 ** (attempts - 1));
    await markRetry(db, { smsId, reason: result.reason, dueAt: plusMs(now, waitMs), now });
  }
}
