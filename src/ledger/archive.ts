import { mkdir, open, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { assert, err, ok, sqlState, type Db, type Result, type Session, type Sql } from '../platform';
import { writeRows } from './archive-files';
import { manifestIn, readManifest, type Manifest, type ManifestFile } from './archive-manifest';
import { verifyArchive, type ArchiveReport } from './archive-proof';
import * as store from './archive-store';
import { detachPeriod, readPeriods } from './periods-store';
import { isMonth } from './periods';
import type { Actor, Period, PeriodError } from './port';
import { verifyMonth } from './verify';

export interface ArchiveOptions {
  readonly month: string;
  /** The archive is the folder `<to>/<month>`. */
  readonly to: string;
  readonly now: Date;
  /** Name and version, for the manifest. */
  readonly software: string;
  readonly onProgress?: (step: string) => void;
}

export type ArchiveError = PeriodError | 'archive_deviates' | 'books_deviate' | 'period_archived' | 'month_kept';

type Refused = Extract<Result<never, ArchiveError>, { ok: false }>;

/**
 * Writes a closed month to a folder of its own, reads it back and proves it; the folder gets its name when that is done.
 * One that is there already is proved again, so that an export that was cut is simply asked for once more. Changes
 * nothing in the database.
 * Errors: `month_malformed`, `period_open`, `period_archived` (its rows are gone), `books_deviate` (detail: the first
 * deviation of the month), `archive_deviates` (detail `fault`).
 */
export async function exportMonth(
  db: Db,
  options: ArchiveOptions,
): Promise<Result<ArchiveReport & { folder: string }, ArchiveError>> {
  const { month, to, onProgress = () => undefined } = options;
  if (!isMonth(month)) return err('month_malformed');
  const folder = path.join(to, month);
  if (!(await isThere(manifestIn(folder)))) {
    const session = await db.session();
    try {
      await store.beginSnapshot(session);
      const refused = await refusal(session, options);
      if (refused) return refused;
      await writeMonth(session, { ...options, onProgress });
    } finally {
      await session.run({ text: 'rollback' }).catch(() => undefined);
      session.end();
    }
  }
  onProgress(`reading ${folder} back`);
  const report = await verifyArchive(folder);
  if (report.clean) return ok({ ...report, folder });
  return err('archive_deviates', { fault: report.fault ?? '' });
}

async function isThere(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

async function refusal(
  session: Session,
  { month, onProgress = () => undefined }: ArchiveOptions,
): Promise<Refused | undefined> {
  const [period] = await readPeriods(session, month);
  if (!period) return err('period_open');
  if (period.archived) return err('period_archived');
  onProgress(`proving the rows of ${month}`);
  return deviationOf(session, month);
}

async function deviationOf(sql: Sql, month: string): Promise<Refused | undefined> {
  const [deviation] = await verifyMonth(sql, month);
  return deviation && err('books_deviate', { ...deviation });
}

async function writeMonth(
  session: Session,
  { month, to, now, software, onProgress = () => undefined }: ArchiveOptions,
): Promise<void> {
  const begun = path.join(to, `${month}.begun`);
  await rm(begun, { recursive: true, force: true }); // of an export that was cut
  await mkdir(begun, { recursive: true });
  const [period] = await readPeriods(session, month);
  assert(period, 'it was there a moment ago, in this snapshot');
  const files: ManifestFile[] = [];
  for (const table of store.archivedTables) {
    onProgress(`writing ${table}`);
    files.push(await writeTable(session, { table, month, folder: begun }));
  }
  const booked = await store.readBooked(session, month);
  const manifest: Manifest = {
    format: 1,
    software,
    cell: await store.readCell(session),
    month,
    exportedAt: now.toISOString(),
    files,
    booked: booked.map(({ currency, bookedMinor }) => ({ currency, bookedMinor: String(bookedMinor) })),
    period: periodOf(period),
    chains: await store.readHeads(session, month),
  };
  await writeFile(manifestIn(begun), `${JSON.stringify(manifest, null, 2)}\n`, { flag: 'wx', flush: true });
  await rename(begun, path.join(to, month));
  await syncFolder(to);
}

function periodOf({ transfers, links, events, root, trialBalance }: Period): Manifest['period'] {
  return {
    transfers: String(transfers),
    links: String(links),
    events: String(events),
    root,
    trialBalance: trialBalance.map(({ currency, debitsMinor, creditsMinor }) => ({
      currency,
      debitsMinor: String(debitsMinor),
      creditsMinor: String(creditsMinor),
    })),
  };
}

async function writeTable(
  session: Session,
  { table, month, folder }: { table: store.ArchivedTable; month: string; folder: string },
): Promise<ManifestFile> {
  const counted = await store.count(session, table, month);
  const file = `${table}.tsv.gz`;
  const written = await writeRows(path.join(folder, file), store.readRows(session, table, month));
  assert(written.rows === counted.rows, `${table} has ${counted.rows} rows, and ${written.rows} were written`);
  return {
    ...{ table, file, columns: store.columnsOf[table], bytes: written.bytes, sha256: written.sha256 },
    rows: String(counted.rows),
    firstSeq: counted.firstSeq?.toString() ?? null,
    lastSeq: counted.lastSeq?.toString() ?? null,
  };
}

/** So that the new name is on the disk too. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder);
  await handle.sync().finally(() => handle.close());
}

export interface DetachOptions extends ArchiveOptions {
  readonly actor: Actor;
  /** How many whole months before the current one stay in the database; at least 2. */
  readonly keepMonths: number;
}

const attemptsMax = 60;
const pauseMs = 1_000;

/**
 * Exports the month, or proves the archive that is there, and takes its partitions out of the books. The tables stay in
 * the database, apart and unchanged, until the operator drops them. While it waits for those who read, nobody posts: it
 * waits two seconds at a time, and tries for some minutes. Must be called by who owns the tables.
 * Errors: those of `exportMonth` but `period_archived` (then it was done before); `month_kept`, `period_open` (the month
 * after it is not closed), `period_out_of_order` (an older one comes first).
 */
export async function archiveMonth(
  db: Db,
  options: DetachOptions,
): Promise<Result<ArchiveReport & { folder: string }, ArchiveError>> {
  const { month, now, actor, keepMonths } = options;
  if (!isMonth(month)) return err('month_malformed');
  if (monthsBetween(month, now) <= Math.max(2, keepMonths)) return err('month_kept');
  const exported = await exportMonth(db, options);
  if (!exported.ok) return exported;
  // The first day of the month after it is walked for the last time: some of its rows go too.
  const refusedNext = await deviationOf(db, monthAfter(month));
  if (refusedNext) return refusedNext;
  const { manifest, sum } = await readManifest(exported.value.folder);
  for (let tried = 1; ; tried += 1) {
    try {
      const refused = await db.tx(async (tx) => {
        const [period] = await readPeriods(tx, month);
        assert(
          period?.archived === true || period?.root === manifest.period.root,
          'the archive is of this month of these books',
        );
        return detachPeriod(tx, month, { actor, now, manifest: sum });
      });
      return refused === null ? exported : err(refused);
    } catch (error) {
      const busy = sqlState(error) === '55P03' && tried < attemptsMax;
      if (!busy) throw error;
      options.onProgress?.('somebody reads the books; waiting');
      await sleep(pauseMs);
    }
  }
}

/** `2026-01` and a moment in March: 2. */
function monthsBetween(month: string, now: Date): number {
  const [year = 0, number = 0] = month.split('-').map(Number);
  return now.getUTCFullYear() * 12 + now.getUTCMonth() - (year * 12 + number - 1);
}

/** `2026-01` → `2026-02`. */
function monthAfter(month: string): string {
  const [year = 0, number = 0] = month.split('-').map(Number);
  return new Date(Date.UTC(year, number, 1)).toISOString().slice(0, 7);
}
