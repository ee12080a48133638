import { currencyOfNumber, type Sql, type Tx } from '../platform';
import { isHouse, stripes, wholeAccount } from './chart';
import { countedBit, kindOfCode, legOfCode, refusalOfCode, statusCodes, statusOfCode } from './codes';
import type { AccountError } from './errors';
import type { Packed } from './pack';
import type {
  AccountBounds,
  AccountId,
  AccountStatus,
  Actor,
  Balance,
  Leg,
  LimitProfile,
  NewAccount,
  Pending,
  StoredTransfer,
} from './port';

/** All of the ledger's SQL but that of verify.ts and history.ts. What writes is a function of the database. */

/** What `ledger_post` says of a batch, by the place of a transfer. */
export interface Posted {
  readonly results: readonly number[];
  readonly refused: readonly (string | null)[] | null;
  /** Microseconds since 1970 of the first transfer; each takes one. */
  readonly base: bigint;
}

export async function postBatch(sql: Sql, packed: Packed): Promise<Posted> {
  return sql.one<Posted & Record<string, unknown>>({
    name: 'ledger.post',
    text: `select results, refused::text[] as refused, base
           from ledger_post($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
    values: packed,
  });
}

/** Any number will do; the second key is the lane. */
const leaseKey = 7_229_386;

/** Leases a free lane to this connection until it ends, whoever ends it; undefined when all are taken. */
export async function leaseLane(sql: Sql, lanes: number): Promise<number | undefined> {
  for (let lane = 1; lane <= lanes; lane += 1) {
    const { leased } = await sql.one<{ leased: boolean }>({
      name: 'ledger.lease',
      text: 'select pg_try_advisory_lock($1, $2) as leased',
      values: [leaseKey, lane],
    });
    if (leased) return lane;
  }
  return undefined;
}

export async function releaseLane(sql: Sql, lane: number): Promise<void> {
  await sql.run({ name: 'ledger.release', text: 'select pg_advisory_unlock($1, $2)', values: [leaseKey, lane] });
}

interface TransferRow {
  transferId: string;
  kind: number;
  result: number;
  seq: bigint;
  refusedAccountId: string | null;
  pendingId: string | null;
  legs: string[];
  at: Date;
}

/** A row of the ledger as it is written, with its numbers. */
export interface WrittenTransfer extends StoredTransfer {
  readonly refusedAccountId: AccountId | undefined;
}

export async function readTransfers(sql: Sql, ids: readonly string[]): Promise<WrittenTransfer[]> {
  const rows = await sql.rows<TransferRow & Record<string, unknown>>({
    name: 'ledger.transfers',
    text: `select t.transfer_id as "transferId", t.kind, t.result, t.seq, t.refused_account_id::text as "refusedAccountId",
                  t.pending_id as "pendingId", t.legs::text[] as legs, time_of(t.seq) as at
           from unnest($1::uuid[]) asked (id) join ledger_transfer t on t.transfer_id = asked.id`,
    values: [ids],
  });
  return rows.map((row) => ({
    transferId: row.transferId,
    kind: kindOfCode(row.kind),
    seq: row.seq,
    at: row.at,
    refusal: row.result === 0 ? undefined : refusalOfCode(row.result),
    refusedAccountId: row.refusedAccountId === null ? undefined : wholeAccount(row.refusedAccountId),
    pendingId: row.pendingId ?? undefined,
    legs: legsOf(row.legs),
  }));
}

/** Eight numbers a leg: see 0007_ledger.sql. */
function legsOf(numbers: readonly string[]): Leg[] {
  const stride = 8;
  return Array.from({ length: numbers.length / stride }, (_, leg) => {
    const [debit = '', credit = '', amount = '', code = ''] = numbers.slice(leg * stride, leg * stride + 4);
    return {
      debitAccountId: wholeAccount(debit),
      creditAccountId: wholeAccount(credit),
      amountMinor: BigInt(amount),
      code: legOfCode(Number(code)),
      ...((Number(code) & countedBit) !== 0 && { counted: true }),
    };
  });
}

interface HoldRow {
  transferId: string;
  expiresAt: Date;
  legs: string[];
}

function pendingOf({ transferId, expiresAt, legs }: HoldRow): Pending {
  return { transferId, expiresAt, legs: legsOf(legs) };
}

export async function readHolds(sql: Sql, ids: readonly string[]): Promise<Pending[]> {
  const rows = await sql.rows<HoldRow & Record<string, unknown>>({
    name: 'ledger.holds',
    text: `select transfer_id as "transferId", expires_at as "expiresAt", legs::text[] as legs
           from ledger_hold where transfer_id = any ($1::uuid[])`,
    values: [ids],
  });
  return rows.map(pendingOf);
}

export async function readExpired(sql: Sql, now: Date, limit: number): Promise<Pending[]> {
  const rows = await sql.rows<HoldRow & Record<string, unknown>>({
    name: 'ledger.expired',
    text: `select transfer_id as "transferId", expires_at as "expiresAt", legs::text[] as legs
           from ledger_hold where expires_at <= $1 order by expires_at, transfer_id limit $2`,
    values: [now, limit],
  });
  return rows.map(pendingOf);
}

export async function nextAccountIds(sql: Sql, count: number): Promise<AccountId[]> {
  const rows = await sql.rows<{ id: string }>({
    name: 'ledger.account_ids',
    text: `select ((s.cell::bigint << 48) + nextval('ledger_account_number'))::text as id
           from ledger_setting s, generate_series(1, $1)`,
    values: [count],
  });
  return rows.map(({ id }) => id);
}

/** True when the account is there with this content. */
export async function openAccount(tx: Tx, account: NewAccount, actor: Actor, nowMicros: bigint): Promise<boolean> {
  const { accountId, kind, currency, floorMinor, ceilingMinor, limitProfile } = account;
  const { opened } = await tx.one<{ opened: boolean }>({
    name: 'ledger.open_account',
    text: 'select ledger_open_account($1, $2, $3, $4, $5, $6::smallint, $7, $8) as opened',
    values: [accountId, kind, currency, floorMinor, ceilingMinor, limitProfile, actor, nowMicros],
  });
  return opened;
}

interface Change {
  readonly accountId: AccountId;
  readonly actor: Actor;
  readonly nowMicros: bigint;
}

/** Null, or the code of the refusal. */
export async function setStatus(
  tx: Tx,
  status: AccountStatus,
  { accountId, actor, nowMicros }: Change,
): Promise<AccountError | null> {
  const { refusal } = await tx.one<{ refusal: AccountError | null }>({
    name: 'ledger.set_status',
    text: 'select ledger_set_status($1, $2::smallint, $3, $4) as refusal',
    values: [accountId, statusCodes[status], actor, nowMicros],
  });
  return refusal;
}

/** Null, or the code of the refusal. */
export async function setBounds(
  tx: Tx,
  { floorMinor, ceilingMinor, limitProfile }: AccountBounds,
  { accountId, actor, nowMicros }: Change,
): Promise<AccountError | null> {
  const { refusal } = await tx.one<{ refusal: AccountError | null }>({
    name: 'ledger.set_bounds',
    text: 'select ledger_set_bounds($1, $2, $3, $4::smallint, $5, $6) as refusal',
    values: [accountId, floorMinor, ceilingMinor, limitProfile, actor, nowMicros],
  });
  return refusal;
}

export async function setLimits(tx: Tx, profile: LimitProfile, actor: Actor, nowMicros: bigint): Promise<void> {
  const columns: Record<string, string | number> = {};
  for (const direction of ['out', 'in'] as const) {
    for (const period of ['day', 'week', 'month', 'year'] as const) {
      const { amountMinor, count } = profile[direction][period] ?? {};
      if (amountMinor !== undefined) columns[`${direction}_${period}_minor`] = amountMinor.toString();
      if (count !== undefined) columns[`${direction}_${period}_count`] = count;
    }
  }
  await tx.run({
    name: 'ledger.set_limits',
    text: 'select ledger_set_limits($1::smallint, $2, $3, $4)',
    values: [profile.profile, columns, actor, nowMicros],
  });
}

export async function setTimeZone(tx: Tx, timeZone: string, actor: Actor, nowMicros: bigint): Promise<void> {
  await tx.run({
    name: 'ledger.set_time_zone',
    text: 'select ledger_set_time_zone($1, $2, $3)',
    values: [timeZone, actor, nowMicros],
  });
}

interface BalanceRow {
  currency: number;
  status: number;
  posted: bigint;
  out: bigint;
  in: bigint;
}

export async function readBalance(sql: Sql, accountId: AccountId): Promise<Balance | undefined> {
  const row = await sql.maybe<BalanceRow & Record<string, unknown>>({
    name: 'ledger.balance',
    text: `select min(currency) as currency, min(status) as status,
                  sum(credits_posted_minor - debits_posted_minor)::bigint as posted,
                  sum(debits_pending_minor)::bigint as out, sum(credits_pending_minor)::bigint as in
           from ledger_account where account_id between $1 and $2
           having count(*) > 0`,
    values: [accountId, lastStripe(accountId)],
  });
  return (
    row && {
      accountId,
      currency: currencyOfNumber(row.currency),
      status: statusOfCode(row.status),
      postedMinor: row.posted,
      pendingOutMinor: row.out,
      pendingInMinor: row.in,
      availableMinor: row.posted - row.out,
    }
  );
}

/** The last row of an account: a house account has one a lane. */
export function lastStripe(accountId: AccountId): AccountId {
  return isHouse(accountId) ? String(Number(accountId) + stripes - 1) : accountId;
}

export async function makePartitions(sql: Sql, now: Date): Promise<string[]> {
  const rows = await sql.rows<{ name: string }>({
    name: 'ledger.prepare',
    text: 'select * from ledger_prepare($1) as name',
    values: [now],
  });
  return rows.map(({ name }) => name);
}
