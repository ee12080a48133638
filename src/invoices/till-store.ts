import { violatedConstraint, type Currency, type Sql, type Tx } from '../platform';
import type { Operator, Till } from './invoice';

/** The SQL of tills and of who sells there. */

interface TillRow {
  till_number: string;
  account_id: string;
  owner_id: string;
  name: string;
}
const tillColumns = 'till_number, account_id::text, owner_id, name';

function tillOf(row: TillRow): Till {
  return { tillNumber: row.till_number, accountId: row.account_id, ownerId: row.owner_id, name: row.name };
}

interface OperatorRow {
  till_number: string;
  operator_no: number;
  customer_id: string;
  day_max_minor: bigint | null;
}
const operatorColumns = 'o.till_number, o.operator_no, o.customer_id, o.day_max_minor';

function operatorOf(row: OperatorRow): Operator {
  return {
    tillNumber: row.till_number,
    operatorNo: row.operator_no,
    customerId: row.customer_id,
    dayMaxMinor: row.day_max_minor,
  };
}

export async function openTill(sql: Sql, tillNumber: string): Promise<Till | undefined> {
  const row = await sql.maybe<TillRow>({
    name: 'till-open',
    text: `select ${tillColumns} from till where till_number = $1 and status = 'open'`,
    values: [tillNumber],
  });
  return row && tillOf(row);
}

export async function tillOfAccount(sql: Sql, accountId: string): Promise<Till | undefined> {
  const row = await sql.maybe<TillRow>({
    name: 'till-of-account',
    text: `select ${tillColumns} from till where account_id = $1 and status = 'open'`,
    values: [accountId],
  });
  return row && tillOf(row);
}

/** False when the number is taken or the account has a till. */
export async function insertTill(tx: Tx, t: Till, now: Date): Promise<boolean> {
  const inserted = await tx.run({
    text: `insert into till (till_number, account_id, owner_id, name, status, created_at)
           values ($1, $2, $3, $4, 'open', $5) on conflict do nothing`,
    values: [t.tillNumber, t.accountId, t.ownerId, t.name, now],
  });
  return inserted === 1;
}

/** Who sells there, by number. */
export async function operatorsAt(sql: Sql, tillNumber: string): Promise<Operator[]> {
  const rows = await sql.rows<OperatorRow>({
    name: 'till-operators',
    text: `select ${operatorColumns} from till_operator o where o.till_number = $1 and o.status = 'active'
           order by o.operator_no`,
    values: [tillNumber],
  });
  return rows.map(operatorOf);
}

/** The tills where this person sells, the first first. */
export async function operatorsOf(sql: Sql, customerId: string): Promise<(Operator & { readonly till: Till })[]> {
  const rows = await sql.rows<OperatorRow & TillRow>({
    name: 'till-operators-of',
    text: `select ${operatorColumns}, t.account_id::text, t.owner_id, t.name
           from till_operator o join till t using (till_number)
           where o.customer_id = $1 and o.status = 'active' and t.status = 'open' order by o.created_at, o.till_number`,
    values: [customerId],
  });
  return rows.map((row) => ({ ...operatorOf(row), till: tillOf(row) }));
}

/** Closes the tills of an owner. Returns their numbers. */
export async function closeTills(tx: Tx, ownerId: string): Promise<string[]> {
  const rows = await tx.rows<{ till_number: string }>({
    text: `update till set status = 'closed' where owner_id = $1 and status = 'open' returning till_number`,
    values: [ownerId],
  });
  return rows.map(({ till_number }) => till_number).sort();
}

/** The day that it is in the market. */
export interface Day {
  readonly now: Date;
  readonly timeZone: string;
}

/** One who sells there; locked until the transaction ends, so that two sales at once count one after the other. */
export async function lockOperator(
  tx: Tx,
  { tillNumber, operatorNo }: { tillNumber: string; operatorNo: number },
): Promise<Operator | undefined> {
  const row = await tx.maybe<OperatorRow>({
    name: 'till-operator-lock',
    text: `select ${operatorColumns} from till_operator o
           where o.till_number = $1 and o.operator_no = $2 and o.status = 'active' for update`,
    values: [tillNumber, operatorNo],
  });
  return row && operatorOf(row);
}

/** What this operator has asked for on this day, in what is paid or may still be. */
export async function askedToday(
  tx: Tx,
  { tillNumber, operatorNo }: Pick<Operator, 'tillNumber' | 'operatorNo'>,
  { now, timeZone }: Day,
): Promise<bigint> {
  const { sum } = await tx.one<{ sum: bigint }>({
    name: 'till-operator-asked',
    text: `select coalesce(sum(amount_minor), 0)::bigint as sum from invoice
           where till_number = $1 and operator_no = $2 and created_at >= date_trunc('day', $3::timestamptz, $4)
             and state in ('pending', 'paid')`,
    values: [tillNumber, operatorNo, now, timeZone],
  });
  return sum;
}

/** The next number of the till that nobody ever had; 1 is the merchant. */
export async function nextOperatorNo(tx: Tx, tillNumber: string): Promise<number> {
  await tx.run({ text: 'select 1 from till where till_number = $1 for update', values: [tillNumber] });
  const { next } = await tx.one<{ next: number }>({
    text: 'select coalesce(max(operator_no), 1)::integer + 1 as next from till_operator where till_number = $1',
    values: [tillNumber],
  });
  return next;
}

export async function insertOperator(tx: Tx, o: Operator, now: Date): Promise<void> {
  await tx.run({
    text: `insert into till_operator (till_number, operator_no, customer_id, status, day_max_minor, created_at)
           values ($1, $2, $3, 'active', $4, $5)`,
    values: [o.tillNumber, o.operatorNo, o.customerId, o.dayMaxMinor, now],
  });
}

export function isKnownOperator(error: unknown): boolean {
  return violatedConstraint(error) === 'till_operator_once';
}

/** False when nobody sold there under that number. */
export async function removeOperator(tx: Tx, tillNumber: string, operatorNo: number): Promise<boolean> {
  const removed = await tx.run({
    text: `update till_operator set status = 'removed' where till_number = $1 and operator_no = $2 and status = 'active'`,
    values: [tillNumber, operatorNo],
  });
  return removed === 1;
}

/** What was sold at a till: how often, and for how much in all. */
export interface Sold {
  /** Null: dialled by the buyer. */
  readonly sellerId: string | null;
  readonly count: number;
  readonly amountMinor: bigint;
  readonly currency: Currency;
}

/** What was paid on an account on this day, by whoever sold. */
export async function soldToday(sql: Sql, accountId: string, { now, timeZone }: Day): Promise<Sold[]> {
  const rows = await sql.rows<{ issued_by: string | null; n: bigint; sum: bigint; currency: Currency }>({
    name: 'till-sold',
    text: `select issued_by, count(*) as n, sum(amount_minor)::bigint as sum, currency from (
             select issued_by, amount_minor, currency from invoice
             where account_id = $1 and state = 'paid' and updated_at >= date_trunc('day', $2::timestamptz, $3)
             union all
             select null, amount_minor, currency from sale where account_id = $1 and paid_at >= date_trunc('day', $2::timestamptz, $3)
           ) sold group by issued_by, currency order by sum desc`,
    values: [accountId, now, timeZone],
  });
  return rows.map(({ issued_by: sellerId, n, sum, currency }) => ({
    sellerId,
    count: Number(n),
    amountMinor: sum,
    currency,
  }));
}
