import type { Actor } from '../ledger';
import { assert, plusMs, type Result } from '../platform';
import type { PaymentsDeps } from './deps';
import type { PaymentError } from './errors';
import type { Payment, Quote } from './payment';
import { paymentById } from './store';
import { complete } from './submit';

/** A movement that the staff order: money given back, an agent's float filled from the bank or returned to it. */
export interface StaffOrder {
  /** A fresh UUIDv7: the key of idempotency, on record before this is called. */
  readonly paymentId: string;
  readonly product: 'refund' | 'topup';
  /** An account, or the money at the bank. */
  readonly from: { readonly accountId: string } | 'bank';
  readonly to: { readonly accountId: string } | 'bank';
  readonly amountMinor: bigint;
  /** The payment that is given back. */
  readonly subjectId?: string;
  readonly by: Actor;
  /** What ties it to the act that caused it. */
  readonly traceId: string;
}

const orderTtlMs = 3_600_000;

/**
 * Carries out what the staff decided, free of charge and of limits (R158). Again with the same id answers the same.
 * Errors: `funds_insufficient`, `payee_refused`, `account_blocked`, and what the product's companion refuses for.
 */
export async function moveByStaff(deps: PaymentsDeps, order: StaffOrder): Promise<Result<Payment, PaymentError>> {
  const before = await paymentById(deps.db, order.paymentId);
  const quote = await quoteOf(deps, order);
  if (before) assert(before.amountMinor === order.amountMinor, 'an order means one thing for good');
  return complete(deps, quote, { by: order.by, hopKey: order.traceId });
}

async function quoteOf(deps: PaymentsDeps, order: StaffOrder): Promise<Quote> {
  const [payer, payee] = await Promise.all([sideOf(deps, order.from), sideOf(deps, order.to)]);
  const now = deps.clock.now();
  return {
    quoteId: order.paymentId,
    product: order.product,
    channel: 'staff',
    initiatorId: null,
    askedAs: 'staff',
    payerId: payer.ownerId,
    payeeId: payee.ownerId,
    payerAccountId: payer.accountId,
    payeeAccountId: payee.accountId,
    commissionAccountId: null,
    currency: deps.rules.currency,
    amountMinor: order.amountMinor,
    feeMinor: 0n,
    payeeFeeMinor: 0n,
    feeBackMinor: 0n,
    commissionMinor: 0n,
    ruleVersion: '',
    subjectId: order.subjectId ?? null,
    outside: null,
    held: false,
    createdAt: now,
    expiresAt: plusMs(now, orderTtlMs),
  };
}

async function sideOf(
  { accounts, db, chart }: PaymentsDeps,
  side: StaffOrder['from'],
): Promise<{ accountId: string; ownerId: string | null }> {
  if (side === 'bank') return { accountId: chart.trust, ownerId: null };
  const account = await accounts.byId(db, side.accountId);
  assert(account, 'staff orders name accounts that exist');
  return { accountId: side.accountId, ownerId: account.ownerId };
}
