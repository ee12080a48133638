import { CsvError, parse } from 'csv-parse/sync';
import { err, ok, type Result } from './result';

/** One line of a file of rows: what stands in its columns, and which line it is; the names of the columns are on line 1. */
export interface TableRow<C extends string> {
  readonly line: number;
  readonly fields: Readonly<Partial<Record<C, string>>>;
}

/** Why a file is none: one line that names the line and the column. */
class Malformed extends Error {}

interface Read {
  readonly record: Readonly<Record<string, string>>;
  readonly info: { readonly lines: number };
}

/**
 * Reads CSV as in RFC 4180, UTF-8, its first line the names of the columns in any order, the optional ones perhaps absent.
 * Errors: `table_malformed`, detail `problem`: the line, the column, and what is wrong.
 */
export function readTable<C extends string>(
  text: string,
  columns: { readonly needed: readonly C[]; readonly optional: readonly C[] },
): Result<TableRow<C>[], 'table_malformed'> {
  try {
    if (text.trim() === '') throw new Malformed('line 1: the names of the columns are missing');
    const header = (names: readonly string[]) => columnsOf(names, columns);
    const rows = parse<Read>(text, { bom: true, columns: header, info: true, trim: true, skip_empty_lines: true });
    return ok(rows.map(({ record, info: { lines } }) => ({ line: lines, fields: record as TableRow<C>['fields'] })));
  } catch (error) {
    if (error instanceof Malformed) return err('table_malformed', { problem: error.message });
    if (!(error instanceof CsvError)) throw error;
    const what = error.code === tooMany ? 'has more or fewer fields than there are columns' : 'is no CSV';
    return err('table_malformed', { problem: `line ${Number(error['lines'])}: ${what}` });
  }
}

const tooMany = 'CSV_RECORD_INCONSISTENT_COLUMNS';

function columnsOf(
  names: readonly string[],
  { needed, optional }: { readonly needed: readonly string[]; readonly optional: readonly string[] },
): string[] {
  const strange = names.find((name) => ![...needed, ...optional].includes(name));
  if (strange !== undefined) throw new Malformed(`line 1, column ${JSON.stringify(strange)}: is not known here`);
  const missing = needed.find((name) => !names.includes(name));
  if (missing !== undefined) throw new Malformed(`line 1, column ${missing}: is missing`);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Malformed(`line 1, column ${twice}: is there twice`);
  return [...names];
}
