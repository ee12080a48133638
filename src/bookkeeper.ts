import { mkdir, readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { appRole } from './app';
import { readRunFile, StartError } from './embedded';
import {
  archiveMonth,
  createLedger,
  exportMonth,
  verifyArchive,
  type Actor,
  type ArchiveError,
  type ArchiveReport,
  type Ledger,
  type PeriodError,
  type VerifyReport,
} from './ledger';
import { ConfigError, createDb, createLog, formatMoney, loadConfig, systemClock, type Db } from './platform';

/**
 * `npm run ledger:verify`, `ledger:close` and `ledger:archive`: on the books in the database of DATABASE_URL, or in that
 * of the starhash that runs on DATA_DIR. Exit status: 0 clean, or done; 1 a deviation, or refused; 2 could not run.
 */
const usage = `usage: npm run ledger:verify -- [--json]
       npm run ledger:close -- --month 2026-01
       npm run ledger:archive -- --month 2026-01 --to <folder> [--detach [--keep <months, default 13>]]
       npm run ledger:archive -- --verify <folder of an archive>`;

class UsageError extends Error {}

const sentences: Readonly<Record<ArchiveError | PeriodError, string>> = {
  month_malformed: 'a month is written 2026-01',
  period_too_early: 'the month is over since less than 25 hours: some of its transfers may still come',
  period_out_of_order: 'months go in order: an older one comes first',
  period_has_holds: 'something reserved in that month is still pending: it is posted, voided or expires first',
  period_open: 'the month is not closed, or the one after it is not',
  period_archived: 'the rows of that month were taken out of the database before',
  books_deviate: 'the books deviate',
  archive_deviates: 'the archive deviates',
  month_kept: 'the month is too young to be taken out',
};

async function main([command, ...args]: readonly string[]): Promise<number> {
  if (command === 'verify') return verifyCommand(args);
  if (command === 'close') return closeCommand(args);
  if (command === 'archive') return archiveCommand(args);
  throw new UsageError(usage);
}

/** `role`: without it, as whoever owns the tables. */
async function withBooks<T>(role: string | undefined, work: (db: Db, ledger: Ledger) => Promise<T>): Promise<T> {
  const config = loadConfig(process.env);
  const url = config.databaseUrl ?? (await readRunFile(config.dataDir))?.databaseUrl;
  if (url === undefined)
    throw new StartError(`no starhash is running on ${config.dataDir}: start it, or set DATA_DIR or DATABASE_URL`);
  const db = createDb({ url, connectionsMax: 2, ...(role !== undefined && { role }), onError: () => undefined });
  try {
    return await work(db, createLedger({ db, clock: systemClock, log: createLog('error') }));
  } finally {
    await db.close();
  }
}

async function verifyCommand(args: readonly string[]): Promise<number> {
  const { json } = parsed(args, { json: { type: 'boolean' } });
  const report = await withBooks(appRole, (db, ledger) => ledger.verify(db, { onProgress: tell }));
  process.stdout.write(`${json === true ? JSON.stringify(report, decimals) : textOf(report)}\n`);
  return report.clean ? 0 : 1;
}

function textOf({ clean, trialBalance, accounts, transfers, deviation }: VerifyReport): string {
  return [
    ...trialBalance.map(
      ({ currency, debitsMinor, creditsMinor }) =>
        `debits ${formatMoney(debitsMinor, currency)}, credits ${formatMoney(creditsMinor, currency)}`,
    ),
    `${accounts} accounts, ${transfers} transfers: ${clean ? 'clean' : 'NOT clean'}`,
    ...(deviation ? [`${deviation.check}: ${deviation.subject}`, `  expected ${deviation.expected}`] : []),
    ...(deviation ? [`  found    ${deviation.found}`] : []),
  ].join('\n');
}

async function closeCommand(args: readonly string[]): Promise<number> {
  const { month = '' } = parsed(args, { month: { type: 'string' } });
  const closed = await withBooks(appRole, (db, ledger) => db.tx((tx) => ledger.closePeriod(tx, month, operator())));
  if (!closed.ok) return refuse(closed.error);
  const { transfers, links, root } = closed.value;
  process.stdout.write(`${month} is closed: ${transfers} transfers, ${links} links of the log, root ${root}\n`);
  return 0;
}

async function archiveCommand(args: readonly string[]): Promise<number> {
  const { month, to, detach, keep, verify } = parsed(args, {
    month: { type: 'string' },
    to: { type: 'string' },
    detach: { type: 'boolean' },
    keep: { type: 'string', default: '13' },
    verify: { type: 'string' },
  });
  if (verify !== undefined) {
    const report = await verifyArchive(verify);
    process.stdout.write(`${textOfArchive(report)}\n`);
    return report.clean ? 0 : 1;
  }
  if (month === undefined || to === undefined || !/^\d{1,4}$/.test(keep)) throw new UsageError(usage);
  await mkdir(to, { recursive: true });
  const options = { month, to, now: systemClock.now(), software: await software(), onProgress: tell };
  const done = await withBooks(undefined, async (db, ledger) => {
    if (detach !== true) return exportMonth(db, options);
    const archived = await archiveMonth(db, { ...options, actor: operator(), keepMonths: Number(keep) });
    if (archived.ok) tell(`all rows are in the database from seq ${await ledger.booksBegin(db)} on`);
    return archived;
  });
  if (!done.ok) return refuse(done.error, done.detail);
  process.stdout.write(`${textOfArchive(done.value)}\n${done.value.folder}${detach === true ? ': detached' : ''}\n`);
  return 0;
}

function textOfArchive({ month, clean, fault, manifest, ...counts }: ArchiveReport): string {
  const { transfers, links, events, linksGiven } = counts;
  const read = `${transfers} transfers, ${links} links (${linksGiven} at the edges as given), ${events} events`;
  return `${month}: ${clean ? `clean; ${read}` : `NOT clean: ${fault ?? ''}`}\nmanifest ${manifest}`;
}

function refuse(error: ArchiveError | PeriodError, detail: Readonly<Record<string, string | number>> = {}): number {
  process.stderr.write(`${[sentences[error], ...Object.values(detail)].join('; ')}\n`);
  return 1;
}

function operator(): Actor {
  return { kind: 'staff', id: userInfo().username };
}

async function software(): Promise<string> {
  const file = JSON.parse(await readFile(path.join(__dirname, '..', 'package.json'), 'utf8')) as Record<string, string>;
  return `${file['name'] ?? ''} ${file['version'] ?? ''}`;
}

function tell(step: string): void {
  process.stderr.write(`${systemClock.now().toISOString().slice(11, 19)} ${step}\n`);
}

function decimals(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}

function parsed<O extends NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>['options']>>(
  args: readonly string[],
  options: O,
) {
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : ''}\n${usage}`);
  }
}

main(process.argv.slice(2)).then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    const clear = error instanceof StartError || error instanceof ConfigError || error instanceof UsageError;
    const text = error instanceof Error ? (clear ? error.message : (error.stack ?? error.message)) : String(error);
    process.stderr.write(`${clear ? '' : 'starhash: could not run: '}${text}\n`);
    process.exitCode = 2;
  },
);
