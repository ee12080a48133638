import type { Customer, PinError } from '../identity';
import type { Payment, PaymentError, Quote, SeenPayment, Submission, Target } from '../payments';
import { plusMs, type Result, type Tx } from '../platform';
import { watchFloats } from './alarms';
import { proveDepositCode, sendDepositCode, type Shown } from './codes';
import { needsId } from './companions';
import type { AgentsDeps } from './deps';
import { alarmsOf, desk, lastServed, quoteSweep, setAlarm, type Desk } from './desk';
import type { AgentError, HierarchyError } from './errors';
import { proveCodeElsewhere, resendCode, type ToldElsewhere } from './elsewhere';
import { noteId, noteStrangersId, type ShownId } from './evidence';
import {
  askFloat,
  floatRequests,
  lookupFloat,
  quoteFloat,
  quoteRequest,
  refuseFloat,
  superOf,
  type WaitingRequest,
} from './float';
import { isNeeded, leaveHierarchy, setSuperAgent, type Relation } from './hierarchy';
import { reportDays } from './reports';
import { isIdSeen, triesLeft, wipeCodes, type CodePurpose } from './store';
import type { Caller, PinCaller } from './who';
import {
  cancelCode,
  codeOf,
  presentCode,
  quoteWithdrawal,
  redeem,
  submitWithdrawal,
  type HeldCode,
  type Presented,
  type Withdrawal,
} from './withdraw';

type Refused = PaymentError | AgentError;

/** Each is described where it is made. */
export interface Agents {
  quoteWithdrawal(withdrawal: Withdrawal): Promise<Result<Quote, Refused>>;
  submitWithdrawal(submission: Submission): Promise<Result<Payment, Refused | PinError>>;
  codeOf(customerId: string, purpose?: CodePurpose): Promise<HeldCode | undefined>;
  cancelCode(cancel: { customerId: string; paymentId: string; hopKey: string }): Promise<Result<Payment, PaymentError>>;
  presentCode(shown: Caller & Shown & { customer: Target }): Promise<Result<Presented, Refused>>;
  redeem(who: PinCaller & { paymentId: string }): Promise<Result<Payment, Refused | PinError>>;
  /** What the market wants an agent to ask for before cash of this amount is taken or given. */
  asks(amountMinor: bigint): { readonly id: boolean; readonly depositCode: boolean };
  sendDepositCode(quote: { customerId: string; quoteId: string }): Promise<Result<undefined, AgentError>>;
  proveDepositCode(shown: Shown & { customerId: string; quoteId: string }): Promise<Result<undefined, AgentError>>;
  noteId(shown: ShownId): Promise<Result<undefined, AgentError>>;
  noteStrangersId(shown: Parameters<typeof noteStrangersId>[1]): Promise<void>;
  /** Whether an ID was looked at for it. */
  isIdSeen(subjectId: string): Promise<boolean>;
  triesOfCode(paymentId: string): Promise<number | undefined>;
  proveCodeElsewhere(told: ToldElsewhere): ReturnType<typeof proveCodeElsewhere>;
  resendCode(paymentId: string): Promise<Result<undefined, 'code_unknown'>>;
  desk(who: PinCaller): Promise<Result<Desk, AgentError | PinError>>;
  lastServed(who: PinCaller): Promise<Result<SeenPayment[], AgentError | PinError>>;
  quoteSweep(sweep: Caller & { amountMinor: bigint | 'all' }): Promise<Result<Quote, Refused>>;
  alarmsOf(who: Caller): Promise<Result<{ lowMinor: bigint; highMinor: bigint }, AgentError>>;
  setAlarm(alarm: Caller & { side: 'low' | 'high'; amountMinor: bigint }): Promise<Result<undefined, AgentError>>;
  lookupFloat(who: Caller & { to: Target }): Promise<Result<Customer, Refused>>;
  quoteFloat(send: Caller & { to: Target; amountMinor: bigint }): Promise<Result<Quote, Refused>>;
  superOf(who: Caller): Promise<Result<{ superAgent: Customer; requestId: string }, Refused>>;
  askFloat(ask: Caller & { requestId: string; amountMinor: bigint }): Promise<Result<undefined, Refused>>;
  floatRequests(who: Caller): Promise<Result<WaitingRequest[], Refused>>;
  quoteRequest(request: Caller & { requestId: string }): Promise<Result<Quote, Refused>>;
  refuseFloat(request: Caller & { requestId: string }): Promise<Result<undefined, Refused>>;
  setSuperAgent(tx: Tx, relation: Relation): Promise<Result<{ before: string | null }, HierarchyError>>;
  isNeeded(tx: Tx, agentId: string): Promise<boolean>;
  leave(tx: Tx, agentId: string): Promise<void>;
  watchFloats(): Promise<number>;
  reportDays(): Promise<number>;
  /** Wipes codes that nobody can use any more. Returns how many. */
  wipeOldCodes(): Promise<number>;
}

const codesKeptMs = 3_600_000;

export function createAgents(deps: AgentsDeps): Agents {
  return {
    quoteWithdrawal: (withdrawal) => quoteWithdrawal(deps, withdrawal),
    submitWithdrawal: (submission) => submitWithdrawal(deps, submission),
    codeOf: (customerId, purpose) => codeOf(deps, customerId, purpose),
    cancelCode: (cancel) => cancelCode(deps, cancel),
    presentCode: (shown) => presentCode(deps, shown),
    redeem: (who) => redeem(deps, who),
    asks: (amountMinor) => ({
      id: needsId(deps, amountMinor),
      depositCode: deps.rules.conduct(deps.clock.now()).cashInCode,
    }),
    sendDepositCode: (quote) => sendDepositCode(deps, quote),
    proveDepositCode: (shown) => proveDepositCode(deps, shown),
    noteId: (shown) => noteId(deps, shown),
    noteStrangersId: (shown) => noteStrangersId(deps, shown),
    isIdSeen: (subjectId) => isIdSeen(deps.db, subjectId),
    triesOfCode: (paymentId) => triesLeft(deps.db, paymentId),
    proveCodeElsewhere: (told) => proveCodeElsewhere(deps, told),
    resendCode: (paymentId) => resendCode(deps, paymentId),
    desk: (who) => desk(deps, who),
    lastServed: (who) => lastServed(deps, who),
    quoteSweep: (sweep) => quoteSweep(deps, sweep),
    alarmsOf: (who) => alarmsOf(deps, who),
    setAlarm: (alarm) => setAlarm(deps, alarm),
    lookupFloat: (who) => lookupFloat(deps, who),
    quoteFloat: (send) => quoteFloat(deps, send),
    superOf: (who) => superOf(deps, who),
    askFloat: (ask) => askFloat(deps, ask),
    floatRequests: (who) => floatRequests(deps, who),
    quoteRequest: (request) => quoteRequest(deps, request),
    refuseFloat: (request) => refuseFloat(deps, request),
    setSuperAgent: (tx, relation) => setSuperAgent(deps, tx, relation),
    isNeeded: (tx, agentId) => isNeeded(deps, tx, agentId),
    leave: leaveHierarchy,
    watchFloats: () => watchFloats(deps),
    reportDays: () => reportDays(deps),
    wipeOldCodes: () => wipeCodes(deps.db, plusMs(deps.clock.now(), -codesKeptMs)),
  };
}
