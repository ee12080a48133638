import type { Actor } from '../ledger';
import type { Payment } from '../payments';
import { assert, err, ok, type Attachment, type Result } from '../platform';
import type { IncomingQuote } from '../switch';
import { createOutgoingRow } from './companion';
import { refused, type ClearingError } from './errors';
import { receivedBy, type IncomingOffer, type Received } from './incoming-store';
import { askFor, type OutgoingDeps } from './outgoing';
import { sentBy } from './outgoing-store';
import { sendDue } from './sending';

/**
 * Payments that crossed the scheme are final; what was sent by mistake comes back as a second transfer the other way, marked as a
 * refund and naming the first (R213, R215, R217). It is free (R216), and what the payee paid for the first comes back with all of
 * it (R214). Both providers count what came back of a payment, so that it is never more than was paid (R219).
 */
export interface RefundOrder {
  /** A fresh UUIDv7: the key of idempotency. */
  readonly paymentId: string;
  /** What came in from another provider. */
  readonly originalId: string;
  /** Default: all of it. */
  readonly amountMinor?: bigint | undefined;
  readonly by: Actor;
  /** The act that causes it. */
  readonly traceId: string;
}

export type RefundError =
  | ClearingError
  /** It did not come in from another provider, or is not completed. */
  | 'not_reversible'
  | 'already_refunded'
  /** More than came in. */
  | 'amount_exceeds';

/** What can come back of a payment that came in. Errors: `not_reversible`, `amount_exceeds`. */
export async function refundable(
  { db, payments }: Pick<OutgoingDeps, 'db' | 'payments'>,
  { originalId, amountMinor }: Pick<RefundOrder, 'originalId' | 'amountMinor'>,
): Promise<Result<{ original: Payment; received: Received; amountMinor: bigint; feeBackMinor: bigint }, RefundError>> {
  const original = await payments.find(originalId);
  const received = original?.state === 'completed' ? await receivedBy(db, originalId) : undefined;
  if (!original || !received || original.product === 'refund') return err('not_reversible');
  const wholeMinor = original.amountMinor;
  const backMinor = amountMinor ?? wholeMinor;
  // The fee comes back with the whole; of less, the payee gives no more than they got.
  const feeBackMinor = backMinor === wholeMinor ? original.payeeFeeMinor : 0n;
  const gotMinor = wholeMinor - original.payeeFeeMinor;
  if (backMinor <= 0n || backMinor - feeBackMinor > gotMinor) return err('amount_exceeds');
  return ok({ original, received, amountMinor: backMinor, feeBackMinor });
}

/**
 * Asks the payer's provider to take it back, holds it at whoever got it, and sends it. Again with the same id answers the same.
 * Errors: as `refundable`; `already_refunded`; what either side refuses for, `scheme_away` among it: then nothing is held.
 */
export async function refundElsewhere(deps: OutgoingDeps, order: RefundOrder): Promise<Result<Payment, RefundError>> {
  const before = await deps.payments.find(order.paymentId);
  if (before) return ok(before);
  const found = await refundable(deps, order);
  if (!found.ok) return found;
  const { original, received, amountMinor, feeBackMinor } = found.value;
  const customer = original.payeeId === null ? undefined : await deps.identity.byId(deps.db, original.payeeId);
  assert(customer, 'whoever got money is known');
  const offered = await askFor(deps, {
    ...{ customer, product: 'send', payee: received.payer, amountMinor, paymentId: null },
    transactionType: {
      ...{ scenario: 'REFUND', initiator: 'PAYER', initiatorType: 'CONSUMER' },
      refundInfo: { originalTransactionId: received.transactionId },
    },
  });
  if (!offered.ok) return offered;
  const { paymentId, by, traceId } = order;
  const held = await deps.payments.holdBack({
    ...{ paymentId, original, amountMinor: amountMinor - feeBackMinor, feeBackMinor, by, traceId },
    ...{ channel: 'staff', expiresAt: null },
    attachments: (refund): Promise<Attachment[]> =>
      Promise.resolve([createOutgoingRow(deps, refund, { quoteId: offered.value.offerId, amountMinor })]),
  });
  if (held.ok) {
    await sendDue(deps);
    return held;
  }
  if (held.error !== 'attachment_refused') return err(held.error);
  const reason = String(held.detail?.['reason']);
  if (reason === 'refund_within_original' || reason === 'refund_one_hold') return err('already_refunded');
  if (reason === 'outgoing_offer') return err('quote_expired');
  throw new Error(`the refund ${paymentId} could not be written: ${reason}`);
}

type Offered = Pick<
  IncomingOffer,
  'customerId' | 'accountId' | 'payeeFeeMinor' | 'ruleVersion' | 'refundOf' | 'feeBackMinor'
>;

/** Others may have ids of another form. */
const ourIds = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What is offered to a provider that gives back what a customer of ours sent to it; undefined: they did not. */
export async function offerForRefund(
  { db }: Pick<OutgoingDeps, 'db'>,
  { dfspId, amount, transactionType: { refundInfo } }: IncomingQuote,
): Promise<Offered | undefined> {
  const originalId = refundInfo?.originalTransactionId ?? '';
  const sent = ourIds.test(originalId) ? await sentBy(db, originalId) : undefined;
  if (sent?.dfspId !== dfspId || sent.currency !== amount.currency) return undefined;
  if (amount.amountMinor <= 0n || amount.amountMinor > sent.amountMinor) return undefined;
  return {
    ...{ customerId: sent.payerId, accountId: sent.payerAccountId, ruleVersion: sent.ruleVersion },
    ...{ payeeFeeMinor: 0n, refundOf: sent.paymentId },
    feeBackMinor: amount.amountMinor === sent.amountMinor ? sent.feeMinor : 0n,
  };
}

/** What is said to a provider that gives back what nobody here sent to it, or more than that. */
export const noSuchPayment = refused(
  '3207',
  'Transaction ID not found: no payment of ours to you is given back by this',
);
