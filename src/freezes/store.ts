import type { Sql, Tx } from '../platform';

/** All of the freezes' SQL. */
export type FreezeSide = 'debit' | 'credit' | 'all';

export interface Freeze {
  readonly freezeId: string;
  readonly number: bigint;
  /** All accounts that this person owns; null where one account is frozen. */
  readonly customerId: string | null;
  readonly accountId: string | null;
  readonly side: FreezeSide;
  readonly isTold: boolean;
  readonly startsAt: Date;
  readonly endsAt: Date | null;
  readonly liftedAt: Date | null;
}

const columns = `freeze_id as "freezeId", freeze_number as number, customer_id as "customerId", account_id::text as "accountId",
  side, is_told as "isTold", starts_at as "startsAt", ends_at as "endsAt", lifted_at as "liftedAt"`;

/** Until the transaction ends nobody else freezes or lifts anything of this owner. */
export async function lockOwner(tx: Tx, customerId: string): Promise<void> {
  await tx.run({ text: `select pg_advisory_xact_lock(hashtextextended('freeze:' || $1, 0))`, values: [customerId] });
}

export type FreezeInsert = Omit<Freeze, 'number' | 'liftedAt'>;

export async function insertFreeze(tx: Tx, f: FreezeInsert): Promise<bigint> {
  const row = await tx.one<{ number: bigint }>({
    text: `insert into account_freeze (freeze_id, customer_id, account_id, side, is_told, starts_at, ends_at)
           values ($1, $2, $3, $4, $5, $6, $7) returning freeze_number as number`,
    values: [f.freezeId, f.customerId, f.accountId, f.side, f.isTold, f.startsAt, f.endsAt],
  });
  return row.number;
}

export async function freezeByNumber(sql: Sql, number: bigint): Promise<Freeze | undefined> {
  return sql.maybe<Freeze & Record<string, unknown>>({
    text: `select ${columns} from account_freeze where freeze_number = $1`,
    values: [number],
  });
}

/** False when it was lifted before. */
export async function liftFreeze(
  tx: Tx,
  { number, now, actId }: { number: bigint; now: Date; actId: string | null },
): Promise<boolean> {
  const lifted = await tx.run({
    text: 'update account_freeze set lifted_at = $2, lifted_by = $3 where freeze_number = $1 and lifted_at is null',
    values: [number, now, actId],
  });
  return lifted === 1;
}

/** Which sides are frozen of an account, by itself or with its owner. */
export async function sidesOf(
  sql: Sql,
  { accountId, ownerId }: { accountId: string; ownerId: string },
): Promise<FreezeSide[]> {
  const rows = await sql.rows<{ side: FreezeSide }>({
    text: 'select side from account_freeze where lifted_at is null and (account_id = $1 or customer_id = $2)',
    values: [accountId, ownerId],
  });
  return rows.map(({ side }) => side);
}

/** Those that stand; of everybody, or of one owner and their accounts. */
export async function standing(
  sql: Sql,
  of?: { customerId: string; accountIds: readonly string[] },
): Promise<Freeze[]> {
  return sql.rows<Freeze & Record<string, unknown>>({
    text: `select ${columns} from account_freeze
           where lifted_at is null and ($1::uuid is null or customer_id = $1 or account_id = any ($2::bigint[]))
           order by freeze_number desc limit 200`,
    values: [of?.customerId ?? null, of?.accountIds ?? []],
  });
}

export async function ended(sql: Sql, now: Date): Promise<Freeze[]> {
  return sql.rows<Freeze & Record<string, unknown>>({
    text: `select ${columns} from account_freeze where lifted_at is null and ends_at <= $1 order by ends_at limit 100`,
    values: [now],
  });
}

/** Accounts that a frozen person opened since, and that are not frozen as they are. */
export async function openedSince(sql: Sql): Promise<{ accountId: string; ownerId: string }[]> {
  return sql.rows<{ accountId: string; ownerId: string }>({
    text: `select distinct a.account_id::text as "accountId", a.owner_id as "ownerId"
           from account_freeze f join account a on a.owner_id = f.customer_id and a.created_at >= f.starts_at and a.status = 'open'
           join ledger_account l on l.account_id = a.account_id
           where f.lifted_at is null
             and l.status & case f.side when 'debit' then 1 when 'credit' then 2 else 3 end
                 <> case f.side when 'debit' then 1 when 'credit' then 2 else 3 end`,
  });
}
