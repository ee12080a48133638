import type { Customer, PinError } from '../identity';
import { err, ok, plusMs, type Result, type Sql } from '../platform';
import { balances, type AccountBalance } from './balances';
import { correct, rehearseCorrection, type CorrectionOrder } from './correction';
import { approve, expireDue, reject, settle, type Approval, type Settlement } from './decide';
import type { PaymentsDeps } from './deps';
import type { PaymentError } from './errors';
import {
  isWaiting,
  pendingRequests,
  recentPayees,
  statement,
  lastPayment,
  type LastPayment,
  type SeenPayment,
} from './history';
import {
  holdIncoming,
  quoteOutgoing,
  settleOutside,
  type IncomingOrder,
  type OutgoingRequest,
  type SchemeDecision,
} from './outside';
import type { Payment, Quote } from './payment';
import { lookup, makeQuote, type Found, type LookupRequest, type QuoteRequest } from './quote';
import { lastServed, served } from './serving';
import type { Served } from './serving-store';
import { holdBack, refund, settleRefund, type RefundError, type RefundOrder, type RefundSettlement } from './refund';
import { payOne, type BulkOrder } from './bulk-order';
import { moveByStaff, type StaffOrder } from './staff-order';
import { deleteQuotesBefore, markSeen, paymentById, paymentByReference, quoteById } from './store';
import { submit, type Submission } from './submit';
import { releaseUnclaimed } from './unclaimed';

export interface Payments {
  lookup(request: LookupRequest): Promise<Result<Found, PaymentError>>;
  quote(request: QuoteRequest): Promise<Result<Quote, PaymentError>>;
  submit(submission: Submission): Promise<Result<Payment, PaymentError | PinError>>;
  approve(approval: Approval): Promise<Result<Payment, PaymentError | PinError>>;
  reject(rejection: Omit<Approval, 'pin'>): Promise<Result<Payment, PaymentError>>;
  quoteOutgoing(request: OutgoingRequest): Promise<Result<Quote, PaymentError>>;
  holdIncoming(order: IncomingOrder): ReturnType<typeof holdIncoming>;
  settleOutside(decision: SchemeDecision): Promise<Result<Payment, PaymentError>>;
  settle(settlement: Settlement): Promise<Result<Payment, PaymentError>>;
  payOne(order: BulkOrder): Promise<Result<Payment, PaymentError>>;
  moveByStaff(order: StaffOrder): Promise<Result<Payment, PaymentError>>;
  refund(order: RefundOrder): Promise<Result<Payment, RefundError>>;
  holdBack(order: RefundOrder & { expiresAt: Date | null }): Promise<Result<Payment, RefundError>>;
  settleRefund(settlement: RefundSettlement): Promise<Result<Payment, PaymentError>>;
  /** M32: see correction.ts. */
  correct(order: CorrectionOrder): ReturnType<typeof correct>;
  rehearseCorrection(order: Parameters<typeof rehearseCorrection>[1]): ReturnType<typeof rehearseCorrection>;
  find(paymentId: string): Promise<Payment | undefined>;
  findQuote(quoteId: string): Promise<Quote | undefined>;
  findByReference(reference: string): Promise<Payment | undefined>;
  /** After the PIN. */
  balances(who: { customerId: string; pin: string; hopKey: string }): Promise<Result<AccountBalance[], PinError>>;
  /** Of one account that the person holds, after the PIN. Errors: as `balances`, and `not_allowed`. */
  statement(who: {
    customerId: string;
    accountId: string;
    pin: string;
    hopKey: string;
  }): Promise<Result<SeenPayment[], PinError | 'not_allowed'>>;
  /** The same for a room that has found out who asks. */
  statementOf(accountId: string): Promise<SeenPayment[]>;
  /** What an agent did for customers from `from` up to before `to`. */
  served(agentId: string, time: { from: Date; to: Date }): Promise<Served>;
  /** The customers whom an agent served last, the last first. */
  lastServed(agentId: string): Promise<SeenPayment[]>;
  recentPayees(customerId: string): Promise<Customer[]>;
  pendingRequests(customerId: string): Promise<SeenPayment[]>;
  /** See history.ts. */
  isWaiting(sql: Sql, about: { customerId: string; accountIds: readonly string[] }): Promise<boolean>;
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
    quoteOutgoing: (request) => quoteOutgoing(deps, request),
    holdIncoming: (order) => holdIncoming(deps, order),
    settleOutside: (decision) => settleOutside(deps, decision),
    settle: (settlement) => settle(deps, settlement),
    payOne: (order) => payOne(deps, order),
    moveByStaff: (order) => moveByStaff(deps, order),
    refund: (order) => refund(deps, order),
    holdBack: (order) => holdBack(deps, order),
    settleRefund: (settlement) => settleRefund(deps, settlement),
    correct: (order) => correct(deps, order),
    rehearseCorrection: (order) => rehearseCorrection(deps, order),
    find: (paymentId) => paymentById(deps.db, paymentId),
    findQuote: (quoteId) => quoteById(deps.db, quoteId),
    findByReference: (reference) => paymentByReference(deps.db, reference),
    statement: async ({ customerId, accountId, pin, hopKey }) => {
      const verified = await deps.identity.verifyPin({ customerId, pin, attemptKey: hopKey });
      if (!verified.ok) return verified;
      const held = await deps.accounts.find(deps.db, customerId, accountId);
      return held ? ok(await statement(deps, accountId)) : err('not_allowed');
    },
    statementOf: (accountId) => statement(deps, accountId),
    served: (agentId, time) => served(deps, agentId, time),
    lastServed: (agentId) => lastServed(deps, agentId),
    recentPayees: (customerId) => recentPayees(deps, customerId),
    pendingRequests: (customerId) => pendingRequests(deps, customerId),
    isWaiting: (sql, about) => isWaiting(sql, deps.clock, about),
    lastPayment: (customerId) => lastPayment(deps, customerId),
    markSeen: (by) => markSeen(deps.db, by),
    expireDue: () => expireDue(deps),
    releaseUnclaimed: () => releaseUnclaimed(deps),
    forgetOldQuotes: () => deleteQuotesBefore(deps.db, plusMs(deps.clock.now(), -quotesKeptMs)),
  };
}
