import { parseArgs } from 'node:util';
import type { Timing } from './load';

/** What is run, as the command line asks for it. */
export interface Plan {
  readonly quick: boolean;
  readonly json: boolean;
  readonly rounds: number;
  readonly timing: Timing;
  /** One round that is thrown away. */
  readonly warmUp: Timing;
  readonly accounts: number;
  readonly historyPerAccount: number;
  readonly tpcbScale: number;
  readonly lanes: number;
  readonly prefillBytes: number;
  /** When the last round should be over, in milliseconds since the start. */
  readonly budgetMs: number;
  /** Arrivals a second of the open loop, and for how long. */
  readonly rates: readonly number[];
  readonly openSeconds: number;
  wants(name: string): boolean;
  say(line: string): void;
}

const names = [
  'fee',
  'fee-3',
  'pairs',
  'single',
  'refused',
  'books-50m',
  'audit-off',
  'bytes',
  'limits',
  'fee+attached',
  'fee-3+attached',
  'pairs+attached',
  'single+attached',
  'refused+attached',
  'limits+attached',
  'naive',
  'naive-16',
  'naive-64',
  'one-call',
  'open',
  'tpcb',
];
/** What a row is computed from beside its own rounds. */
const needs: Readonly<Record<string, readonly string[]>> = {
  refused: ['fee'],
  'refused+attached': ['fee+attached'],
  'audit-off': ['fee'],
  bytes: ['fee'],
  naive: ['naive-16', 'naive-64'],
};
const withoutTpcb = ['single', 'single+attached', 'books-50m', 'audit-off', 'bytes', 'open'];
/** What a quick run leaves out unless it is asked for. */
const slow = ['open', 'fee-3+attached', 'single+attached', 'refused+attached', 'limits+attached'];
const quickBudgetMs = 40_000;
const postingsPerTransfer = 2;

/** Throws one line about an argument that cannot be. */
export function planOf(args: readonly string[]): Plan {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      rows: { type: 'string' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      accounts: { type: 'string' },
      books: { type: 'string' },
      lanes: { type: 'string' },
      rates: { type: 'string' },
      'open-seconds': { type: 'string' },
    },
  });
  const { quick, json } = values;
  const number = (name: Exclude<keyof typeof values, 'quick' | 'json'>, full: number, short = full): number => {
    const text = values[name] ?? String(quick ? short : full);
    if (!/^\d+(\.\d+)?$/.test(text) || Number(text) <= 0) throw new Error(`--${name} is not a number: ${text}`);
    return Number(text);
  };
  const accounts = number('accounts', 1_000_000, 100_000);
  const measureMs = number('seconds', 4, 1) * 1_000;
  const wanted = wantedRows(values.rows, quick);
  return {
    quick,
    json,
    rounds: number('rounds', 5, 1),
    timing: { warmUpMs: quick ? 200 : 700, measureMs },
    warmUp: { warmUpMs: 0, measureMs: quick ? 100 : 1_500 },
    accounts,
    historyPerAccount: Math.max(1, Math.round(number('books', 50e6, 1e6) / postingsPerTransfer / accounts)),
    tpcbScale: quick ? 10 : 50,
    lanes: number('lanes', 2),
    prefillBytes: quick ? 0 : 2 ** 32, // a quick run's own loading is enough
    budgetMs: quick && values.rows === undefined ? quickBudgetMs : Infinity,
    rates: (values.rates ?? '200,1000,5000').split(',').map(Number),
    openSeconds: number('open-seconds', 30, 3),
    wants: (name) => wanted.has(name),
    say: (line) => {
      if (!json) console.error(`${(performance.now() / 1_000).toFixed(1)} s: ${line}`);
    },
  };
}

function wantedRows(text: string | undefined, quick: boolean): ReadonlySet<string> {
  const rows = text?.split(',') ?? names.filter((name) => !quick || !slow.includes(name));
  for (const row of rows) {
    if (!names.includes(row)) throw new Error(`--rows knows ${names.join(', ')}; it does not know ${row}`);
  }
  const wanted = new Set(rows.flatMap((row) => [row, ...(needs[row] ?? [])]));
  if ([...wanted].some((row) => !withoutTpcb.includes(row))) wanted.add('tpcb');
  return wanted;
}
