import { assert, type Sql } from '../platform';
import { countedBit, legOfCode } from './codes';
import { isHouse, wholeAccount } from './chart';
import type { AccountId, Entry } from './port';
import { lastStripe } from './store';

/**
 * An account's rows, the latest first: from `ledger_account.last_seq` backwards along the index on seq. A transfer's id
 * was made at most 36 hours before it was booked and less than two after (`ledger_post` refuses any other), so each step
 * looks into one or two partitions. It ends where the rows are in the archive.
 */
const walkOf = `
  with recursive walk as (
    select t.transfer_id, t.seq, t.legs
    from ledger_transfer t
    where t.seq = a.last_seq
      and t.transfer_id >= transfer_id_floor(time_of(a.last_seq) - interval '36 hours')
      and t.transfer_id < transfer_id_floor(time_of(a.last_seq) + interval '2 hours')
    union all
    select t.transfer_id, t.seq, t.legs
    from walk w
    cross join lateral (
      select case when w.legs[i * 8 - 7] = a.account_id then w.legs[i * 8 - 1] else w.legs[i * 8] end as seq
      from generate_series(1, cardinality(w.legs) / 8) i
      where a.account_id in (w.legs[i * 8 - 7], w.legs[i * 8 - 6]) and w.legs[i * 8 - 5] > 0
      order by i
      limit 1
    ) previous
    join ledger_transfer t on t.seq = previous.seq
      and t.transfer_id >= transfer_id_floor(time_of(previous.seq) - interval '36 hours')
      and t.transfer_id < transfer_id_floor(time_of(previous.seq) + interval '2 hours')
  )`;

interface EntryRow {
  seq: bigint;
  transferId: string;
  leg: number;
  debit: string;
  credit: string;
  amount: bigint;
  code: bigint;
  debitAfter: bigint;
  creditAfter: bigint;
  postedAt: Date;
  account: string;
}

/**
 * Newest first. The last transfer of a page comes with all its legs, so that the next page, which begins before it, skips
 * none. A house account's stripes follow one another by time.
 */
export async function readEntries(
  sql: Sql,
  accountId: AccountId,
  { limit, before }: { limit: number; before?: bigint },
): Promise<Entry[]> {
  const rows = await sql.rows<EntryRow & Record<string, unknown>>({
    name: 'ledger.entries',
    text: `select * from (
             select w.seq, w.transfer_id as "transferId", i as leg, a.account_id::text as account,
                    w.legs[i * 8 - 7]::text as debit, w.legs[i * 8 - 6]::text as credit, w.legs[i * 8 - 5] as amount,
                    w.legs[i * 8 - 4] as code, w.legs[i * 8 - 3] as "debitAfter", w.legs[i * 8 - 2] as "creditAfter",
                    time_of(w.seq) as "postedAt"
             from ledger_account a
             cross join lateral (${walkOf} select * from walk where seq < $3 limit $4) w
             cross join lateral generate_series(1, cardinality(w.legs) / 8) i
             where a.account_id between $1 and $2
               and a.account_id in (w.legs[i * 8 - 7], w.legs[i * 8 - 6]) and w.legs[i * 8 - 5] > 0
             order by w.seq desc
             fetch first ($4) rows with ties
           ) page
           order by seq desc, leg desc`,
    values: [accountId, lastStripe(accountId), before ?? 9_223_372_036_854_775_807n, limit],
  });
  return rows.map((row) => {
    const debited = row.debit === row.account;
    return {
      accountId,
      seq: row.seq,
      transferId: row.transferId,
      legNumber: row.leg,
      code: legOfCode(Number(row.code) & (countedBit - 1)),
      direction: debited ? 'debit' : 'credit',
      amountMinor: row.amount,
      balanceAfterMinor: debited ? row.debitAfter : row.creditAfter,
      otherAccountId: wholeAccount(debited ? row.credit : row.debit),
      postedAt: row.postedAt,
    };
  });
}

/** Where the account stood at the end of the next closed month after `$3` in which it moved, and where it stands now. */
const around = `
  around as (
    select a.account_id, a.last_seq, a.credits_posted_minor - a.debits_posted_minor as balance,
           later.last_seq as later_seq, later.balance_minor as later_balance
    from ledger_account a
    left join lateral (
      select last_seq, balance_minor from ledger_period_balance b
      where b.account_id = a.account_id and b.month >= date_trunc('month', $3::timestamptz at time zone 'UTC')
      order by b.month limit 1
    ) later on true
    where a.account_id between $1 and $2
  )`;

/** What a row with `legs` says of `account`: its balance before the row, and the row that it follows. */
const toldBy = (account: string): string => `
  select case when legs[i * 8 - 7] = ${account} then legs[i * 8 - 3] + legs[i * 8 - 5]
              else legs[i * 8 - 2] - legs[i * 8 - 5] end as before,
         case when legs[i * 8 - 7] = ${account} then legs[i * 8 - 1] else legs[i * 8] end as pointer
  from generate_series(1, cardinality(legs) / 8) i
  where ${account} in (legs[i * 8 - 7], legs[i * 8 - 6]) and legs[i * 8 - 5] > 0
  order by i limit 1`;

const rowAt = (seq: string): string => `
  select t.legs from ledger_transfer t
  where t.seq = ${seq}
    and t.transfer_id >= transfer_id_floor(time_of(${seq}) - interval '36 hours')
    and t.transfer_id < transfer_id_floor(time_of(${seq}) + interval '2 hours')`;

/**
 * Back from the end of the month, or from now, to the first row after the moment: what it found is the balance. A step
 * is a look at the index, and there are as many as the account had rows since.
 */
const walkedBalance = `
  with recursive ${around},
  walk as (
    select a.account_id, coalesce(a.later_seq, a.last_seq) as pointer, coalesce(a.later_balance, a.balance) as before
    from around a
    union all
    select w.account_id, told.pointer, told.before
    from walk w
    cross join lateral (${rowAt('w.pointer')}) t
    cross join lateral (${toldBy('w.account_id')}) told
    where w.pointer >> 4 > micros_of($3)
  )
  select a.account_id::text as account,
         (select w.before from walk w where w.account_id = a.account_id and w.pointer >> 4 <= micros_of($3)) as balance
  from around a`;

/**
 * A stripe of a house account is in nearly every row of its lane, so its first row after the moment is found sooner by
 * going forward over the lane. What that found is the balance, if what it follows was not after the moment too.
 */
const laneBalance = `
  with ${around}
  select a.account_id::text as account,
         case when coalesce(a.later_seq, a.last_seq) >> 4 <= micros_of($3) then coalesce(a.later_balance, a.balance)
              else (select case when next.pointer >> 4 <= micros_of($3) then next.before end
                    from (
                      select told.before, told.pointer
                      from ledger_transfer t cross join lateral (${toldBy('a.account_id')}) told
                      where t.seq > seq_of($3) | 15 and t.seq <= a.last_seq and t.seq & 15 = a.account_id & 15
                        and t.result = 0 and t.kind in (1, 3) and t.legs @> array[a.account_id]
                      order by t.seq limit 1
                    ) next)
         end as balance
  from around a`;

/**
 * The posted balance after the last row that is not later than `at`; undefined when there is no such account. Throws
 * where that row may be in the archive: in an archived month, or on the day after it, when the account moved later in
 * that time.
 */
export async function readBalanceAt(sql: Sql, accountId: AccountId, at: Date): Promise<bigint | undefined> {
  const rows = await sql.rows<{ account: string; balance: bigint | null }>({
    name: isHouse(accountId) ? 'ledger.house_balance_at' : 'ledger.balance_at',
    text: isHouse(accountId) ? laneBalance : walkedBalance,
    values: [accountId, lastStripe(accountId), at],
  });
  if (rows.length === 0) return undefined;
  return rows.reduce((sum, { account, balance }) => {
    assert(balance !== null, `what account ${account} had at ${at.toISOString()} is in the archive`);
    return sum + balance;
  }, 0n);
}
