import type { PinError } from '../identity';
import type { Payment, SeenPayment } from '../payments';
import { err, type Result, type Sql } from '../platform';
import { claimsOn, giveBack, keep, type Claim, type ClaimAnswer } from './answer';
import type { Case, CaseKind, WrongSendReason } from './case';
import { decideCase, type StaffDecision } from './decide';
import type { RedressDeps } from './deps';
import {
  appeal,
  appealFor,
  closeDue,
  disputablePayments,
  myCases,
  openDispute,
  openFor,
  staff,
  type SeenCase,
} from './disputes';
import { openFromElsewhere, type AskedBack } from './elsewhere';
import type { CaseError, RedressError, StaffRefusal } from './errors';
import { addNote, alarmOverdue, caseFile, listCases, takeUp, type CaseFile } from './staff';
import { stopBySms, type StopReply, type StopRequest } from './stop';
import { anyUndecided, caseByNumber } from './store';
import { recentSends, requestReturn, returnFor, type RecentSend, type Returned } from './wrong-send';

interface PinHop {
  readonly customerId: string;
  readonly pin: string;
  readonly hopKey: string;
}
interface ByStaff {
  readonly staffId: string;
  /** What ties it to the act. */
  readonly traceId: string;
}

export interface Redress {
  recentSends(customerId: string): Promise<RecentSend[]>;
  requestReturn(
    request: PinHop & { paymentId: string; reason: WrongSendReason },
  ): Promise<Result<Returned, CaseError | PinError>>;
  /**
   * `STOP <reference>` from the phone of whoever sent it, and what is answered there. No PIN: it holds what they sent
   * themselves, and only so often a day. The same `key` again does nothing more and says the same.
   */
  stopBySms(request: StopRequest): Promise<StopReply>;
  claims(customerId: string): Promise<Claim[]>;
  giveBack(answer: ClaimAnswer): Promise<Result<Payment, RedressError | PinError>>;
  keep(answer: ClaimAnswer): Promise<Result<undefined, RedressError | PinError>>;
  myCases(who: PinHop): Promise<Result<SeenCase[], PinError>>;
  disputablePayments(who: {
    customerId: string;
    accountId: string;
    proof: string;
  }): Promise<Result<SeenPayment[], RedressError>>;
  openDispute(complaint: {
    customerId: string;
    paymentId: string;
    kind: Exclude<CaseKind, 'wrong_send'>;
    proof: string;
    hopKey: string;
  }): Promise<Result<Case, RedressError>>;
  appeal(request: {
    customerId: string;
    caseId: string;
    proof: string;
    hopKey: string;
  }): Promise<Result<Case, RedressError>>;
  /** Whether a case of theirs, or one about money that came to them, is undecided. */
  isUndecided(sql: Sql, customerId: string): Promise<boolean>;
  /** Closes decided cases that nobody can appeal any more. Returns how many. */
  closeDue(): Promise<number>;
  /** Warns of cases that nobody decided in time, each once a clock. Returns how many. */
  alarmOverdue(): Promise<number>;

  /** For the staff: what waits, the most overdue first. */
  list(): Promise<CaseFile[]>;
  file(number: string): Promise<Result<CaseFile, StaffRefusal>>;
  take(what: ByStaff & { number: string }): Promise<Result<Case, StaffRefusal>>;
  note(what: ByStaff & { number: string; words: string }): Promise<Result<Case, StaffRefusal>>;
  /** By two of them: see src/admin. */
  decide(decision: StaffDecision): Promise<Result<Case, StaffRefusal>>;
  openFor(
    what: ByStaff & { customerId: string; paymentId: string; kind: Exclude<CaseKind, 'wrong_send'> },
  ): Promise<Result<Case, CaseError>>;
  /** A mistake that the customer told the staff of: no window, no daily limit. */
  returnFor(
    what: ByStaff & { customerId: string; paymentId: string; reason: WrongSendReason },
  ): Promise<Result<Returned, CaseError>>;
  /** The same of what came in from another provider, for somebody there. Errors: `not_reversible`, `already_refunded`, `return_asked`. */
  openFromElsewhere(asked: AskedBack): Promise<Result<Case, CaseError>>;
  appealFor(what: ByStaff & { number: string }): Promise<Result<Case, CaseError>>;
}

export function createRedress(deps: RedressDeps): Redress {
  return {
    recentSends: (customerId) => recentSends(deps, customerId),
    requestReturn: (request) => requestReturn(deps, request),
    stopBySms: (request) => stopBySms(deps, request),
    isUndecided: anyUndecided,
    claims: (customerId) => claimsOn(deps, customerId),
    giveBack: (answer) => giveBack(deps, answer),
    keep: (answer) => keep(deps, answer),
    myCases: (who) => myCases(deps, who),
    disputablePayments: (who) => disputablePayments(deps, who),
    openDispute: (complaint) => openDispute(deps, complaint),
    appeal: (request) => appeal(deps, request),
    closeDue: () => closeDue(deps),
    alarmOverdue: () => alarmOverdue(deps),
    list: () => listCases(deps),
    file: (number) => caseFile(deps, number),
    take: (what) => takeUp(deps, what),
    note: (what) => addNote(deps, what),
    decide: (decision) => decideCase(deps, decision),
    openFor: ({ staffId, traceId, ...complaint }) => openFor(deps, complaint, { channel: 'staff', staffId, traceId }),
    returnFor: async ({ paymentId, ...what }) => {
      const payment = await deps.payments.find(paymentId);
      return payment ? returnFor(deps, { ...what, payment, channel: 'staff' }) : err('payment_unknown');
    },
    openFromElsewhere: (asked) => openFromElsewhere(deps, asked),
    appealFor: async ({ number, staffId, traceId }) => {
      const one = await caseByNumber(deps.db, number);
      return one ? appealFor(deps, one, { by: staff(staffId), traceId }) : err('case_gone');
    },
  };
}
