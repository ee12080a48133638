import { fullName, type Customer } from '../identity';
import { plusMs, type Clock, type Sql } from '../platform';
import type { PaymentsDeps } from './deps';
import type { Payment, Terms } from './payment';
import { acceptedQuote, anyPending, completedOf, lastUnseen, pendingFrom, recentPayeeIds } from './store';

/** A payment as it is seen from one account. */
export interface SeenPayment {
  readonly payment: Payment;
  readonly direction: 'sent' | 'received';
  /** The other side; undefined: the provider itself. */
  readonly other: Named | undefined;
}

/** What a line of a statement says: with it comes the fee that came back; a correction is told as all that it moved. */
export function shownMinor({ payment, direction }: Pick<SeenPayment, 'payment' | 'direction'>): bigint {
  const { product, amountMinor, feeMinor, payeeFeeMinor, feeBackMinor } = payment;
  const [sentFeeMinor, keptMinor] = product === 'correction' ? [feeMinor, payeeFeeMinor] : [0n, 0n];
  return direction === 'sent' ? amountMinor + sentFeeMinor : amountMinor + feeBackMinor - keptMinor;
}

type Named = Pick<Customer, 'firstName' | 'lastName'>;

const recentMax = 5;
const statementMax = 10;
const pendingMax = 9;

/** The people this customer sent money to, the last first, by name (R151). */
export async function recentPayees(deps: PaymentsDeps, customerId: string): Promise<Customer[]> {
  const ids = await recentPayeeIds(deps.db, customerId, recentMax);
  const customers = await Promise.all(ids.map((id) => deps.identity.byId(deps.db, id)));
  return customers.filter((customer) => customer?.status === 'active') as Customer[];
}

/** What this person may approve or refuse, from any account that they may take from, the oldest first. */
export async function pendingRequests(deps: PaymentsDeps, customerId: string): Promise<SeenPayment[]> {
  const accounts = await deps.accounts.of(deps.db, customerId);
  const accountIds = accounts.filter(({ rank }) => rank !== 'viewer').map(({ accountId }) => accountId);
  const payments = await pendingFrom(deps.db, { accountIds, now: deps.clock.now(), limit: pendingMax });
  return Promise.all(payments.map((payment) => seenFrom(deps, payment.payerAccountId, payment)));
}

/** The last completed payments of an account, either way, the last first. */
export async function statement(deps: PaymentsDeps, accountId: string): Promise<SeenPayment[]> {
  const payments = await completedOf(deps.db, accountId, statementMax);
  return Promise.all(payments.map((payment) => seenFrom(deps, accountId, payment)));
}

/** What became of the last payment that a customer decided over with the PIN. */
export interface LastPayment {
  /** Undefined while there is only the quote: nothing can be marked as seen yet. */
  readonly paymentId: string | undefined;
  readonly state: 'done' | 'failed' | 'checking';
  readonly name: string;
  readonly amountMinor: bigint;
  /** Undefined before there is a payment. */
  readonly reference: string | undefined;
}

/**
 * The last payment that this customer decided over, when it is fresh and they may not know what came of it (B2).
 * A quote whose PIN was right and of which there is no payment is being checked; past its expiry none can come of it.
 */
export async function lastPayment(deps: PaymentsDeps, customerId: string): Promise<LastPayment | undefined> {
  const now = deps.clock.now();
  const since = plusMs(now, -deps.limits.noticeTtlMs);
  const quote = await acceptedQuote(deps.db, customerId, since);
  if (quote) {
    const state = quote.expiresAt > now ? 'checking' : 'failed';
    const { amountMinor } = quote;
    return { paymentId: undefined, state, name: await nameOf(deps, quote), amountMinor, reference: undefined };
  }
  const payment = await lastUnseen(deps.db, customerId, since);
  if (!payment) return undefined;
  const { paymentId, amountMinor, reference } = payment;
  const state = stateShown[payment.state];
  return { paymentId, state, name: await nameOf(deps, payment), amountMinor, reference };
}

/** Whether anything of this person waits for an answer or is being checked, or money is held from or for these accounts. */
export async function isWaiting(
  sql: Sql,
  clock: Clock,
  about: { customerId: string; accountIds: readonly string[] },
): Promise<boolean> {
  if (await anyPending(sql, about)) return true;
  const now = clock.now();
  const accepted = await acceptedQuote(sql, about.customerId, plusMs(now, -checkedMaxMs));
  return accepted !== undefined && accepted.expiresAt > now;
}

/** No quote is good for longer. */
const checkedMaxMs = 24 * 3_600_000;

const stateShown = {
  completed: 'done',
  failed: 'failed',
  rejected: 'failed',
  expired: 'failed',
  pending: 'checking',
} as const satisfies Record<Payment['state'], LastPayment['state']>;

async function nameOf(deps: PaymentsDeps, { payeeId, outside }: Terms): Promise<string> {
  const payee = outside ?? (await customerOf(deps, payeeId));
  return payee ? fullName(payee) : '';
}

async function customerOf({ identity, db }: PaymentsDeps, customerId: string | null): Promise<Customer | undefined> {
  return customerId === null ? undefined : identity.byId(db, customerId);
}

export async function seenFrom(deps: PaymentsDeps, accountId: string, payment: Payment): Promise<SeenPayment> {
  const sent = payment.payerAccountId === accountId;
  const other = payment.outside ?? (await customerOf(deps, sent ? payment.payeeId : payment.payerId));
  return { payment, direction: sent ? 'sent' : 'received', other };
}
