import { assert, currencyOfNumber, type Currency, type Sql } from '../platform';

/**
 * The SQL of the archive. What is taken out of a month is what lies in its partitions: transfers by the month in which
 * their ids were made, the log by the month of its numbers. The first archived month takes along what is older.
 */

export const archivedTables = ['ledger_transfer', 'audit_link', 'audit_event'] as const;
export type ArchivedTable = (typeof archivedTables)[number];

/** In the order of the table, so that `copy` takes a file as it is. */
export const columnsOf = {
  ledger_transfer: [
    'transfer_id',
    'seq',
    'kind',
    'result',
    'refused_account_id',
    'pending_id',
    'expires_at',
    'legs',
    'digest',
  ],
  audit_link: ['seq', 'number', 'transfers', 'events', 'hash'],
  audit_event: [
    'seq',
    'number',
    'at',
    'action',
    'actor_kind',
    'actor_id',
    'subject_kind',
    'subject_id',
    'transfer_id',
    'trace_id',
    'old_value',
    'new_value',
    'digest',
  ],
} as const satisfies Record<ArchivedTable, readonly string[]>;

/** What orders rows of the same seq: none but a forger's, and a link's events. */
const secondKey = { ledger_transfer: 'transfer_id', audit_link: 'number', audit_event: 'number' } as const;

/** Which rows of a table lie in the partitions of the month `$1`, and before it where no older month was closed. */
const isOf = (table: ArchivedTable): string =>
  table === 'ledger_transfer'
    ? `transfer_id < transfer_id_floor(($1::date + interval '1 month') at time zone 'UTC')
       and transfer_id >= coalesce(
         (select transfer_id_floor($1::date::timestamp at time zone 'UTC') from ledger_period where month < $1::date limit 1),
         '00000000-0000-0000-0000-000000000000')`
    : `seq < ledger_period_end($1::date)
       and seq >= coalesce((select seq_of($1::date::timestamp at time zone 'UTC') from ledger_period where month < $1::date limit 1), 0)`;

/** Texts that read the same everywhere, for as long as the transaction lasts. */
export async function beginSnapshot(sql: Sql): Promise<void> {
  await sql.run({ text: 'begin transaction isolation level repeatable read, read only' });
  await sql.run({
    name: 'ledger.archive.settings',
    text: `select set_config('statement_timeout', '0', true), set_config('TimeZone', 'UTC', true),
                  set_config('DateStyle', 'ISO', true), set_config('bytea_output', 'hex', true),
                  set_config('work_mem', '64MB', true), set_config('jit', 'off', true)`,
  });
}

const pageRows = 5_000;

/** Every row as the texts of its columns, by seq; a page of them is in memory. Within the snapshot's transaction. */
export async function* readRows(
  sql: Sql,
  table: ArchivedTable,
  month: string,
): AsyncGenerator<(string | null)[], void> {
  const columns = columnsOf[table].map((name) => `${name}::text`).join(', ');
  await sql.run({
    text: `declare archived no scroll cursor for
           select array[${columns}] as cells from ${table} where ${isOf(table)} order by seq, ${secondKey[table]}`,
    values: [`${month}-01`],
  });
  for (let full = true; full;) {
    const rows = await sql.rows<{ cells: (string | null)[] }>({ text: `fetch ${pageRows} from archived` });
    for (const { cells } of rows) yield cells;
    full = rows.length === pageRows;
  }
  await sql.run({ text: 'close archived' });
}

/** A table as SQL counts it. */
export interface Counted {
  readonly rows: bigint;
  readonly firstSeq: bigint | null;
  readonly lastSeq: bigint | null;
}

export async function count(sql: Sql, table: ArchivedTable, month: string): Promise<Counted> {
  return sql.one<{ rows: bigint; firstSeq: bigint | null; lastSeq: bigint | null }>({
    name: `ledger.archive.count_${table}`,
    text: `select count(*) as rows, min(seq) as "firstSeq", max(seq) as "lastSeq" from ${table} where ${isOf(table)}`,
    values: [`${month}-01`],
  });
}

/** What the archived transfers booked, by currency: the debits, which are also the credits. */
export async function readBooked(sql: Sql, month: string): Promise<{ currency: Currency; bookedMinor: bigint }[]> {
  const rows = await sql.rows<{ currency: number; booked: string }>({
    name: 'ledger.archive.booked',
    text: `select a.currency, sum(b.amount)::text as booked
           from (
             select legs[i * 8 - 7] as account_id, sum(legs[i * 8 - 5]) as amount
             from ledger_transfer, generate_series(1, cardinality(legs) / 8) i
             where ${isOf('ledger_transfer')} and result = 0 and kind in (1, 3)
             group by 1
           ) b join ledger_account a using (account_id)
           group by a.currency order by a.currency`,
    values: [`${month}-01`],
  });
  return rows.map(({ currency, booked }) => ({ currency: currencyOfNumber(currency), bookedMinor: BigInt(booked) }));
}

export interface Head {
  readonly chain: number;
  readonly number: string;
  readonly seq: string;
  readonly hash: string;
}

/** Where the chains stood before the first archived link and after the last one. */
export async function readHeads(sql: Sql, month: string): Promise<{ before: Head[]; after: Head[] }> {
  const read = (at: string) =>
    sql.rows<Head & Record<string, unknown>>({
      name: 'ledger.archive.heads',
      text: `select c.chain, coalesce(h.number, 0)::text as number, coalesce(h.seq, 0)::text as seq,
                    encode(coalesce(h.hash, sha256(convert_to('starhash chain ' || c.chain, 'UTF8'))), 'hex') as hash
             from audit_chain c left join ledger_period_head h on h.chain = c.chain and h.month = $1::date
             order by c.chain`,
      values: [at],
    });
  const { before } = await sql.one<{ before: string }>({
    name: 'ledger.archive.month_before',
    text: `select to_char($1::date - interval '1 month', 'YYYY-MM-DD') as before`,
    values: [`${month}-01`],
  });
  const [heads, after] = [await read(before), await read(`${month}-01`)];
  assert(heads.length === 16 && after.length === 16, 'there are sixteen chains');
  return { before: heads, after };
}

export async function readCell(sql: Sql): Promise<number> {
  const { cell } = await sql.one<{ cell: number }>({
    name: 'ledger.archive.cell',
    text: 'select cell from ledger_setting',
  });
  return cell;
}
