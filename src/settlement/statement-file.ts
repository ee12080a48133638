import {
  err,
  isCurrency,
  minorFromDecimal,
  ok,
  readTable,
  type Currency,
  type Result,
  type TableRow,
} from '../platform';
import type { StatementLine } from '../switch';

/**
 * A statement as a hub hands it out where no adapter can ask for one: CSV as in RFC 4180, UTF-8, its first line the names of the
 * columns in any order.
 *
 *     transfer_id,payer,payee,amount,currency,state,created_at,decided_at,payer_fee,payee_fee
 *     b51ec534-ee48-4575-b6a9-ead2955b8069,one,two,1000.00,KES,committed,2026-01-15T09:00:00Z,2026-01-15T09:00:01Z,2.00,
 *
 * `transfer_id` a UUID; `payer` and `payee` providers as the scheme names them, one of them this one; amounts as decimals; `state`
 * `committed`, `aborted` or `pending`; times as ISO 8601 with a zone. The last four columns may be absent or empty: the fees are what the
 * scheme took from the payer's provider and from the payee's.
 */
const needed = ['transfer_id', 'payer', 'payee', 'amount', 'currency', 'state'] as const;
const optional = ['created_at', 'decided_at', 'payer_fee', 'payee_fee'] as const;
type Column = (typeof needed)[number] | (typeof optional)[number];
type Row = TableRow<Column>['fields'];

/** Why a file is none: one line that names the line and the field. */
class Malformed extends Error {}

/** Reads a statement. Errors: `statement_malformed`, detail `problem`: the line, the field, and what is wrong with it. */
export function parseStatement(text: string, self: string): Result<StatementLine[], 'statement_malformed'> {
  try {
    return ok(linesOf(rowsOf(text), self));
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return err('statement_malformed', { problem: error.message });
  }
}

function rowsOf(text: string): TableRow<Column>[] {
  const rows = readTable<Column>(text, { needed, optional });
  if (!rows.ok) throw new Malformed(String(rows.detail?.['problem']));
  return rows.value;
}

function linesOf(rows: readonly TableRow<Column>[], self: string): StatementLine[] {
  const seenAt = new Map<string, number>();
  return rows.map(({ line: lines, fields }) => {
    const line = lineOf(fieldsOf(fields, lines), self);
    const before = seenAt.get(line.transferId);
    if (before !== undefined) throw new Malformed(`line ${lines}, field transfer_id: is on line ${before} already`);
    seenAt.set(line.transferId, lines);
    return line;
  });
}

interface Fields {
  /** What stands there where it is of the form; anything else is refused with `must`. */
  readonly take: <T>(column: Column, read: (text: string) => T | undefined, must: string) => T;
  /** The same; undefined where nothing stands. */
  readonly maybe: <T>(column: Column, read: (text: string) => T | undefined, must: string) => T | undefined;
  readonly fail: (column: Column, must: string) => never;
}

function fieldsOf(record: Row, lineNumber: number): Fields {
  const fail = (column: Column, must: string): never => {
    throw new Malformed(`line ${lineNumber}, field ${column}: ${must}`);
  };
  const take: Fields['take'] = (column, read, must) => read(record[column] ?? '') ?? fail(column, must);
  const maybe: Fields['maybe'] = (column, read, must) =>
    (record[column] ?? '') === '' ? undefined : take(column, read, must);
  return { take, maybe, fail };
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const instant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;
const states: ReadonlySet<string> = new Set<StatementLine['state']>(['committed', 'aborted', 'pending']);

function lineOf({ take, maybe, fail }: Fields, self: string): StatementLine {
  const matching = (pattern: RegExp) => (text: string) => (pattern.test(text) ? text : undefined);
  const transferId = take('transfer_id', (text) => matching(uuid)(text.toLowerCase()), 'must be a UUID');
  const provider = 'must be the name of a provider';
  const payerDfspId = take('payer', matching(/^[^\p{C}]{1,32}$/u), provider);
  const payeeDfspId = take('payee', matching(/^[^\p{C}]{1,32}$/u), provider);
  if (payerDfspId !== self && payeeDfspId !== self) fail('payee', `must be ${self} where payer is not`);
  if (payerDfspId === payeeDfspId) fail('payee', 'must not be the payer');
  const currency = take('currency', (text) => (isCurrency(text) ? text : undefined), 'must be a currency such as KES');
  const money = (text: string) => moneyOf(text, currency);
  const amount = take('amount', money, `must be an amount in ${currency} such as 1000.00`);
  const fee = `must be an amount in ${currency} or empty`;
  const state = take('state', (text) => (states.has(text) ? (text as StatementLine['state']) : undefined), mustBeState);
  const times = {
    createdAt: maybe('created_at', timeOf, mustBeTime),
    decidedAt: maybe('decided_at', timeOf, mustBeTime),
  };
  const fees = { payerFee: maybe('payer_fee', money, fee), payeeFee: maybe('payee_fee', money, fee) };
  return { transferId, payerDfspId, payeeDfspId, amount, state, ...given(times), ...given(fees) };
}

const mustBeState = 'must be committed, aborted or pending';
const mustBeTime = 'must be a time such as 2026-01-15T09:00:00Z';

function moneyOf(text: string, currency: Currency): StatementLine['amount'] | undefined {
  if (text.length > 16) return undefined;
  try {
    return { amountMinor: minorFromDecimal(text, currency), currency };
  } catch {
    return undefined;
  }
}

function timeOf(text: string): Date | undefined {
  const at = new Date(text);
  return instant.test(text) && !Number.isNaN(at.getTime()) ? at : undefined;
}

/** Without what is not there. */
function given<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}
