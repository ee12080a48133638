import { untilResolved, type Actor, type Outcome as Posted } from '../ledger';
import { assert, err, ok, plusMs, type Attachment, type Result } from '../platform';
import type { Channel } from '../rules';
import { settleAs } from './decide';
import type { PaymentsDeps } from './deps';
import type { PaymentError } from './errors';
import { legsOf, refusalOf } from './lifecycle';
import type { Payment, Quote } from './payment';
import { partiesOf, receiptsOf } from './receipts';
import { paymentById } from './store';
import { paymentOf, postNew, type Born } from './submit';

/** Money of a payment on its way back: a second payment the other way, that names the first (R213, R215). */
export interface RefundOrder {
  /** A fresh UUIDv7: the key of idempotency. */
  readonly paymentId: string;
  /** The payment that comes back. */
  readonly original: Payment;
  readonly amountMinor: bigint;
  /** Of its fee, from the provider's income. */
  readonly feeBackMinor: bigint;
  readonly channel: Channel;
  readonly by: Actor;
  /** The hop or act that causes it. */
  readonly traceId: string;
  /** What else commits with it. */
  readonly attachments: (refund: Payment) => Promise<readonly Attachment[]>;
}

/** `attachment_refused`: a row that came with it; detail `reason`, its constraint. */
export type RefundError = PaymentError | 'attachment_refused';

/**
 * Takes the money from whoever got it, free of charge and of limits (R158, R216). Again with the same id answers the
 * same. Errors: `funds_insufficient`, `payee_refused`, `account_blocked`, `attachment_refused`.
 */
export function refund(deps: PaymentsDeps, order: RefundOrder): Promise<Result<Payment, RefundError>> {
  const quote = quoteOf(deps, order);
  const born = { state: 'completed', failure: null, expiresAt: null } as const;
  return post(deps, { order, quote, born }, async (payment, attachments) => {
    const receipts = receiptsOf(deps, payment, order.paymentId, await partiesOf(deps, payment));
    const legs = legsOf(quote, deps.chart);
    return { kind: 'transfer', transferId: order.paymentId, legs, attachments: [...attachments, ...receipts] };
  });
}

/**
 * Holds it at whoever got it until somebody decides, or until `expiresAt`: then it is theirs again. Null: a scheme decides, however
 * late. Errors as `refund`.
 */
export function holdBack(
  deps: PaymentsDeps,
  order: RefundOrder & { readonly expiresAt: Date | null },
): Promise<Result<Payment, RefundError>> {
  const quote = quoteOf(deps, order);
  const { expiresAt } = order;
  const born = { state: 'pending', failure: null, expiresAt } as const;
  return post(deps, { order, quote, born }, (_, attachments) =>
    Promise.resolve({
      kind: 'reserve',
      transferId: order.paymentId,
      legs: legsOf(quote, deps.chart),
      expiresAt: expiresAt ?? untilResolved,
      attachments,
    }),
  );
}

/** A refusal leaves no payment: nobody was told that there would be one. */
async function post(
  deps: PaymentsDeps,
  { order, quote, born }: { order: RefundOrder; quote: Quote; born: Omit<Born, 'by' | 'hopKey'> },
  build: Parameters<typeof postNew>[3],
): Promise<Result<Payment, RefundError>> {
  const cause = { by: order.by, hopKey: order.traceId };
  const { posted, fresh } = await postNew(deps, quote, { ...born, ...cause }, async (payment, attachments) =>
    build(payment, [...attachments, ...(await order.attachments(payment))]),
  );
  if (!posted.ok) return refused(posted, quote);
  const stored = posted.value.repeated ? await paymentById(deps.db, order.paymentId) : paymentOf(fresh);
  assert(stored, 'a payment is there as soon as its money has moved');
  return ok(stored);
}

function refused(posted: Extract<Posted, { ok: false }>, quote: Quote): Result<never, RefundError> {
  return posted.error === 'attachment_refused' ? err(posted.error, posted.detail ?? {}) : err(refusalOf(posted, quote));
}

const orderTtlMs = 3_600_000;

function quoteOf({ clock }: PaymentsDeps, { original, ...order }: RefundOrder): Quote {
  const now = clock.now();
  return {
    quoteId: order.paymentId,
    product: 'refund',
    channel: order.channel,
    initiatorId: null,
    askedAs: 'staff',
    payerId: original.payeeId,
    payeeId: original.payerId,
    payerAccountId: original.payeeAccountId,
    payeeAccountId: original.payerAccountId,
    commissionAccountId: null,
    currency: original.currency,
    amountMinor: order.amountMinor,
    feeMinor: 0n,
    payeeFeeMinor: 0n,
    feeBackMinor: order.feeBackMinor,
    commissionMinor: 0n,
    ruleVersion: original.ruleVersion,
    subjectId: original.paymentId,
    outside: original.outside,
    held: false,
    createdAt: now,
    expiresAt: plusMs(now, orderTtlMs),
  };
}

/** What becomes of money that is held to come back. */
export interface RefundSettlement {
  readonly paymentId: string;
  readonly state: 'completed' | 'rejected';
  /** With `completed`: how much of what is held; the rest is free. Default: all of it. */
  readonly amountMinor?: bigint;
  readonly feeBackMinor?: bigint;
  /** Whoever got it and gives it back, or the staff. */
  readonly by: Actor;
  readonly traceId: string;
  readonly attachments: (refund: Payment) => Promise<readonly Attachment[]>;
  /** Constraints of these rows that say no: then it stays on hold. */
  readonly refusals?: readonly string[];
}

/** Gives back what is held, or frees it. Once: whoever comes second gets `request_gone`; the same again its answer. */
export async function settleRefund(
  deps: PaymentsDeps,
  { paymentId, state, by, traceId, ...settlement }: RefundSettlement,
): Promise<Result<Payment, PaymentError>> {
  const payment = await paymentById(deps.db, paymentId);
  if (payment?.product !== 'refund') return err('request_gone');
  const isCustomer = by.kind === 'customer';
  return settleAs(deps, payment, {
    ...settlement,
    state,
    by,
    decidedBy: isCustomer ? by.id : null,
    hopKey: traceId,
    debits: isCustomer && state === 'completed',
  });
}
