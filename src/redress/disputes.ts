import { fullName, type PinError } from '../identity';
import type { Payment, SeenPayment } from '../payments';
import { err, ok, plusMs, violatedConstraint, type Result } from '../platform';
import { undecided, type Case, type CaseKind } from './case';
import type { RedressDeps } from './deps';
import type { CaseError, RedressError } from './errors';
import { answerMsOf } from './policy';
import {
  appealCase,
  caseAttachment,
  caseById,
  casesOf,
  closeCase,
  closingAt,
  hasLeft,
  nextCaseNumber,
  openCaseOf,
  write,
} from './store';
import { caseEvent, caseValues, tellStep } from './telling';
import { dailyUse } from './wrong-send';

export interface SeenCase {
  readonly case: Case;
  readonly payment: Payment;
  /** The other side of the payment; empty: the provider itself. */
  readonly otherName: string;
  readonly mayAppeal: boolean;
}

const casesMax = 8;
const paymentsMax = 9;

/** A person's cases, the last first, after the PIN. Errors: `pin_wrong`, `pin_locked`, `pin_busy`. */
export async function myCases(
  deps: RedressDeps,
  { customerId, pin, hopKey }: { customerId: string; pin: string; hopKey: string },
): Promise<Result<SeenCase[], PinError>> {
  const verified = await deps.identity.verifyPin({ customerId, pin, attemptKey: hopKey });
  if (!verified.ok) return verified;
  const cases = await casesOf(deps.db, customerId, casesMax);
  return ok(await Promise.all(cases.map((one) => seen(deps, one))));
}

async function seen(deps: RedressDeps, one: Case): Promise<SeenCase> {
  const payment = await deps.payments.find(one.paymentId);
  if (!payment) throw new Error('a case is about a payment');
  const other = one.otherId === null ? payment.outside : await deps.identity.byId(deps.db, one.otherId);
  const mayAppeal =
    one.state === 'decided' &&
    one.appealedAt === null &&
    !isGiven(one) &&
    one.appealUntil !== null &&
    one.appealUntil > deps.clock.now();
  return { case: one, payment, otherName: other ? fullName(other) : '', mayAppeal };
}

/** Whoever got all of it back has nothing to ask for. */
function isGiven({ outcome }: Case): boolean {
  return outcome === 'refunded';
}

const disputable: readonly Payment['product'][] = ['send', 'cash_in', 'cash_out', 'purchase', 'float'];

/**
 * Payments of one account that a case may be about, the last first, for whoever proved the PIN by the attempt `proof`. Of
 * an account that is not theirs there is none, nor for who holds no account at all. Errors: `pin_unproven`.
 */
export async function disputablePayments(
  deps: RedressDeps,
  { customerId, accountId, proof }: { customerId: string; accountId: string; proof: string },
): Promise<Result<SeenPayment[], RedressError>> {
  if (!(await deps.identity.isProven(deps.db, customerId, proof))) return err('pin_unproven');
  if (!(await deps.accounts.find(deps.db, customerId, accountId))) return ok([]);
  const payments = await deps.payments.statementOf(accountId);
  return ok(payments.filter(({ payment }) => disputable.includes(payment.product)).slice(0, paymentsMax));
}

export interface Complaint {
  readonly customerId: string;
  readonly paymentId: string;
  readonly kind: Exclude<CaseKind, 'wrong_send'>;
}

/**
 * Opens a case about a payment of one's own. Opened again it answers the same.
 * Errors: `pin_unproven`, `payment_unknown`, `not_reversible`, `too_many_cases`.
 */
export async function openDispute(
  deps: RedressDeps,
  complaint: Complaint & { proof: string; hopKey: string },
): Promise<Result<Case, RedressError>> {
  if (!(await deps.identity.isProven(deps.db, complaint.customerId, complaint.proof))) return err('pin_unproven');
  return openFor(deps, complaint, { channel: 'ussd', traceId: complaint.hopKey });
}

/** The same by the staff, for a customer who called: without a daily limit. */
export async function openFor(
  deps: RedressDeps,
  { customerId, paymentId, kind }: Complaint,
  by: { channel: Case['channel']; traceId: string; staffId?: string },
): Promise<Result<Case, CaseError>> {
  const payment = await deps.payments.find(paymentId);
  const isOwn = payment && (await sideOf(deps, payment, customerId));
  if (!payment || isOwn === undefined) return err('payment_unknown');
  if (payment.state !== 'completed' || !disputable.includes(payment.product)) return err('not_reversible');
  const before = await openCaseOf(deps.db, paymentId, customerId);
  if (before) return ok(before);
  const now = deps.clock.now();
  const one: Case = {
    caseId: deps.ids.uuid(),
    number: await nextCaseNumber(deps.db),
    ...{ kind, reason: null, paymentId, customerId },
    otherId: isOwn === 'payer' ? payment.payeeId : payment.payerId,
    channel: by.channel,
    openedBy: by.staffId ?? null,
    ...{ state: 'open', outcome: null, holdPaymentId: null, answer: null, takenBy: null },
    openedAt: now,
    dueAt: plusMs(now, answerMsOf(deps.policy, kind)),
    ...{ appealUntil: null, appealedAt: null },
  };
  const actor = by.staffId === undefined ? ({ kind: 'customer', id: customerId } as const) : staff(by.staffId);
  const values = await caseValues(deps, one, { payment, other: one.otherId });
  try {
    await deps.db.tx(async (tx) => {
      await write(tx, caseAttachment(one, by.staffId === undefined ? dailyUse(deps) : undefined));
      const event = caseEvent('case.opened', one, { by: actor, traceId: by.traceId });
      await tellStep(deps, tx, { words: [{ to: customerId, text: 'sms.caseOpened', values }], event });
    });
  } catch (error) {
    return openedBefore(deps, one, error);
  }
  return ok(one);
}

async function openedBefore(deps: RedressDeps, one: Case, error: unknown): Promise<Result<Case, CaseError>> {
  const constraint = violatedConstraint(error);
  if (constraint === 'redress_daily_limit') return err('too_many_cases');
  if (hasLeft(error)) return err('payment_unknown');
  const before = await openCaseOf(deps.db, one.paymentId, one.customerId);
  if (constraint !== 'redress_one_open' || !before) throw error;
  return ok(before);
}

/** On which side of the payment this person may act; a viewer may on neither. */
async function sideOf(
  { accounts, db }: RedressDeps,
  { payerAccountId, payeeAccountId }: Payment,
  customerId: string,
): Promise<'payer' | 'payee' | undefined> {
  for (const [side, accountId] of [
    ['payer', payerAccountId],
    ['payee', payeeAccountId],
  ] as const) {
    const account = await accounts.find(db, customerId, accountId);
    if (account && account.rank !== 'viewer') return side;
  }
  return undefined;
}

/**
 * Asks for another look, once, in time. Asked again it answers the same.
 * Errors: `pin_unproven`, `case_gone`, `return_asked` (another case about that payment is open), `appeal_too_late`.
 */
export async function appeal(
  deps: RedressDeps,
  request: { customerId: string; caseId: string; proof: string; hopKey: string },
): Promise<Result<Case, RedressError>> {
  const { customerId, caseId, proof, hopKey } = request;
  if (!(await deps.identity.isProven(deps.db, customerId, proof))) return err('pin_unproven');
  const one = await caseById(deps.db, caseId);
  if (one?.customerId !== customerId) return err('case_gone');
  return appealFor(deps, one, { by: { kind: 'customer', id: customerId }, traceId: hopKey });
}

export async function appealFor(
  deps: RedressDeps,
  one: Case,
  { by, traceId }: { by: { kind: 'customer' | 'staff'; id: string }; traceId: string },
): Promise<Result<Case, CaseError>> {
  if (one.appealedAt !== null && undecided.includes(one.state)) return ok(one);
  if (one.state !== 'decided' || isGiven(one)) return err('case_gone');
  const { payment } = await seen(deps, one);
  const now = deps.clock.now();
  const appealed = { ...one, dueAt: plusMs(now, answerMsOf(deps.policy, one.kind)) };
  const values = await caseValues(deps, appealed, { payment, other: one.otherId });
  try {
    const done = await deps.db.tx(async (tx) => {
      if (!(await appealCase(tx, one.caseId, { now, dueAt: appealed.dueAt }))) return false;
      const event = caseEvent('case.appealed', one, { by, traceId });
      await tellStep(deps, tx, { words: [{ to: one.customerId, text: 'sms.caseAppealed', values }], event });
      return true;
    });
    return done ? ok({ ...appealed, state: 'appealed', appealedAt: now }) : err('appeal_too_late');
  } catch (error) {
    if (hasLeft(error)) return err('case_gone');
    if (violatedConstraint(error) === 'redress_one_open') return err('return_asked'); // they have complained anew meanwhile
    throw error;
  }
}

const closingMax = 100;

/** Closes what can't be appealed any more, and says so. Returns how many. */
export async function closeDue(deps: RedressDeps): Promise<number> {
  const due = await closingAt(deps.db, deps.clock.now(), closingMax);
  let closed = 0;
  for (const one of due) {
    const { payment } = await seen(deps, one);
    const values = await caseValues(deps, one, { payment, other: one.otherId });
    closed += await deps.db.tx(async (tx) => {
      if (!(await closeCase(tx, one.caseId))) return 0;
      const event = caseEvent('case.closed', one, { by: { kind: 'system', id: 'sweeper' } });
      await tellStep(deps, tx, { words: [{ to: one.customerId, text: 'sms.caseClosed', values }], event });
      return 1;
    });
  }
  return closed;
}

export function staff(staffId: string): { readonly kind: 'staff'; readonly id: string } {
  return { kind: 'staff', id: staffId };
}
