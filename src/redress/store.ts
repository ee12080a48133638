import { violatedConstraint, type Attachment, type Json, type Sql, type Tx } from '../platform';
import type { Case, CaseKind, CaseOutcome, CaseState, WrongSendReason } from './case';

/** All of the room's SQL but that of its migration: what commits with money is written by its functions. */

const columns = `case_id, number, kind, reason, payment_id, customer_id, other_id, channel, opened_by, state, outcome,
  hold_payment_id, answer, taken_by, opened_at, due_at, appeal_until, appealed_at`;

interface CaseRow {
  case_id: string;
  number: string;
  kind: CaseKind;
  reason: WrongSendReason | null;
  payment_id: string;
  customer_id: string | null;
  other_id: string | null;
  channel: Case['channel'];
  opened_by: string | null;
  state: CaseState;
  outcome: CaseOutcome | null;
  hold_payment_id: string | null;
  answer: Case['answer'];
  taken_by: string | null;
  opened_at: Date;
  due_at: Date;
  appeal_until: Date | null;
  appealed_at: Date | null;
}

function caseOf(row: CaseRow): Case {
  return {
    caseId: row.case_id,
    number: row.number,
    kind: row.kind,
    reason: row.reason,
    paymentId: row.payment_id,
    customerId: row.customer_id,
    otherId: row.other_id,
    channel: row.channel,
    openedBy: row.opened_by,
    state: row.state,
    outcome: row.outcome,
    holdPaymentId: row.hold_payment_id,
    answer: row.answer,
    takenBy: row.taken_by,
    openedAt: row.opened_at,
    dueAt: row.due_at,
    appealUntil: row.appeal_until,
    appealedAt: row.appealed_at,
  };
}

/** A count with its check digit, so that no number that was misheard is another case's. */
export async function nextCaseNumber(sql: Sql): Promise<string> {
  const text = `select n::text || luhn_digit(n::text) as number from nextval('redress_case_number') n`;
  return (await sql.one<{ number: string }>({ text })).number;
}

/** How often a person may open a case: counted with the case, on a day `2026-01-15`. */
export interface DailyUse {
  readonly day: string;
  readonly max: number;
}

/** A new case as a row that commits with the money that is held for it. */
export function caseAttachment(one: Case, use: DailyUse | undefined): Attachment {
  return {
    writer: 'redress_case',
    row: {
      case_id: one.caseId,
      number: one.number,
      kind: one.kind,
      reason: one.reason,
      payment_id: one.paymentId,
      customer_id: one.customerId,
      other_id: one.otherId,
      channel: one.channel,
      opened_by: one.openedBy,
      hold_payment_id: one.holdPaymentId,
      opened_at: one.openedAt.toISOString(),
      due_at: one.dueAt.toISOString(),
      use_day: use?.day ?? null,
      use_max: use?.max ?? null,
    },
  };
}

export interface CaseDecision {
  readonly caseId: string;
  readonly outcome: CaseOutcome;
  /** Of the staff, a person, or nobody; with what ties it to the act or hop. */
  readonly decidedBy: string | null;
  readonly trace: string | null;
  readonly decidedAt: Date;
  readonly appealUntil: Date;
  readonly answer?: 'gives_back';
  /** How often one of the staff may give back on a day, where they do. */
  readonly use?: DailyUse | undefined;
}

/** The guarded transition: only what is undecided is decided. */
export function decisionAttachment(decision: CaseDecision): Attachment {
  return {
    writer: 'redress_decision',
    row: {
      case_id: decision.caseId,
      outcome: decision.outcome,
      decided_by: decision.decidedBy,
      decided_trace: decision.trace,
      decided_at: decision.decidedAt.toISOString(),
      appeal_until: decision.appealUntil.toISOString(),
      answer: decision.answer ?? null,
      use_day: decision.use?.day ?? null,
      use_max: decision.use?.max ?? null,
    },
  };
}

/** True for the error of a case whose customer has closed their profile meanwhile. */
export function hasLeft(error: unknown): boolean {
  return violatedConstraint(error) === customerLeft;
}
export const customerLeft = 'redress_case_customer_left';

/** Writes a row of this room without money, as the ledger would with it. Throws on a violated constraint. */
export async function write(tx: Tx, { writer, row }: Attachment): Promise<void> {
  const rows: Json = [row];
  const functions: Readonly<Record<string, string>> = {
    redress_case: 'select attach_redress_case($1::jsonb)',
    redress_decision: 'select attach_redress_decision($1::jsonb)',
  };
  await tx.run({ text: functions[writer] ?? '', values: [JSON.stringify(rows)] });
}

export async function caseById(sql: Sql, caseId: string): Promise<Case | undefined> {
  const row = await sql.maybe<CaseRow>({
    text: `select ${columns} from redress_case where case_id = $1`,
    values: [caseId],
  });
  return row && caseOf(row);
}

export async function caseByNumber(sql: Sql, number: string): Promise<Case | undefined> {
  const row = await sql.maybe<CaseRow>({
    text: `select ${columns} from redress_case where number = $1`,
    values: [number],
  });
  return row && caseOf(row);
}

/** The undecided case of which this is the held refund. */
export async function caseHolding(sql: Sql, holdPaymentId: string): Promise<Case | undefined> {
  const row = await sql.maybe<CaseRow>({
    text: `select ${columns} from redress_case where hold_payment_id = $1`,
    values: [holdPaymentId],
  });
  return row && caseOf(row);
}

/** Who called this payment a mistake. */
export async function wrongSendOf(sql: Sql, paymentId: string): Promise<Case | undefined> {
  const row = await sql.maybe<CaseRow>({
    text: `select ${columns} from redress_case where payment_id = $1 and kind = 'wrong_send'`,
    values: [paymentId],
  });
  return row && caseOf(row);
}

/** Which of these payments somebody called a mistake. */
export async function wrongSendsAmong(sql: Sql, paymentIds: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await sql.rows<{ payment_id: string }>({
    text: `select payment_id from redress_case where payment_id = any ($1::uuid[]) and kind = 'wrong_send'`,
    values: [paymentIds],
  });
  return new Set(rows.map((row) => row.payment_id));
}

export async function openCaseOf(sql: Sql, paymentId: string, customerId: string | null): Promise<Case | undefined> {
  const row = await sql.maybe<CaseRow>({
    text: `select ${columns} from redress_case
           where payment_id = $1 and customer_id = $2 and state in ('open', 'investigating', 'appealed')`,
    values: [paymentId, customerId],
  });
  return row && caseOf(row);
}

/** Whether one of theirs, or one about money that came to them, is undecided. */
export async function anyUndecided(sql: Sql, customerId: string): Promise<boolean> {
  const row = await sql.maybe({
    text: `select 1 from redress_case
           where $1 in (customer_id, other_id) and state in ('open', 'investigating', 'appealed') limit 1`,
    values: [customerId],
  });
  return row !== undefined;
}

/** A person's own, the last first. */
export async function casesOf(sql: Sql, customerId: string, limit: number): Promise<Case[]> {
  const rows = await sql.rows<CaseRow>({
    name: 'redress-cases-of',
    text: `select ${columns} from redress_case where customer_id = $1 order by opened_at desc, number desc limit $2`,
    values: [customerId, limit],
  });
  return rows.map(caseOf);
}

/** Undecided ones that hold money on these accounts and that nobody has answered, the oldest first. */
export async function unansweredOn(sql: Sql, accountIds: readonly string[], limit: number): Promise<Case[]> {
  const rows = await sql.rows<CaseRow>({
    name: 'redress-unanswered-on',
    text: `select ${columns}
           from redress_case c
           where c.state in ('open', 'investigating') and c.answer is null and exists (
             select from payment p where p.payment_id = c.hold_payment_id and p.state = 'pending'
               and p.payer_account_id = any ($1::bigint[]))
           order by c.opened_at, c.number limit $2`,
    values: [accountIds, limit],
  });
  return rows.map(caseOf);
}

/** How much of a payment came back or is held to come back. */
export async function refundedOf(sql: Sql, paymentId: string): Promise<{ amountMinor: bigint; feeMinor: bigint }> {
  const row = await sql.maybe<{ amount_minor: bigint; fee_minor: bigint }>({
    text: 'select amount_minor, fee_minor from refunded where original_id = $1',
    values: [paymentId],
  });
  return { amountMinor: row?.amount_minor ?? 0n, feeMinor: row?.fee_minor ?? 0n };
}

/** False when it was answered before or is decided. */
export async function answerKeeps(tx: Tx, caseId: string): Promise<boolean> {
  const text = `update redress_case set answer = 'keeps'
                where case_id = $1 and answer is null and state in ('open', 'investigating')`;
  return (await tx.run({ text, values: [caseId] })) === 1;
}

/** Somebody of the staff works on it from now on. False when there is nothing to work on. */
export async function takeCase(tx: Tx, caseId: string, staffId: string): Promise<boolean> {
  const text = `update redress_case set state = 'investigating', taken_by = $2
                where case_id = $1 and state in ('open', 'investigating', 'appealed')`;
  return (await tx.run({ text, values: [caseId, staffId] })) === 1;
}

/** False when it is not decided, was appealed before, or its time is up. */
export async function appealCase(tx: Tx, caseId: string, times: { now: Date; dueAt: Date }): Promise<boolean> {
  const text = `update redress_case set state = 'appealed', appealed_at = $2, due_at = $3
                where case_id = $1 and state = 'decided' and appealed_at is null and appeal_until > $2`;
  return (await tx.run({ text, values: [caseId, times.now, times.dueAt] })) === 1;
}

/** False when it is not decided (any more). */
export async function closeCase(tx: Tx, caseId: string): Promise<boolean> {
  const text = `update redress_case set state = 'closed' where case_id = $1 and state = 'decided'`;
  return (await tx.run({ text, values: [caseId] })) === 1;
}

/** Decided ones that nobody can appeal any more. */
export async function closingAt(sql: Sql, now: Date, limit: number): Promise<Case[]> {
  const rows = await sql.rows<CaseRow>({
    text: `select ${columns} from redress_case where state = 'decided' and (appeal_until <= $1 or appealed_at is not null)
           order by appeal_until limit $2`,
    values: [now, limit],
  });
  return rows.map(caseOf);
}

/** Undecided ones whose time is up, each once for the same time; marked when the transaction ends. */
export async function markOverdue(tx: Tx, now: Date, limit: number): Promise<Case[]> {
  const rows = await tx.rows<CaseRow>({
    text: `update redress_case set alarmed_due_at = due_at where case_id in (
             select case_id from redress_case
             where state in ('open', 'investigating', 'appealed') and due_at <= $1 and alarmed_due_at is distinct from due_at
             order by due_at limit $2 for no key update skip locked)
           returning ${columns}`,
    values: [now, limit],
  });
  return rows.map(caseOf);
}

/** Undecided ones, the most overdue first. */
export async function undecidedCases(sql: Sql, limit: number): Promise<Case[]> {
  const rows = await sql.rows<CaseRow>({
    text: `select ${columns} from redress_case where state in ('open', 'investigating', 'appealed')
           order by due_at, number limit $1`,
    values: [limit],
  });
  return rows.map(caseOf);
}

/** By which act or hop it was decided. */
export async function decidedTrace(sql: Sql, caseId: string): Promise<string | null> {
  const row = await sql.maybe<{ decided_trace: string | null }>({
    text: 'select decided_trace from redress_case where case_id = $1',
    values: [caseId],
  });
  return row?.decided_trace ?? null;
}

export interface Note {
  readonly staffId: string;
  readonly words: string;
  readonly at: Date;
}

/** False when it was written before. */
export async function insertNote(tx: Tx, note: Note & { noteId: string; caseId: string }): Promise<boolean> {
  const written = await tx.run({
    text: `insert into redress_note (note_id, case_id, staff_id, words, at) values ($1, $2, $3, $4, $5)
           on conflict do nothing`,
    values: [note.noteId, note.caseId, note.staffId, note.words, note.at],
  });
  return written === 1;
}

export async function notesOf(sql: Sql, caseId: string): Promise<Note[]> {
  const rows = await sql.rows<{ staff_id: string; words: string; at: Date }>({
    text: 'select staff_id, words, at from redress_note where case_id = $1 order by at, note_id',
    values: [caseId],
  });
  return rows.map((row) => ({ staffId: row.staff_id, words: row.words, at: row.at }));
}
