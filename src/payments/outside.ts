import { untilResolved, type Actor } from '../ledger';
import { assert, err, ok, plusMs, type Attachment, type Result } from '../platform';
import type { Channel } from '../rules';
import { settleAs } from './decide';
import type { PaymentsDeps } from './deps';
import type { PaymentError } from './errors';
import { legsOf, refusalOf } from './lifecycle';
import { limitRefusal } from './limits';
import type { Outside, Payment, Quote } from './payment';
import { commissionAccountOf, initiatorsSide, kept } from './quote';
import { paymentById } from './store';
import { paymentOf, postNew } from './submit';

/** Payments with one side at another provider. What is asked of the scheme, and when, is the clearing room's business. */

/** What crosses a scheme: money to a person, what was bought, and cash at an agent's counter. */
type CrossingProduct = 'send' | 'purchase' | 'cash_out';

export interface OutgoingRequest {
  /** A fresh UUIDv7, of the quote and of the payment that may come of it. */
  readonly quoteId: string;
  readonly product: CrossingProduct;
  readonly initiatorId: string;
  /** Default: the primary one. */
  readonly accountId?: string | undefined;
  readonly to: Outside;
  readonly amountMinor: bigint;
  /** The invoice that is paid; where there is none, the other provider's offer. Null: it is asked for when the code was told. */
  readonly subjectId: string | null;
  /** Until when the offer holds; default: as long as a price of ours. */
  readonly expiresAt?: Date;
  /** Default: `ussd`. */
  readonly channel?: Channel;
}

/** What it would cost here to pay somebody at another provider. Errors: as `quote`. */
export async function quoteOutgoing(
  deps: PaymentsDeps,
  request: OutgoingRequest,
): Promise<Result<Quote, PaymentError>> {
  const quote = await pricedOutgoing(deps, request);
  return quote.ok ? kept(deps, quote.value) : quote;
}

/** The same, kept nowhere, and not yet held against what one payment may be. */
export async function pricedOutgoing(
  deps: PaymentsDeps,
  {
    quoteId,
    product,
    initiatorId,
    accountId,
    to,
    amountMinor,
    subjectId,
    expiresAt,
    channel = 'ussd',
  }: OutgoingRequest,
): Promise<Result<Quote, PaymentError>> {
  if (amountMinor <= 0n || amountMinor > deps.rules.amountMaxMinor) return err('amount_invalid');
  const own = await initiatorsSide(deps, { product, initiatorId, ...(accountId && { accountId }) }, 'payer');
  if (!own.ok) return own;
  const now = deps.clock.now();
  const payer = own.value.owner;
  const asked = { product, channel, amountMinor } as const;
  const payee = { role: payeesRole[product] };
  const price = deps.rules.price({ ...asked, payer, payee, at: now, path: 'cross' });
  const ownExpiry = plusMs(now, deps.limits.quoteTtlMs);
  return ok({
    ...asked,
    ...unpaid,
    quoteId,
    initiatorId,
    askedAs: 'payer',
    payerId: payer.customerId,
    payeeId: null,
    payerAccountId: own.value.accountId,
    payeeAccountId: deps.chart.clearing,
    currency: deps.rules.currency,
    feeMinor: price.payerFeeMinor,
    payeeFeeMinor: 0n,
    ruleVersion: price.ruleVersion,
    subjectId,
    outside: to,
    createdAt: now,
    expiresAt: expiresAt && expiresAt < ownExpiry ? expiresAt : ownExpiry,
  });
}

const payeesRole = { send: 'customer', purchase: 'merchant', cash_out: 'agent' } as const;
const unpaid = { commissionAccountId: null, feeBackMinor: 0n, commissionMinor: 0n, held: true } as const;

export interface IncomingOrder {
  /** A fresh UUIDv7. */
  readonly paymentId: string;
  readonly product: CrossingProduct;
  readonly from: Outside;
  readonly payeeId: string;
  readonly payeeAccountId: string;
  readonly amountMinor: bigint;
  /** Of the payee, as it was offered. */
  readonly payeeFeeMinor: bigint;
  /** Of the agent who hands out cash. */
  readonly commissionMinor: bigint;
  readonly ruleVersion: string;
  /** The invoice that is paid, or the agent's request; where there is none, the offer that it was made by. */
  readonly subjectId: string;
  /** Where it gives back what a customer sent: that payment, and what of its fee comes back with it, from our income. */
  readonly refund?: { readonly originalId: string; readonly feeBackMinor: bigint };
  readonly traceId: string;
  /** Rows that commit with the hold. */
  readonly attachments: readonly Attachment[];
}

/**
 * Holds money that another provider sends for its payee, and tells nobody yet. Errors: what keeps the payee from
 * getting it; `row_refused`, detail `reason` (the constraint), where a row that comes with it is refused.
 */
export async function holdIncoming(
  deps: PaymentsDeps,
  order: IncomingOrder,
): Promise<Result<Payment, PaymentError | 'row_refused'>> {
  const now = deps.clock.now();
  const quote: Quote = {
    ...unpaid,
    quoteId: order.paymentId,
    product: order.refund ? 'refund' : order.product,
    channel: 'api',
    initiatorId: null,
    askedAs: 'scheme',
    payerId: null,
    payeeId: order.payeeId,
    payerAccountId: deps.chart.clearing,
    payeeAccountId: order.payeeAccountId,
    currency: deps.rules.currency,
    amountMinor: order.amountMinor,
    feeMinor: 0n,
    payeeFeeMinor: order.payeeFeeMinor,
    commissionMinor: order.commissionMinor,
    commissionAccountId: await commissionAccountOf(deps, order.product, { payee: order.payeeId }),
    ruleVersion: order.ruleVersion,
    subjectId: order.refund?.originalId ?? order.subjectId,
    feeBackMinor: order.refund?.feeBackMinor ?? 0n,
    outside: order.from,
    createdAt: now,
    expiresAt: untilResolved,
  };
  const by: Actor = { kind: 'provider', id: order.from.dfspId };
  const born = { state: 'pending', failure: null, expiresAt: null, by, hopKey: order.traceId } as const;
  const { posted, fresh } = await postNew(deps, quote, born, (_, attachments) =>
    Promise.resolve({
      kind: 'reserve',
      transferId: order.paymentId,
      legs: legsOf(quote, deps.chart),
      expiresAt: quote.expiresAt,
      attachments: [...attachments, ...order.attachments],
    }),
  );
  if (posted.ok) return ok(paymentOf(fresh));
  if (posted.error !== 'attachment_refused') return err(refusalOf(posted, quote));
  const reason = String(posted.detail?.['reason']);
  const limit = limitRefusal(reason);
  return limit ? err(limit) : err('row_refused', { reason });
}

export interface SchemeDecision {
  readonly paymentId: string;
  readonly state: 'completed' | 'rejected';
  /** The scheme, or the second of two staff. */
  readonly by: Actor;
  /** The act of the staff. */
  readonly traceId?: string;
  /** Rows that commit with the decision. */
  readonly attachments?: readonly Attachment[];
}

/**
 * What the scheme decided over a payment with one side at another provider, or two of the staff where it did not: the money
 * moves, or is free again, and who is here is told. Again it answers the same. Errors: `request_gone`: it was decided otherwise.
 */
export async function settleOutside(
  deps: PaymentsDeps,
  { paymentId, state, by, traceId, attachments = [] }: SchemeDecision,
): Promise<Result<Payment, PaymentError>> {
  const payment = await paymentById(deps.db, paymentId);
  assert(payment?.outside, 'the scheme decides over payments that cross it');
  return settleAs(deps, payment, {
    ...{ state, by, decidedBy: null, hopKey: traceId ?? null, debits: false },
    attachments: () => Promise.resolve(attachments),
  });
}
