import { assert, isCurrency, type Db, type Sql } from '../platform';
import type { Deviation, TrialBalance, VerifyCheck, VerifyReport } from './port';
import { provePeriod } from './verify-periods';
import { booksQuery, holdsQuery, passesQuery, rowsQuery } from './verify-queries';
import { accountsQuery, boundsQuery, limitsQuery, termsQuery } from './verify-terms';

export interface VerifyOptions {
  readonly onProgress?: (step: string) => void;
}

/** In the order in which deviations are named. */
const checks: readonly VerifyCheck[] = [
  'trial_balance',
  'transfers',
  'account_counters',
  'running_balance',
  'holds',
  'limit_counters',
  'account_terms',
  'account_bounds',
  'periods',
];

/**
 * Reads all the books. Given the pool, over one snapshot of a connection of its own; given a transaction or a session,
 * with that: who writes beside it is only kept apart when it is REPEATABLE READ.
 */
export async function verify(sql: Sql, { onProgress = () => undefined }: VerifyOptions = {}): Promise<VerifyReport> {
  return isDb(sql) ? withSnapshot(sql, (snapshot) => prove(snapshot, onProgress)) : prove(sql, onProgress);
}

function isDb(sql: Sql): sql is Db {
  return 'session' in sql;
}

/** Nothing is written and nobody waits for it, so it may take its time and its memory. */
async function withSnapshot<T>(db: Db, work: (sql: Sql) => Promise<T>): Promise<T> {
  const session = await db.session();
  try {
    await session.run({ text: 'begin transaction isolation level repeatable read, read only' });
    await session.run({
      name: 'ledger.verify.settings',
      // No function that somebody put in the way of PostgreSQL's own is found.
      text: `select set_config('search_path', 'pg_catalog, ' || quote_ident(current_schema()), true),
                    set_config('statement_timeout', '0', true), set_config('work_mem', '64MB', true),
                    set_config('jit', 'off', true)`,
    });
    const result = await work(session);
    await session.run({ text: 'commit' });
    session.end();
    return result;
  } catch (error) {
    session.end(error as Error); // and with the connection the transaction
    throw error;
  }
}

/** From where to where a pass reads: what `opening` carried forward and the rows since, to what `closing` states. */
interface Pass {
  readonly opening: string | null;
  /** A closed month; null: today, as the accounts state it. */
  readonly closing: string | null;
  readonly fromSeq: bigint;
  readonly endSeq: bigint;
}

interface Plan {
  readonly passes: readonly Pass[];
  readonly archivedMonth: string | null;
  /** The first seq after the archived months: ids made before it are gone. */
  readonly archivedSeq: bigint;
  /** Where the books begin: rows before it may be gone. */
  readonly beginSeq: bigint;
}

const lastSeq = 9_223_372_036_854_775_807n;

async function prove(sql: Sql, onProgress: (step: string) => void): Promise<VerifyReport> {
  const plan = await readPlan(sql);
  const found: Deviation[] = [];
  const sums = { transfers: 0n, trialBalance: [] as readonly TrialBalance[] };
  for (const [index, pass] of plan.passes.entries()) {
    if (found.length > 0) break; // what comes later builds on it
    const tell = (step: string) => onProgress(`${index + 1} of ${plan.passes.length}: ${nameOf(pass)}${step}`);
    const { deviations, transfers, trialBalance } = await provePass(sql, pass, tell);
    sums.transfers += transfers;
    sums.trialBalance = trialBalance;
    found.push(...deviations);
    if (pass.closing === null) found.push(...(await proveRest(sql, plan, onProgress)));
  }
  if (plan.beginSeq > 0n) {
    onProgress('what is left of archived months');
    const left = await readRows(sql, { fromSeq: 0n, endSeq: plan.beginSeq });
    sums.transfers += left.transfers;
    found.push(...left.deviations);
  }
  const { accounts } = await sql.one<{ accounts: bigint }>({ name: 'ledger.verify.accounts', text: accountsQuery });
  const [first] = checks.flatMap((check) => found.filter((deviation) => deviation.check === check));
  return { clean: !first, ...sums, accounts, ...(first && { deviation: first }) };
}

/** The deviations of the rows of one closed month, whose rows are all in the database. */
export async function verifyMonth(sql: Sql, month: string): Promise<readonly Deviation[]> {
  const { passes } = await readPlan(sql);
  const pass = passes.find(({ closing }) => closing === `${month}-01`);
  return pass ? (await provePass(sql, pass, () => undefined)).deviations : [];
}

function nameOf({ closing }: Pass): string {
  return closing === null ? 'the rows since the last closed month' : closing.slice(0, 7);
}

interface Proved {
  readonly transfers: bigint;
  readonly trialBalance: readonly TrialBalance[];
  readonly deviations: readonly Deviation[];
}

async function provePass(sql: Sql, pass: Pass, onProgress: (step: string) => void): Promise<Proved> {
  onProgress('');
  const rows = await readRows(sql, pass);
  onProgress(`, account by account (${rows.transfers} transfers)`);
  const books = await readBooks(sql, pass);
  const closed = pass.closing === null ? [] : await provePeriod(sql, { ...pass, ...rows, month: pass.closing });
  const deviations = [...rows.deviations, ...books.deviations, ...closed];
  return { transfers: rows.transfers, trialBalance: books.trialBalance, deviations };
}

/** What is proved as it is now: reservations, limits, terms, bounds. */
async function proveRest(sql: Sql, plan: Plan, onProgress: (step: string) => void): Promise<Deviation[]> {
  onProgress('reservations');
  const holds = await readDeviations(sql, 'holds', { text: holdsQuery, values: [plan.archivedSeq, plan.beginSeq] });
  onProgress('limits');
  const limits = await readDeviations(sql, 'limits', { text: limitsQuery, values: [plan.beginSeq] });
  onProgress('terms and bounds');
  const terms = await readDeviations(sql, 'terms', {
    text: termsQuery,
    values: [plan.archivedMonth, plan.archivedSeq],
  });
  const bounds = await readDeviations(sql, 'bounds', { text: boundsQuery, values: [] });
  return [...holds, ...limits, ...terms, ...bounds];
}

interface PassRow {
  month: string;
  endSeq: bigint;
  carried: boolean | null;
  archivedMonth: string | null;
  archivedSeq: bigint | null;
}

async function readPlan(sql: Sql): Promise<Plan> {
  const rows = await sql.rows<PassRow & Record<string, unknown>>({ name: 'ledger.verify.passes', text: passesQuery });
  const passes: Pass[] = [];
  let [opening, fromSeq]: [string | null, bigint] = [null, 0n];
  for (const { month, endSeq, carried } of rows) {
    if (carried !== true) passes.push({ opening, closing: `${month}-01`, fromSeq, endSeq });
    [opening, fromSeq] = [`${month}-01`, endSeq];
  }
  const [first] = rows;
  const archivedSeq = first?.archivedSeq ?? 0n;
  const beginSeq = first?.carried === true ? first.endSeq : 0n;
  assert(archivedSeq === 0n || beginSeq > 0n, 'the month after an archived one is closed');
  passes.push({ opening, closing: null, fromSeq, endSeq: lastSeq });
  return { passes, archivedMonth: first?.archivedMonth ?? null, archivedSeq, beginSeq };
}

interface RowsRow {
  transfers: bigint;
  firstSeq: bigint | null;
  lastSeq: bigint | null;
  deviation: [string, string, string, string] | null;
}

async function readRows(
  sql: Sql,
  { fromSeq, endSeq }: Pick<Pass, 'fromSeq' | 'endSeq'>,
): Promise<Omit<RowsRow, 'deviation'> & { deviations: Deviation[] }> {
  const { deviation, ...counted } = await sql.one<RowsRow & Record<string, unknown>>({
    name: 'ledger.verify.rows',
    text: rowsQuery,
    values: [fromSeq, endSeq],
  });
  if (!deviation) return { ...counted, deviations: [] };
  const [, expected, found, subject] = deviation;
  return { ...counted, deviations: [{ check: 'transfers', subject, expected, found }] };
}

type BooksRow = { [key in keyof Deviation]: Deviation[key] | null } & { debits: string | null; credits: string | null };

async function readBooks(
  sql: Sql,
  { fromSeq, endSeq, opening, closing }: Pass,
): Promise<{ trialBalance: TrialBalance[]; deviations: Deviation[] }> {
  const stated = closing === null ? 'account' : 'period';
  const rows = await sql.rows<BooksRow & Record<string, unknown>>({
    name: `ledger.verify.books.${stated}`,
    text: booksQuery(stated),
    values: [fromSeq, endSeq, opening, closing],
  });
  return {
    trialBalance: rows.flatMap(({ subject: currency, debits, credits }) =>
      debits !== null && credits !== null && currency !== null && isCurrency(currency)
        ? [{ currency, debitsMinor: BigInt(debits), creditsMinor: BigInt(credits) }]
        : [],
    ),
    deviations: rows.flatMap(({ check, subject, expected, found }) =>
      check ? [{ check, subject, expected, found }] : [],
    ) as Deviation[],
  };
}

async function readDeviations(
  sql: Sql,
  name: string,
  { text, values }: { text: string; values: readonly unknown[] },
): Promise<Deviation[]> {
  const rows = await sql.rows<Deviation & Record<string, unknown>>({ name: `ledger.verify.${name}`, text, values });
  return rows.map(({ check, subject, expected, found }) => ({ check, subject, expected, found }));
}
