import type { Result, Sql, Tx } from '../platform';
import type { BulkDeps } from './deps';
import type { BulkError } from './errors';
import { begin, changeRow, load, mayPay, stop, type BulkOrder, type RowChange } from './make';
import * as store from './store';
import { work } from './work';

export interface Bulks {
  /** R257, R262: takes a file in. Errors: `bulk_account_unknown`, `bulk_malformed`. */
  load(tx: Tx, order: BulkOrder): ReturnType<typeof load>;
  /** R257: its maker changes a row or leaves it out. Errors: see make.ts. */
  changeRow(tx: Tx, change: RowChange): Promise<Result<store.Bulk, BulkError>>;
  /** R260: whether a second person may be asked. Errors: see make.ts. */
  mayPay(tx: Tx, number: bigint): Promise<Result<store.Bulk, BulkError>>;
  /** R260, R261: begins to pay. Errors: as `mayPay`, and `same_person`. */
  begin(tx: Tx, order: { number: bigint; by: string; actId: string }): Promise<Result<store.Bulk, BulkError>>;
  /** Gives up a draft, or what of a bulk is not on its way; returns how many rows. Errors: see make.ts. */
  stop(tx: Tx, number: bigint): Promise<Result<number, BulkError>>;
  find(sql: Sql, number: bigint): Promise<store.Bulk | undefined>;
  /** The last first. */
  list(sql: Sql, state: store.BulkState | undefined): Promise<store.Bulk[]>;
  /** In the order of the file. */
  rows(sql: Sql, bulkId: string, state: store.RowState | undefined): Promise<store.Row[]>;
  /** R265: how many rows came to what, and how much money that is. */
  sums(sql: Sql, bulkId: string): Promise<store.Sum[]>;
  references(sql: Sql, bulkId: string): ReturnType<typeof store.referencesOf>;
  /** Looks at rows that nobody has looked at, and pays what is to be paid. Returns of how many bulks. */
  work(): Promise<number>;
}

const listMax = 100;
const rowsMax = 500;

export function createBulks(deps: BulkDeps): Bulks {
  return {
    load: (tx, order) => load(deps, tx, order),
    changeRow: (tx, change) => changeRow(deps, tx, change),
    mayPay: (tx, number) => mayPay(tx, number),
    begin: (tx, order) => begin(deps, tx, order),
    stop: (tx, number) => stop(deps, tx, number),
    find: store.bulkByNumber,
    list: (sql, state) => store.listBulks(sql, state, listMax),
    rows: (sql, bulkId, state) => store.rowsOf(sql, bulkId, { state, limit: rowsMax }),
    sums: store.sumsOf,
    references: store.referencesOf,
    work: () => work(deps),
  };
}
