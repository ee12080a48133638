import { err, ok, parseAmount, plusMs, type Result, type Tx } from '../platform';
import type { BulkDeps } from './deps';
import type { BulkError } from './errors';
import { readRows } from './file';
import * as store from './store';

/** What its maker does with a bulk, each in the transaction of an act of the staff. */
export interface BulkOrder {
  /** As a file: see file.ts. */
  readonly file: string;
  readonly accountId: string;
  /** Default: three days from now. */
  readonly retryUntil?: Date | undefined;
  /** The member of the staff whose it is. */
  readonly by: string;
}

const retryMs = 3 * 86_400_000;

/** Takes a file in; its rows are looked at soon. Errors: `bulk_account_unknown`, `bulk_malformed`. */
export async function load(
  { clock, ids, market, rules, accounts }: BulkDeps,
  tx: Tx,
  { file, accountId, retryUntil, by }: BulkOrder,
): Promise<Result<{ readonly number: bigint; readonly rows: number; readonly totalMinor: bigint }, BulkError>> {
  const account = await accounts.byId(tx, accountId);
  if (account?.status !== 'open' || account.purpose !== 'main') return err('bulk_account_unknown');
  const { currency } = market;
  const read = readRows(file, { currency, amountMaxMinor: rules.amountMaxMinor });
  if (!read.ok) return read;
  const now = clock.now();
  const number = await store.insertBulk(tx, {
    ...{ bulkId: ids.uuid(), accountId, ownerId: account.ownerId, currency, madeBy: by, createdAt: now },
    retryUntil: retryUntil ?? plusMs(now, retryMs),
    rows: read.value.map((row) => ({ ...row, rowId: ids.uuid() })),
  });
  const totalMinor = read.value.reduce((sum, { amountMinor }) => sum + amountMinor, 0n);
  return ok({ number, rows: read.value.length, totalMinor });
}

export interface RowChange {
  readonly number: bigint;
  readonly line: number;
  readonly payee?: string | undefined;
  /** A decimal, as it was typed. */
  readonly amount?: string | undefined;
  readonly note?: string | undefined;
  /** Who should be behind the number. */
  readonly name?: string | undefined;
  /** Left out. */
  readonly isDropped: boolean;
  readonly by: string;
}

/**
 * Changes a row or leaves it out (R257); it is looked at anew. Errors: `bulk_unknown`, `bulk_row_unknown`, `bulk_not_draft`,
 * `bulk_shown`, `bulk_not_maker`; `bulk_malformed`, detail `problem`.
 */
export async function changeRow(
  { clock, market, rules }: BulkDeps,
  tx: Tx,
  { number, line, by, isDropped, ...change }: RowChange,
): Promise<Result<store.Bulk, BulkError>> {
  const mine = await draftOf(tx, { number, by });
  if (!mine.ok) return mine;
  const row = await store.rowAt(tx, mine.value.bulkId, line);
  if (!row) return err('bulk_row_unknown');
  const { currency } = market;
  const amount =
    change.amount === undefined ? ok(row.amountMinor) : parseAmount(change.amount, currency, rules.amountMaxMinor);
  if (!amount.ok) {
    return err('bulk_malformed', { problem: `field amount: must be an amount in ${currency} such as 2500.00` });
  }
  const now = clock.now();
  await store.changeRow(tx, {
    ...{ rowId: row.rowId, line, amountMinor: amount.value, state: isDropped ? 'dropped' : 'new', by, now },
    payee: change.payee ?? row.payee,
    note: change.note ?? row.note,
    expectedName: change.name ?? row.expectedName,
  });
  await store.putOff(tx, mine.value.bulkId, now);
  return mine;
}

/** A bulk that is still its maker's, locked. R261, R262: nobody else's, and not once somebody was shown it. */
async function draftOf(tx: Tx, { number, by }: { number: bigint; by: string }): Promise<Result<store.Bulk, BulkError>> {
  const bulk = await store.lockBulk(tx, number);
  if (!bulk) return err('bulk_unknown');
  if (bulk.state !== 'draft') return err('bulk_not_draft');
  if ((await store.timesShown(tx, number)) > 0) return err('bulk_shown');
  return bulk.madeBy === by ? ok(bulk) : err('bulk_not_maker');
}

/**
 * Whether it may be executed, on a proposal that is on record: every row has been looked at, and some can be paid.
 * Errors: `bulk_unknown`, `bulk_not_draft`, `bulk_shown` (by another proposal), `bulk_unchecked`, `bulk_nothing`.
 */
export async function mayPay(tx: Tx, number: bigint): Promise<Result<store.Bulk, BulkError>> {
  const bulk = await store.lockBulk(tx, number);
  if (!bulk) return err('bulk_unknown');
  if (bulk.state !== 'draft') return err('bulk_not_draft');
  if ((await store.timesShown(tx, number)) > 1) return err('bulk_shown');
  const sums = await store.sumsOf(tx, bulk.bulkId);
  if (sums.some(({ state }) => state === 'new')) return err('bulk_unchecked');
  return sums.some(({ state }) => state === 'payable') ? ok(bulk) : err('bulk_nothing');
}

/** R260, R261: begins to pay, on the word of somebody else than its maker. Errors: as `mayPay`, and `same_person`. */
export async function begin(
  { clock }: BulkDeps,
  tx: Tx,
  { number, by, actId }: { readonly number: bigint; readonly by: string; readonly actId: string },
): Promise<Result<store.Bulk, BulkError>> {
  const bulk = await mayPay(tx, number);
  if (!bulk.ok) return bulk;
  if (bulk.value.madeBy === by) return err('same_person');
  await store.beginBulk(tx, bulk.value.bulkId, { actId, now: clock.now() });
  return bulk;
}

/**
 * Ends a bulk: a draft is given up, of one that is being paid what is not on its way. Returns how many rows that are.
 * Errors: `bulk_unknown`, `bulk_shown`, `bulk_not_draft` (it is over).
 */
export async function stop({ clock }: BulkDeps, tx: Tx, number: bigint): Promise<Result<number, BulkError>> {
  const bulk = await store.lockBulk(tx, number);
  if (!bulk) return err('bulk_unknown');
  const now = clock.now();
  if (bulk.state === 'paying') {
    const stopped = await store.stopRows(tx, bulk.bulkId);
    await store.putOff(tx, bulk.bulkId, now);
    return ok(stopped);
  }
  if (bulk.state !== 'draft') return err('bulk_not_draft');
  if ((await store.timesShown(tx, number)) > 0) return err('bulk_shown');
  const sums = await store.sumsOf(tx, bulk.bulkId);
  await store.cancelBulk(tx, bulk.bulkId, now);
  return ok(sums.reduce((sum, { count }) => sum + count, 0));
}
