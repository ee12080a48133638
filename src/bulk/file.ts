import { err, ok, parseAmount, readTable, type Currency, type Result, type TableRow } from '../platform';

/**
 * A bulk as a business hands it in: CSV as in RFC 4180, UTF-8, its first line the names of the columns in any order.
 *
 *     payee,amount,note,name
 *     0711000009,2500.00,wages of May,Venya Otieno
 *
 * `payee` a phone or user number, here or at another provider; `amount` a decimal. The last two columns may be absent or empty:
 * a note of 128 letters at most, and who should be behind the number.
 */
export interface FileRow {
  readonly line: number;
  readonly payee: string;
  readonly amountMinor: bigint;
  readonly note: string;
  readonly expectedName: string | null;
}

const needed = ['payee', 'amount'] as const;
const optional = ['note', 'name'] as const;
type Column = (typeof needed)[number] | (typeof optional)[number];

const rowsMax = 5_000;
const problemsShown = 10;

export interface FileTerms {
  readonly currency: Currency;
  readonly amountMaxMinor: bigint;
}

/** Reads a file. Errors: `bulk_malformed`, detail `problem`: every line and field that is wrong, ten at most. */
export function readRows(text: string, terms: FileTerms): Result<FileRow[], 'bulk_malformed'> {
  const table = readTable<Column>(text, { needed, optional });
  if (!table.ok) return err('bulk_malformed', table.detail);
  if (table.value.length === 0) return malformed(['line 2: there is no row']);
  if (table.value.length > rowsMax) return malformed([`there are more than ${rowsMax} rows`]);
  const problems: string[] = [];
  const rows = table.value.map((row) => readRow(row, terms, (problem) => void problems.push(problem)));
  return problems.length > 0 ? malformed(problems) : ok(rows);
}

function malformed(problems: readonly string[]): Result<never, 'bulk_malformed'> {
  const more = problems.length - problemsShown;
  const shown = problems.slice(0, problemsShown).join('; ');
  return err('bulk_malformed', { problem: more > 0 ? `${shown}; and ${more} more` : shown });
}

function readRow(
  { line, fields }: TableRow<Column>,
  { currency, amountMaxMinor }: FileTerms,
  report: (problem: string) => void,
): FileRow {
  const wrong = (column: Column, must: string) => report(`line ${line}, field ${column}: ${must}`);
  const text = (column: Column, max: number): string => {
    const value = fields[column] ?? '';
    if (!isText(value, max)) wrong(column, `must have at most ${max} letters`);
    return value;
  };
  const [payee, note, name] = [text('payee', 40), text('note', 128), text('name', 80)];
  if (payee === '') wrong('payee', 'must be a phone or user number');
  const amount = parseAmount(fields.amount ?? '', currency, amountMaxMinor);
  if (!amount.ok) wrong('amount', `must be an amount in ${currency} such as 2500.00`);
  const amountMinor = amount.ok ? amount.value : 0n;
  return { line, payee, amountMinor, note, expectedName: name === '' ? null : name };
}

function isText(text: string, max: number): boolean {
  return !/\p{C}/u.test(text) && Array.from(text).length <= max;
}
