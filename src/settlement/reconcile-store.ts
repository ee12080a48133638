import { violatedConstraint, type Sql } from '../platform';
import type { Finding, Ours, StatementWord } from './compare';
import type { Window } from './deps';

/** The SQL of reconciling: our journal, what the scheme said of it, and what came of comparing. */

const oursColumns = `t.way, t.transfer_id as "transferId", t.dfsp_id as "dfspId", t.payment_id as "paymentId", t.currency,
  t.amount_minor as "amountMinor", t.state, t.created_at as "createdAt", t.expires_at as "expiresAt",
  c.transfer_id is not null as "isContradicted"`;
const oursTables = `scheme_transfer t left join transfer_contradicted c on c.dfsp_id = t.dfsp_id and c.transfer_id = t.transfer_id`;

/** Our side of these transfers, whenever they were made. */
export async function readOurs(sql: Sql, transferIds: readonly string[]): Promise<Ours[]> {
  return sql.rows<Ours & Record<string, unknown>>({
    text: `select ${oursColumns} from ${oursTables} where t.transfer_id = any ($1::uuid[])`,
    values: [transferIds],
  });
}

/**
 * What the scheme should have listed: made in a window, by its end committed, or open and over, and in no statement so far. What
 * was aborted may never have got there.
 */
export async function readUnseen(sql: Sql, { from, to }: Window): Promise<Ours[]> {
  return sql.rows<Ours & Record<string, unknown>>({
    text: `select ${oursColumns} from ${oursTables}
           where t.seen_at is null
             and t.created_at >= $1
             and (t.state = 'committed' and t.booked_at >= $1 and t.booked_at < $2 or t.state = 'open' and t.expires_at < $2)
           order by t.created_at, t.transfer_id`,
    values: [from, to],
  });
}

/** How many of ours were made or decided in a window. */
export async function countOurs(sql: Sql, { from, to }: Window): Promise<bigint> {
  const { count } = await sql.one<{ count: bigint }>({
    text: `select count(*) as count from scheme_transfer
           where booked_at >= $1 and (booked_at < $2 or created_at < $2) or state = 'open' and created_at >= $1 and created_at < $2`,
    values: [from, to],
  });
  return count;
}

/** Contradictions that were heard in a window and are not put right. */
export async function readContradicted(
  sql: Sql,
  { from, to }: Window,
): Promise<(Pick<Finding, 'dfspId' | 'paymentId' | 'ours' | 'theirs'> & { way: Ours['way']; transferId: string })[]> {
  return sql.rows({
    text: `select way, transfer_id as "transferId", dfsp_id as "dfspId", payment_id as "paymentId", ours, theirs
           from transfer_contradicted where heard_at >= $1 and heard_at < $2 order by heard_at`,
    values: [from, to],
  });
}

/** Keeps what is otherwise than was known: it is there to be corrected (src/clearing). Returns these, with what holds here. */
export async function hearWords(
  sql: Sql,
  words: readonly StatementWord[],
  now: Date,
): Promise<(StatementWord & { readonly ours: StatementWord['theirs'] })[]> {
  return sql.rows({
    text: `select * from (
             select w.dfsp_id as "dfspId", w.transfer_id as "transferId", w.theirs,
               transfer_word_heard(w.dfsp_id, w.transfer_id, w.theirs, $4) as ours
             from unnest($1::text[], $2::uuid[], $3::text[]) w (dfsp_id, transfer_id, theirs)) heard
           where ours is not null`,
    values: [
      words.map(({ dfspId }) => dfspId),
      words.map(({ transferId }) => transferId),
      words.map(({ theirs }) => theirs),
      now,
    ],
  });
}

/** What the scheme says of a transfer that both have. */
export interface Seen {
  readonly way: Ours['way'];
  readonly dfspId: string;
  readonly transferId: string;
  readonly decidedAt: Date | undefined;
  readonly feeMinor: bigint | undefined;
}

/** Keeps it with the transfers: when it was decided by the scheme's clock says in which window it is. */
export async function keepSeen(sql: Sql, seen: readonly Seen[], now: Date): Promise<void> {
  for (const way of ['out', 'in'] as const) {
    const some = seen.filter((one) => one.way === way);
    if (some.length === 0) continue;
    await sql.run({
      text: `update ${way === 'out' ? 'outgoing_transfer' : 'incoming_transfer'} t
             set seen_at = coalesce(t.seen_at, $5), scheme_decided_at = coalesce(s.decided_at, t.scheme_decided_at),
                 scheme_fee_minor = coalesce(s.fee_minor, t.scheme_fee_minor)
             from unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::bigint[]) s (transfer_id, dfsp_id, decided_at, fee_minor)
             where t.transfer_id = s.transfer_id and t.dfsp_id = s.dfsp_id
               and (t.seen_at is null or s.decided_at is distinct from t.scheme_decided_at
                    or s.fee_minor is distinct from t.scheme_fee_minor)`,
      values: [
        some.map(({ transferId }) => transferId),
        some.map(({ dfspId }) => dfspId),
        some.map(({ decidedAt }) => decidedAt ?? null),
        some.map(({ feeMinor }) => feeMinor?.toString() ?? null),
        now,
      ],
    });
  }
}

export interface ReconciliationRow {
  readonly number: bigint;
  readonly fromAt: Date;
  readonly toAt: Date;
  readonly source: 'scheme' | 'file';
  readonly ours: bigint;
  readonly theirs: bigint;
  readonly findings: bigint;
  readonly madeAt: Date;
}

const columns = `number, from_at as "fromAt", to_at as "toAt", source, ours, theirs, made_at as "madeAt",
  (select count(*) from reconciliation_finding f where f.number = r.number) as findings`;

/** What makes a comparison, once: an act of the staff, or a day of the market (`2026-01-15`) that is over. */
export type Cause = { readonly actId: string } | { readonly day: string };

export interface NewReconciliation extends Omit<ReconciliationRow, 'number' | 'findings'> {
  readonly cause: Cause;
}

export async function insertReconciliation(sql: Sql, r: NewReconciliation): Promise<bigint> {
  const { number } = await sql.one<{ number: bigint }>({
    text: `insert into reconciliation (from_at, to_at, source, act_id, day, ours, theirs, made_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8) returning number`,
    values: [...[r.fromAt, r.toAt, r.source, ...causeOf(r.cause)], ...[r.ours, r.theirs, r.madeAt]],
  });
  return number;
}

function causeOf(cause: Cause): (string | null)[] {
  return 'actId' in cause ? [cause.actId, null] : [null, cause.day];
}

/** True for the error of a day that another process has compared meanwhile. */
export function isComparedDay(error: unknown): boolean {
  return violatedConstraint(error) === 'reconciliation_day_key';
}

export async function insertFindings(sql: Sql, number: bigint, findings: readonly Finding[]): Promise<void> {
  const rows = findings.map((one, index) => ({
    place: index + 1,
    kind: one.kind,
    way: one.way,
    dfsp_id: one.dfspId,
    transfer_id: one.transferId,
    payment_id: one.paymentId,
    ours: one.ours,
    theirs: one.theirs,
  }));
  await sql.run({
    text: `insert into reconciliation_finding (number, place, kind, way, dfsp_id, transfer_id, payment_id, ours, theirs)
           select $1, r.* from jsonb_to_recordset($2::jsonb) r (
             place integer, kind text, way text, dfsp_id text, transfer_id uuid, payment_id uuid, ours text, theirs text)`,
    values: [number, JSON.stringify(rows)],
  });
}

/** The last first. */
export async function readReconciliations(sql: Sql, limit: number): Promise<ReconciliationRow[]> {
  return sql.rows<ReconciliationRow & Record<string, unknown>>({
    text: `select ${columns} from reconciliation r order by number desc limit $1`,
    values: [limit],
  });
}

export async function reconciliationBy(
  sql: Sql,
  by: { readonly number: bigint } | Cause,
): Promise<ReconciliationRow | undefined> {
  const [column, value] =
    'number' in by ? ['number', by.number] : 'actId' in by ? ['act_id', by.actId] : ['day', by.day];
  return sql.maybe<ReconciliationRow & Record<string, unknown>>({
    text: `select ${columns} from reconciliation r where ${column} = $1`,
    values: [value],
  });
}

/** Whether somebody compared what came right before a moment: what was not listed then is looked for once more. */
export async function isContinued(sql: Sql, from: Date): Promise<boolean> {
  const text = 'select 1 from reconciliation where from_at < $1 and to_at >= $1 limit 1';
  return (await sql.maybe({ text, values: [from] })) !== undefined;
}

export interface KeptFinding extends Finding {
  readonly reference: string | null;
}

export async function readFindings(sql: Sql, number: bigint, limit: number): Promise<KeptFinding[]> {
  return sql.rows<KeptFinding & Record<string, unknown>>({
    text: `select f.kind, f.way, f.dfsp_id as "dfspId", f.transfer_id as "transferId", f.payment_id as "paymentId", f.ours,
             f.theirs, p.reference
           from reconciliation_finding f left join payment p on p.payment_id = f.payment_id
           where f.number = $1 order by f.place limit $2`,
    values: [number, limit],
  });
}
