import type { Actor } from '../ledger';
import type { Payment } from '../payments';
import { plusMs } from '../platform';
import type { SchemeError, TransferOutcome } from '../switch';
import { heardAgain } from './contradiction';
import { contextOf, type OutgoingDeps } from './outgoing';
import { bulkDueNow } from './bulk-store';
import { dueNow, noteError, takeDue, transferById, type OutgoingTransfer } from './outgoing-store';

/**
 * From the PIN on: money that is held here until the scheme has said what became of it. It is sent until it expires, and
 * asked for after that, for as long as it takes. It is released on a definite answer only: a refusal before anything
 * left, an abort, or that the scheme doesn't know it when nothing of ours can arrive there any more.
 */

const atOnce = 50;
export const laterMs = 60_000;

/** Who decides when the scheme does. */
const scheme: Actor = { kind: 'system', id: 'scheme' };

/** Sends what is due, or asks for it. Returns how many. */
export async function sendDue(deps: OutgoingDeps): Promise<number> {
  // By the second try the first has its answer, or never gets one.
  const firstMs = 2 * deps.terms.patienceMs;
  const due = await takeDue(deps.db, { now: deps.clock.now(), firstMs, laterMs, limit: atOnce });
  await Promise.all(due.map((transfer) => send(deps, transfer)));
  return due.length;
}

async function send(deps: OutgoingDeps, transfer: OutgoingTransfer): Promise<void> {
  const { transferId, dfspId, amountMinor, currency, attempts, expiresAt, terms, quoteId } = transfer;
  const context = contextOf(deps);
  if (expiresAt <= deps.clock.now()) {
    const asked = await deps.adapter.queryTransfer({ transferId, dfspId }, context);
    if (asked.status === 'refused') await noteError(deps.db, transferId, asked.error);
    return;
  }
  const amount = { amountMinor, currency };
  const sent = await deps.adapter.prepareTransfer({ transferId, dfspId, quoteId, amount, terms, expiresAt }, context);
  if (sent.status !== 'refused') return;
  await noteError(deps.db, transferId, sent.error);
  // What was tried before may have arrived, whatever is said of it now.
  if (sent.error.moneyMoved === 'no' && attempts === 1) await settle(deps, transfer, 'aborted');
}

/** What became of a payment by now, after sending it and waiting a moment: `pending` where nobody has said. */
export async function awaitOutcome(deps: OutgoingDeps, paymentId: string): Promise<Payment['state']> {
  await sendDue(deps);
  const decided = await deps.waiting.until(paymentId, deps.terms.patienceMs, async () => {
    const payment = await deps.payments.find(paymentId);
    return payment?.state === 'pending' ? undefined : payment?.state;
  });
  return decided ?? 'pending';
}

/** What the scheme says of a transfer of ours, however often, however late. */
export async function takeOutcome(deps: OutgoingDeps, outcome: TransferOutcome): Promise<void> {
  const transfer = await transferById(deps.db, outcome.transferId);
  if (!transfer) {
    deps.log.warn({ transferId: outcome.transferId }, 'the scheme knows a transfer that we do not');
    return;
  }
  const { state, error } = outcome;
  if (state === 'pending' && error) await noteError(deps.db, transfer.transferId, error);
  if (state === 'committed') await settle(deps, transfer, 'committed');
  if (state === 'aborted') await giveUp(deps, transfer, error ?? noReason);
  // An answer that was overtaken says nothing about what is decided.
  if (state === 'unknown' && transfer.state === 'open') await sendAgainOrGiveUp(deps, transfer);
}

const noReason: SchemeError = { code: '2000', description: 'no reason was given', moneyMoved: 'no' };

async function sendAgainOrGiveUp(deps: OutgoingDeps, transfer: OutgoingTransfer): Promise<void> {
  const now = deps.clock.now();
  if (now < transfer.expiresAt) {
    // What belongs to a bulk is never sent without the others.
    const { bulkId, transferId } = transfer;
    return bulkId === null ? dueNow(deps.db, transferId, now) : bulkDueNow(deps.db, bulkId, now);
  }
  if (now < plusMs(transfer.expiresAt, deps.terms.graceMs)) return;
  await giveUp(deps, transfer, { code: '3208', description: 'the scheme has never heard of it', moneyMoved: 'no' });
}

async function giveUp(deps: OutgoingDeps, transfer: OutgoingTransfer, error: SchemeError): Promise<void> {
  await noteError(deps.db, transfer.transferId, error);
  await settle(deps, transfer, 'aborted');
}

export async function settle(
  deps: OutgoingDeps,
  transfer: OutgoingTransfer,
  theirs: 'committed' | 'aborted',
): Promise<void> {
  const { paymentId, transferId, dfspId } = transfer;
  if (transfer.state !== 'open') return heardAgain(deps, { dfspId, transferId, theirs });
  const state = theirs === 'committed' ? 'completed' : 'rejected';
  const settled = await deps.payments.settleOutside({ paymentId, state, by: scheme });
  deps.waiting.wake(paymentId);
  if (!settled.ok) await heardAgain(deps, { dfspId, transferId, theirs });
}
