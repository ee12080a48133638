import { fullName, type Customer } from '../identity';
import { plusMs, type Clock, type Sql } from '../platform';
import type { PaymentsDeps } from './deps';
import type { Payment } from './payment';
import { acceptedQuote, anyPending, completedOf, lastUnseen, pendingFrom, recentPayeeIds } from './store';

/** A payment as it is seen from one account. */
export interface SeenPayment {
  readonly payment: Payment;
  readonly direction: 'sent' | 'received';
  /** The other side; undefined: the provider itself. */
  readonly other: Customer | undefined;
}

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
    return { paymentId: undefined, state, name: await nameOf(deps, quote.payeeId), amountMinor, reference: undefined };
  }
  const payment = await lastUnseen(deps.db, customerId, since);
  if (!payment) return undefined;
  const { paymentId, payeeId, amountMinor, reference } = payment;
  const state = payment.state === 'completed' ? 'done' : 'failed';
  return { paymentId, state, name: await nameOf(deps, payeeId), amountMinor, reference };
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

async function nameOf({ identity, db }: PaymentsDeps, customerId: string | null): Promise<string> {
  const customer = customerId === null ? undefined : await identity.byId(db, customerId);
  return customer ? fullName(customer) : '';
}

export async function seenFrom(
  { identity, db }: PaymentsDeps,
  accountId: string,
  payment: Payment,
): Promise<SeenPayment> {
  const sent = payment.payerAccountId === accountId;
  const otherId = sent ? payment.payeeId : payment.payerId;
  const other = otherId === null ? undefined : await identity.byId(db, otherId);
  return { payment, direction: sent ? 'sent' : 'received', other };
}
