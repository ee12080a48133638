import type { Currency, Sql } from '../platform';
import type { FileRow } from './file';

/** All of the bulks' SQL but that of 0036_bulk.sql: what commits with money is written by its function. */
export type BulkState = 'draft' | 'paying' | 'done' | 'cancelled';
export type RowState =
  'new' | 'payable' | 'mismatch' | 'invalid' | 'dropped' | 'pending' | 'refused' | 'paid' | 'failed';

export interface Bulk {
  readonly bulkId: string;
  /** What people call it. */
  readonly number: bigint;
  readonly accountId: string;
  readonly ownerId: string;
  readonly currency: Currency;
  readonly state: BulkState;
  /** The member of the staff whose it is. */
  readonly madeBy: string;
  readonly createdAt: Date;
  /** Until when what could not be paid for the moment is tried again. */
  readonly retryUntil: Date;
  /** The act by which it is paid, and who stands for it. */
  readonly payActId: string | null;
  readonly paidBy: string | null;
  readonly finishedAt: Date | null;
}

/** See 0036_bulk.sql. */
export interface Row extends FileRow {
  readonly rowId: string;
  readonly state: RowState;
  readonly foundName: string | null;
  /** Null: nobody has been found, or they are here. */
  readonly dfspId: string | null;
  readonly problem: string | null;
  readonly paymentId: string | null;
  readonly attempts: number;
}

const bulkColumns = `bulk_id as "bulkId", bulk_number as number, account_id::text as "accountId", owner_id as "ownerId", currency,
  b.state, made_by as "madeBy", created_at as "createdAt", retry_until as "retryUntil", pay_act_id as "payActId",
  (select decided_by from staff_act a where a.act_id = b.pay_act_id) as "paidBy", b.finished_at as "finishedAt"`;
const rowColumns = `row_id as "rowId", line, payee, amount_minor as "amountMinor", note, expected_name as "expectedName", state,
  found_name as "foundName", dfsp_id as "dfspId", problem, payment_id as "paymentId", attempts`;

type BulkRow = Bulk & Record<string, unknown>;
type RowRow = Row & Record<string, unknown>;

export interface BulkInsert extends Pick<
  Bulk,
  'bulkId' | 'accountId' | 'ownerId' | 'currency' | 'madeBy' | 'createdAt' | 'retryUntil'
> {
  readonly rows: readonly (FileRow & { readonly rowId: string })[];
}

/** Returns its number. */
export async function insertBulk(sql: Sql, b: BulkInsert): Promise<bigint> {
  const { number } = await sql.one<{ number: bigint }>({
    text: `insert into bulk (bulk_id, account_id, owner_id, currency, state, made_by, created_at, retry_until, due_at)
           values ($1, $2, $3, $4, 'draft', $5, $6, $7, $6) returning bulk_number as number`,
    values: [b.bulkId, b.accountId, b.ownerId, b.currency, b.madeBy, b.createdAt, b.retryUntil],
  });
  const rows = b.rows.map(({ amountMinor, ...row }) => ({ ...row, amountMinor: amountMinor.toString() }));
  await sql.run({
    text: `insert into bulk_row (row_id, bulk_id, line, payee, amount_minor, note, expected_name, state, due_at, changed_by)
           select r."rowId", $1, r.line, r.payee, r."amountMinor", r.note, r."expectedName", 'new', $2, $3
           from jsonb_to_recordset($4::jsonb) r (
             "rowId" uuid, line integer, payee text, "amountMinor" bigint, note text, "expectedName" text)`,
    values: [b.bulkId, b.createdAt, b.madeBy, JSON.stringify(rows)],
  });
  return number;
}

export async function bulkByNumber(sql: Sql, number: bigint): Promise<Bulk | undefined> {
  const text = `select ${bulkColumns} from bulk b where bulk_number = $1`;
  return sql.maybe<BulkRow>({ text, values: [number] });
}

/** Whoever shows, changes, begins or puts it off does so one after the other. */
export async function lockBulk(sql: Sql, number: bigint): Promise<Bulk | undefined> {
  await sql.run({ text: 'select from bulk where bulk_number = $1 for update', values: [number] });
  return bulkByNumber(sql, number);
}

/** How many proposals to pay it wait for a second person, or were approved. */
export async function timesShown(sql: Sql, number: bigint): Promise<number> {
  const row = await sql.one<{ times: number }>({ text: 'select bulk_times_shown($1) as times', values: [number] });
  return row.times;
}

/** The last first. */
export async function listBulks(sql: Sql, state: BulkState | undefined, limit: number): Promise<Bulk[]> {
  return sql.rows<BulkRow>({
    text: `select ${bulkColumns} from bulk b where $1::text is null or b.state = $1 order by bulk_number desc limit $2`,
    values: [state ?? null, limit],
  });
}

export async function rowsOf(
  sql: Sql,
  bulkId: string,
  { state, limit }: { state: RowState | undefined; limit: number },
): Promise<Row[]> {
  return sql.rows<RowRow>({
    text: `select ${rowColumns} from bulk_row where bulk_id = $1 and ($2::text is null or state = $2) order by line limit $3`,
    values: [bulkId, state ?? null, limit],
  });
}

export async function rowAt(sql: Sql, bulkId: string, line: number): Promise<Row | undefined> {
  const text = `select ${rowColumns} from bulk_row where bulk_id = $1 and line = $2`;
  return sql.maybe<RowRow>({ text, values: [bulkId, line] });
}

/** What its maker changes is looked at anew, or left out. */
export async function changeRow(
  sql: Sql,
  row: FileRow & Pick<Row, 'rowId'> & { state: 'new' | 'dropped'; by: string; now: Date },
): Promise<void> {
  await sql.run({
    text: `update bulk_row
           set payee = $2, amount_minor = $3, note = $4, expected_name = $5, state = $6, changed_by = $7, due_at = $8,
               found_name = null, dfsp_id = null, problem = null, attempts = 0
           where row_id = $1`,
    values: [row.rowId, row.payee, row.amountMinor, row.note, row.expectedName, row.state, row.by, row.now],
  });
}

export async function cancelBulk(sql: Sql, bulkId: string, now: Date): Promise<void> {
  await sql.run({
    text: `update bulk set state = 'cancelled', finished_at = $2, due_at = null where bulk_id = $1`,
    values: [bulkId, now],
  });
}

export async function beginBulk(sql: Sql, bulkId: string, { actId, now }: { actId: string; now: Date }): Promise<void> {
  await sql.run({
    text: `update bulk set state = 'paying', pay_act_id = $2, begun_at = $3, due_at = $3 where bulk_id = $1`,
    values: [bulkId, actId, now],
  });
  await sql.run({
    text: `update bulk_row set due_at = $2, attempts = 0 where bulk_id = $1 and state = 'payable'`,
    values: [bulkId, now],
  });
}

/** Gives up what is not on its way. Returns how many rows. */
export async function stopRows(sql: Sql, bulkId: string): Promise<number> {
  return sql.run({
    text: `update bulk_row set state = 'failed', problem = 'stopped' where bulk_id = $1 and state = 'payable'`,
    values: [bulkId],
  });
}

/** What is worked on next; each is due again after `leaseMs`, should whoever takes it die. */
export async function takeDue(
  sql: Sql,
  { now, leaseMs, limit }: { now: Date; leaseMs: number; limit: number },
): Promise<Bulk[]> {
  return sql.rows<BulkRow>({
    name: 'bulk-take-due',
    text: `update bulk b set due_at = $1::timestamptz + $2 * interval '1 millisecond'
           where bulk_id in (
             select bulk_id from bulk where due_at <= $1 order by due_at limit $3 for update skip locked)
           returning ${bulkColumns}`,
    values: [now, leaseMs, limit],
  });
}

export async function dueRows(
  sql: Sql,
  bulkId: string,
  { state, now, limit }: { state: RowState; now: Date; limit: number },
): Promise<Row[]> {
  return sql.rows<RowRow>({
    name: 'bulk-due-rows',
    text: `select ${rowColumns} from bulk_row where bulk_id = $1 and state = $2 and due_at <= $3 order by line limit $4`,
    values: [bulkId, state, now, limit],
  });
}

export interface Seen extends Pick<Row, 'state' | 'foundName' | 'dfspId' | 'problem'> {
  readonly dueAt: Date;
}

/** What was found behind a number; what was changed or paid meanwhile stays as it is. */
export async function noteSeen(sql: Sql, { rowId, attempts, payee }: Row, seen: Seen): Promise<void> {
  await sql.run({
    name: 'bulk-note-seen',
    text: `update bulk_row set state = $4, found_name = $5, dfsp_id = $6, problem = $7, due_at = $8, attempts = attempts + 1
           where row_id = $1 and state = 'new' and attempts = $2 and payee = $3`,
    values: [rowId, attempts, payee, seen.state, seen.foundName, seen.dfspId, seen.problem, seen.dueAt],
  });
}

/** Why a row could not be paid, and whether it is tried again; what was paid meanwhile stays so. */
export async function noteTried(
  sql: Sql,
  { rowId, state, attempts }: Row,
  tried: { readonly state: 'payable' | 'failed'; readonly problem: string; readonly dueAt: Date },
): Promise<void> {
  await sql.run({
    name: 'bulk-note-tried',
    text: `update bulk_row set state = $4, problem = $5, due_at = $6, attempts = attempts + 1
           where row_id = $1 and state = $2 and attempts = $3`,
    values: [rowId, state, attempts, tried.state, tried.problem, tried.dueAt],
  });
}

/** What of it is still open, and when the first is due of those that are to be looked at, or to be paid. */
export async function openRows(
  sql: Sql,
  bulkId: string,
  awaited: 'new' | 'payable',
): Promise<{ readonly states: RowState[]; dueAt: Date | null }> {
  return sql.one({
    name: 'bulk-open-rows',
    text: `select coalesce(array_agg(distinct state), '{}') as states, min(due_at) filter (where state = $2) as "dueAt"
           from bulk_row where bulk_id = $1 and state in ('new', 'payable', 'pending', 'refused')`,
    values: [bulkId, awaited],
  });
}

/** Null: it waits for somebody. */
export async function putOff(sql: Sql, bulkId: string, dueAt: Date | null): Promise<void> {
  await sql.run({
    name: 'bulk-put-off',
    text: `update bulk set due_at = $2 where bulk_id = $1 and state in ('draft', 'paying')`,
    values: [bulkId, dueAt],
  });
}

/** Nothing more comes of it. */
export async function finish(sql: Sql, bulkId: string, now: Date): Promise<void> {
  await sql.run({
    text: `update bulk set state = 'done', finished_at = $2, due_at = null
           where bulk_id = $1 and state = 'paying'`,
    values: [bulkId, now],
  });
}

/** How many rows came to what, and how much money that is. */
export interface Sum {
  readonly state: RowState;
  readonly problem: string | null;
  readonly count: number;
  readonly amountMinor: bigint;
  /** What was or is to be paid for them. */
  readonly feeMinor: bigint;
}

export async function sumsOf(sql: Sql, bulkId: string): Promise<Sum[]> {
  return sql.rows<Sum & Record<string, unknown>>({
    text: `select r.state, case when r.state in ('paid', 'pending') then null else r.problem end as problem,
             count(*)::integer as count, sum(r.amount_minor)::bigint as "amountMinor",
             coalesce(sum(p.fee_minor) filter (where r.state in ('paid', 'pending')), 0)::bigint as "feeMinor"
           from bulk_row r left join payment p on p.payment_id = r.payment_id
           where r.bulk_id = $1 group by 1, 2 order by 1, 2`,
    values: [bulkId],
  });
}

/** The references of the payments of a bulk, by payment. */
export async function referencesOf(sql: Sql, bulkId: string): Promise<ReadonlyMap<string, string>> {
  const rows = await sql.rows<{ id: string; reference: string }>({
    text: `select p.payment_id as id, p.reference from bulk_row r join payment p on p.payment_id = r.payment_id
           where r.bulk_id = $1`,
    values: [bulkId],
  });
  return new Map(rows.map(({ id, reference }) => [id, reference]));
}
