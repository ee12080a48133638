import { fullName, type Customer } from '../identity';
import { assert, plusMs } from '../platform';
import type { PaymentsDeps } from './deps';
import type { Payment } from './payment';
import { acceptedQuote, completedOf, lastUnseen, pendingFor, recentPayeeIds } from './store';

/** A payment as one of its parties sees it. */
export interface SeenPayment {
  readonly payment: Payment;
  readonly direction: 'sent' | 'received';
  /** The other side. */
  readonly name: string;
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

/** What this customer may approve or refuse, the oldest first. */
export async function pendingRequests(deps: PaymentsDeps, customerId: string): Promise<SeenPayment[]> {
  return seenBy(deps, customerId, await pendingFor(deps.db, customerId, deps.clock.now(), pendingMax));
}

/** The last completed payments, either way, the last first. */
export async function statement(deps: PaymentsDeps, customerId: string): Promise<SeenPayment[]> {
  return seenBy(deps, customerId, await completedOf(deps.db, customerId, statementMax));
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
    const payee = await deps.identity.byId(deps.db, quote.payeeId);
    assert(payee, 'the parties of a quote exist');
    const state = quote.expiresAt > now ? 'checking' : 'failed';
    return { paymentId: undefined, state, name: fullName(payee), amountMinor: quote.amountMinor, reference: undefined };
  }
  const payment = await lastUnseen(deps.db, customerId, since);
  const [seen] = payment ? await seenBy(deps, customerId, [payment]) : [];
  if (!payment || !seen) return undefined;
  const { paymentId, amountMinor, reference } = payment;
  return {
    paymentId,
    state: payment.state === 'completed' ? 'done' : 'failed',
    name: seen.name,
    amountMinor,
    reference,
  };
}

async function seenBy(deps: PaymentsDeps, customerId: string, payments: readonly Payment[]): Promise<SeenPayment[]> {
  return Promise.all(
    payments.map(async (payment) => {
      const sent = payment.payerId === customerId;
      const other = await deps.identity.byId(deps.db, sent ? payment.payeeId : payment.payerId);
      assert(other, 'the parties of a payment exist');
      return { payment, direction: sent ? 'sent' : 'received', name: fullName(other) } as const;
    }),
  );
}
