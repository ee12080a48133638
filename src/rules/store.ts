import type { Json, Sql, Tx } from '../platform';
import type { Exceeding } from './exceeding';
import type { Direction, Period, RuleKind, Scope } from './types';

/** All of the rules' SQL but that of the migrations: limits are counted by its functions. */

/** Rules that somebody proposed, and what became of it. */
export interface RuleChange {
  readonly version: number;
  readonly kind: RuleKind;
  /** As it was written: amounts are decimal strings. */
  readonly body: Json;
  /** Null: as soon as it is approved. */
  readonly effectiveFrom: Date | null;
  readonly reason: string;
  readonly state: 'proposed' | 'approved' | 'rejected';
  readonly madeBy: string;
  readonly madeAt: Date;
  readonly checkedBy: string | null;
  readonly checkedAt: Date | null;
}

interface RuleRow {
  version: number;
  kind: RuleKind;
  body: Json;
  effective_from: Date | null;
  reason: string;
  state: RuleChange['state'];
  made_by: string;
  made_at: Date;
  checked_by: string | null;
  checked_at: Date | null;
}
const ruleColumns = 'version, kind, body, effective_from, reason, state, made_by, made_at, checked_by, checked_at';

function changeOf(row: RuleRow): RuleChange {
  const { version, kind, body, reason, state } = row;
  return {
    ...{ version, kind, body, reason, state },
    effectiveFrom: row.effective_from,
    madeBy: row.made_by,
    madeAt: row.made_at,
    checkedBy: row.checked_by,
    checkedAt: row.checked_at,
  };
}

export type NewChange = Pick<RuleChange, 'kind' | 'body' | 'effectiveFrom' | 'reason' | 'madeBy' | 'madeAt'>;

export async function insertProposal(tx: Tx, change: NewChange): Promise<number> {
  const { kind, body, effectiveFrom, reason, madeBy, madeAt } = change;
  const row = await tx.one<{ version: number }>({
    text: `insert into rule_version (kind, body, effective_from, reason, made_by, made_at)
           values ($1, $2, $3, $4, $5, $6) returning version`,
    values: [kind, JSON.stringify(body), effectiveFrom, reason, madeBy, madeAt],
  });
  return row.version;
}

/** Locks it until the transaction ends: one decides. */
export async function changeForUpdate(tx: Tx, version: number): Promise<RuleChange | undefined> {
  const row = await tx.maybe<RuleRow>({
    text: `select ${ruleColumns} from rule_version where version = $1 for update`,
    values: [version],
  });
  return row && changeOf(row);
}

export async function decideChange(
  tx: Tx,
  {
    version,
    state,
    effectiveFrom,
    checkedBy,
    checkedAt,
  }: Pick<RuleChange, 'version' | 'state' | 'effectiveFrom' | 'checkedBy' | 'checkedAt'>,
): Promise<void> {
  await tx.run({
    text: `update rule_version set state = $2, effective_from = $3, checked_by = $4, checked_at = $5 where version = $1`,
    values: [version, state, effectiveFrom, checkedBy, checkedAt],
  });
}

/** All that hold or will, in the order in which they were approved: of one moment the later one holds. */
export async function approvedChanges(sql: Sql): Promise<RuleChange[]> {
  const rows = await sql.rows<RuleRow>({
    name: 'rule-approved',
    text: `select ${ruleColumns} from rule_version where state = 'approved' order by checked_at, version`,
  });
  return rows.map(changeOf);
}

/** The last ones, the newest first. */
export async function lastChanges(sql: Sql, limit: number): Promise<RuleChange[]> {
  const rows = await sql.rows<RuleRow>({
    text: `select ${ruleColumns} from rule_version order by version desc limit $1`,
    values: [limit],
  });
  return rows.map(changeOf);
}

export async function countTries(tx: Tx, rows: readonly Json[]): Promise<void> {
  await tx.run({ text: 'select limit_count_tries($1)', values: [JSON.stringify(rows)] });
}

/** What somebody has used of the periods that begin on these days. */
export interface Use {
  readonly scope: Scope;
  readonly period: Period;
  readonly amountMinor: bigint;
  readonly count: number;
}

export async function usesOf(
  sql: Sql,
  {
    customerId,
    direction,
    starts,
  }: { customerId: string; direction: Direction; starts: Readonly<Record<Period, string>> },
): Promise<Use[]> {
  const rows = await sql.rows<{ scope: Scope; period: Period; amount_minor: bigint; count: number }>({
    name: 'limit-uses',
    text: `select scope, period, amount_minor, count from limit_use
           where customer_id = $1 and direction = $2
             and (period, period_start) in (('day', $3::date), ('week', $4::date), ('month', $5::date), ('year', $6::date))`,
    values: [customerId, direction, starts.day, starts.week, starts.month, starts.year],
  });
  return rows.map(({ amount_minor: amountMinor, ...use }) => ({ ...use, amountMinor }));
}

export async function forgetUses(sql: Sql, today: string): Promise<number> {
  const row = await sql.one<{ deleted: number }>({ text: 'select limit_forget($1) as deleted', values: [today] });
  return row.deleted;
}

/** Where somebody is, and where they were before they were put there by hand; locked until the transaction ends. */
export async function tierForUpdate(
  tx: Tx,
  customerId: string,
): Promise<{ tier: string; overridden: string | undefined } | undefined> {
  const row = await tx.maybe<{ tier: string; tier_before: string | null }>({
    text: `select c.tier, o.tier_before from customer c left join tier_override o using (customer_id)
           where c.customer_id = $1 for no key update of c`,
    values: [customerId],
  });
  return row && { tier: row.tier, overridden: row.tier_before ?? undefined };
}

export async function setTier(tx: Tx, customerId: string, tier: string): Promise<boolean> {
  const text = 'update customer set tier = $2 where customer_id = $1';
  return (await tx.run({ text, values: [customerId, tier] })) === 1;
}

export async function deleteOverride(tx: Tx, customerId: string): Promise<void> {
  await tx.run({ text: 'delete from tier_override where customer_id = $1', values: [customerId] });
}

export async function insertOverride(
  tx: Tx,
  o: { customerId: string; tierBefore: string; reason: string; by: string; at: Date },
): Promise<void> {
  await tx.run({
    text: `insert into tier_override (customer_id, tier_before, reason, made_by, made_at) values ($1, $2, $3, $4, $5)`,
    values: [o.customerId, o.tierBefore, o.reason, o.by, o.at],
  });
}

/** Who has what the tier above theirs asks for. */
export async function dueFor(
  sql: Sql,
  asked: { tier: string; createdBefore: Date; balanceMinMinor: bigint; paymentsMin: number; limit: number },
): Promise<string[]> {
  const rows = await sql.rows<{ customer_id: string }>({
    text: 'select customer_id from tier_due($1, $2, $3, $4, $5) due (customer_id)',
    values: [asked.tier, asked.createdBefore, asked.balanceMinMinor, asked.paymentsMin, asked.limit],
  });
  return rows.map((row) => row.customer_id);
}

interface ExceedingRow {
  customer_id: string;
  tier: string;
  direction: Direction;
  scope: Scope;
  period: Exceeding['period'];
  amount_minor: bigint;
  amount_max_minor: bigint | null;
  count: number | null;
  count_max: number | null;
}

export async function exceedingOf(
  sql: Sql,
  { tiers, caps, balances }: { tiers: readonly string[]; caps: readonly Json[]; balances: readonly Json[] },
): Promise<Exceeding[]> {
  const rows = await sql.rows<ExceedingRow>({
    text: 'select * from tier_exceeding($1, $2, $3)',
    values: [tiers, JSON.stringify(caps), JSON.stringify(balances)],
  });
  return rows.map((row) => ({
    customerId: row.customer_id,
    tier: row.tier,
    direction: row.direction,
    scope: row.scope,
    period: row.period,
    amountMinor: row.amount_minor,
    amountMaxMinor: row.amount_max_minor,
    count: row.count,
    countMax: row.count_max,
  }));
}
