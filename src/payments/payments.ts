import type { Customer, PinError } from '../identity';
import { ok, plusMs, type Result } from '../platform';
import { balances, type AccountBalance } from './balances';
import { approve, expireDue, reject, type Approval } from './decide';
import type { PaymentsDeps } from './deps';
import type { PaymentError } from './errors';
import { pendingRequests, recentPayees, statement, lastPayment, type LastPayment, type SeenPayment } from './history';
import type { Payment, Quote } from './payment';
import { lookup, makeQuote, type QuoteRequest } from './quote';
import { deleteQuotesBefore, markSeen } from './store';
import { submit, type Submission } from './submit';
import { releaseUnclaimed } from './unclaimed';

export interface Payments {
  lookup(
    request: Omit<QuoteRequest, 'amountMinor'>,
  ): Promise<Result<{ initiator: Customer; other: Customer }, PaymentError>>;
  quote(request: QuoteRequest): Promise<Result<Quote, PaymentError>>;
  submit(submission: Submission): Promise<Result<Payment, PaymentError | PinError>>;
  approve(approval: Approval): Promise<Result<Payment, PaymentError | PinError>>;
  reject(rejection: Omit<Approval, 'pin'>): Promise<Result<Payment, PaymentError>>;
  /** After the PIN. */
  balances(who: { customerId: string; pin: string; hopKey: string }): Promise<Result<AccountBalance[], PinError>>;
  /** After the PIN. */
  statement(who: { customerId: string; pin: string; hopKey: string }): Promise<Result<SeenPayment[], PinError>>;
  recentPayees(customerId: string): Promise<Customer[]>;
  pendingRequests(customerId: string): Promise<SeenPayment[]>;
  /** What a redial says of the last payment, where it has something to say. */
  lastPayment(customerId: string): Promise<LastPayment | undefined>;
  /** Who decided has seen what came of it: on the screen of that hop, or later. */
  markSeen(by: { paymentId: string } | { hopKey: string }): Promise<void>;
  /** Voids held payments whose time is up. Returns how many. */
  expireDue(): Promise<number>;
  /** Releases money that is held for no payment. Returns how many reservations. */
  releaseUnclaimed(): Promise<number>;
  /** Removes quotes that no longer matter. Returns how many. */
  forgetOldQuotes(): Promise<number>;
}

const quotesKeptMs = 24 * 3_600_000;

export function createPayments(deps: PaymentsDeps): Payments {
  return {
    lookup: (request) => lookup(deps, request),
    quote: (request) => makeQuote(deps, request),
    submit: (submission) => submit(deps, submission),
    approve: (approval) => approve(deps, approval),
    reject: (rejection) => reject(deps, rejection),
    balances: (who) => balances(deps, who),
    statement: async ({ customerId, pin, hopKey }) => {
      const verified = await deps.identity.verifyPin({ customerId, pin, attemptKey: hopKey });
      return verified.ok ? ok(await statement(deps, customerId)) : verified;
    },
    recentPayees: (customerId) => recentPayees(deps, customerId),
    pendingRequests: (customerId) => pendingRequests(deps, customerId),
    lastPayment: (customerId) => lastPayment(deps, customerId),
    markSeen: (by) => markSeen(deps.db, by),
    expireDue: () => expireDue(deps),
    releaseUnclaimed: () => releaseUnclaimed(deps),
    forgetOldQuotes: () => deleteQuotesBefore(deps.db, plusMs(deps.clock.now(), -quotesKeptMs)),
  };
}
