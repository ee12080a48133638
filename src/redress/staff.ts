import { err, ok, violatedConstraint, type Result } from '../platform';
import type { Payment } from '../payments';
import type { Case } from './case';
import type { RedressDeps } from './deps';
import { staff } from './disputes';
import type { StaffRefusal } from './errors';
import {
  caseByNumber,
  insertNote,
  markOverdue,
  notesOf,
  refundedOf,
  takeCase,
  undecidedCases,
  type Note,
} from './store';
import { caseEvent, caseValues, tellStep } from './telling';

/** All that the staff see of a case. */
export interface CaseFile {
  readonly case: Case;
  readonly payment: Payment;
  /** The refund that holds or held the money. */
  readonly hold: Payment | undefined;
  readonly notes: readonly Note[];
  readonly isOverdue: boolean;
  /** What of the payment did not come back yet. */
  readonly leftMinor: bigint;
}

const listMax = 100;

/** What waits for a decision, the most overdue first. */
export async function listCases(deps: RedressDeps): Promise<CaseFile[]> {
  const cases = await undecidedCases(deps.db, listMax);
  return Promise.all(cases.map((one) => fileOf(deps, one)));
}

const alarmsMax = 100;

/**
 * Says in the operator's log, as a warning, which cases were not decided in time: each once, and once more where an appeal
 * ran out as well. It is said before it is noted as said, so that a crash in between repeats rather than loses it.
 * Returns how many.
 */
export async function alarmOverdue({ db, clock, log }: RedressDeps): Promise<number> {
  return db.tx(async (tx) => {
    const overdue = await markOverdue(tx, clock.now(), alarmsMax);
    for (const { number, kind, state, takenBy, dueAt } of overdue) {
      log.warn({ case: number, kind, state, takenBy, dueAt: dueAt.toISOString() }, 'a case is overdue');
    }
    return overdue.length;
  });
}

/** Errors: `case_unknown`. */
export async function caseFile(deps: RedressDeps, number: string): Promise<Result<CaseFile, StaffRefusal>> {
  const one = await caseByNumber(deps.db, number);
  return one ? ok(await fileOf(deps, one)) : err('case_unknown');
}

async function fileOf(deps: RedressDeps, one: Case): Promise<CaseFile> {
  const payment = await deps.payments.find(one.paymentId);
  if (!payment) throw new Error('a case is about a payment');
  return {
    case: one,
    payment,
    hold: one.holdPaymentId === null ? undefined : await deps.payments.find(one.holdPaymentId),
    notes: await notesOf(deps.db, one.caseId),
    leftMinor: payment.amountMinor - (await refundedOf(deps.db, one.paymentId)).amountMinor,
    isOverdue: ['open', 'investigating', 'appealed'].includes(one.state) && one.dueAt <= deps.clock.now(),
  };
}

/** Somebody works on it from now on; whoever opened it is told at the first time. Errors: `case_unknown`, `case_gone`. */
export async function takeUp(
  deps: RedressDeps,
  { number, staffId, traceId }: { number: string; staffId: string; traceId: string },
): Promise<Result<Case, StaffRefusal>> {
  const one = await caseByNumber(deps.db, number);
  if (!one) return err('case_unknown');
  if (one.state === 'investigating' && one.takenBy === staffId) return ok(one);
  const { payment } = await fileOf(deps, one);
  const values = await caseValues(deps, one, { payment, other: one.otherId });
  const taken = await deps.db.tx(async (tx) => {
    if (!(await takeCase(tx, one.caseId, staffId))) return false;
    const words = one.state === 'investigating' ? [] : [{ to: one.customerId, text: 'sms.caseTaken', values } as const];
    await tellStep(deps, tx, { words, event: caseEvent('case.taken', one, { by: staff(staffId), traceId }) });
    return true;
  });
  return taken ? ok({ ...one, state: 'investigating', takenBy: staffId }) : err('case_gone');
}

/** As the database has it: no note keeps digits that may be of papers, a PIN or a phone. */
const papers = /[0-9]([ ./-]?[0-9]){5}/;
const wordsMax = 280;

/** What was found out, in a few words; once an act. Errors: `case_unknown`, `note_malformed`, `note_has_papers`. */
export async function addNote(
  deps: RedressDeps,
  { number, staffId, traceId, words }: { number: string; staffId: string; traceId: string; words: string },
): Promise<Result<Case, StaffRefusal>> {
  const text = words.trim();
  if (text === '' || text.length > wordsMax) return err('note_malformed');
  if (papers.test(text)) return err('note_has_papers');
  const one = await caseByNumber(deps.db, number);
  if (!one) return err('case_unknown');
  try {
    await deps.db.tx(async (tx) => {
      const note = { staffId, words: text, at: deps.clock.now() };
      if (!(await insertNote(tx, { ...note, noteId: traceId, caseId: one.caseId }))) return;
      await deps.audit.record(tx, [caseEvent('case.noted', one, { by: staff(staffId), traceId })]);
    });
  } catch (error) {
    if (violatedConstraint(error) === 'redress_note_papers') return err('note_has_papers');
    throw error;
  }
  return ok(one);
}
