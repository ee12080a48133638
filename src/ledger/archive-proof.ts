import { createHash, type Hash } from 'node:crypto';
import path from 'node:path';
import { assert } from '../platform';
import { bytesOf, eventDigest, linkHash, transferDigest, type Cells } from './archive-digest';
import { readFileRows, sumOf } from './archive-files';
import { readManifest, type Manifest, type ManifestFile } from './archive-manifest';
import type { ArchivedTable } from './archive-store';
import { createRoot } from './periods-root';

/** What an archive proves by itself, without a database. */
export interface ArchiveReport {
  readonly month: string;
  readonly clean: boolean;
  /** sha256 of the manifest, in hex: what the database wrote down when the rows were taken out. */
  readonly manifest: string;
  readonly transfers: bigint;
  readonly links: bigint;
  readonly events: bigint;
  /** Links at the edges of the month that cover rows of the archives beside this one: their hashes are taken as given. */
  readonly linksGiven: bigint;
  /** The first thing that does not fit; absent when the archive is clean. */
  readonly fault?: string;
}

class Fault extends Error {}

function must(condition: boolean, fault: string): asserts condition {
  if (!condition) throw new Fault(fault);
}

/**
 * Reads every row: the sums of the files, the digest of each transfer and event, the hash of each link from the one
 * before it, from the heads before the month to those after it, the root over the links, and how much was booked. A few
 * rows are in memory. Throws where there is no manifest.
 */
export async function verifyArchive(folder: string): Promise<ArchiveReport> {
  const { manifest, sum } = await readManifest(folder);
  const counts = { transfers: 0n, links: 0n, events: 0n, linksGiven: 0n };
  const report = { month: manifest.month, manifest: sum.toString('hex'), ...counts };
  try {
    for (const file of manifest.files) {
      const { bytes, sha256 } = await sumOf(path.join(folder, file.file));
      must(bytes === file.bytes && sha256 === file.sha256, `${file.file} is not the file of the manifest`);
    }
    return { ...report, ...(await proveRows(folder, manifest)), clean: true };
  } catch (error) {
    if (!(error instanceof Fault) && !isAboutFiles(error)) throw error;
    return { ...report, clean: false, fault: error.message };
  }
}

/** A file that is missing or that gzip cannot read is a fault of the archive. */
function isAboutFiles(error: unknown): error is { code: unknown; message: string } {
  return typeof error === 'object' && error !== null && 'code' in error && /^(ENOENT|Z_)/.test(String(error.code));
}

/** The rows of a table, with the next one in sight. */
interface Rows {
  next: Cells | undefined;
  seq: bigint;
  step(): Promise<void>;
  /** Throws where the file did not hold what the manifest says. */
  end(): void;
}

async function openRows(folder: string, manifest: Manifest, table: ArchivedTable): Promise<Rows> {
  const file = manifest.files.find((one) => one.table === table);
  assert(file, 'a manifest has a file a table');
  const source = readFileRows(path.join(folder, file.file));
  const seqAt = file.columns.indexOf('seq');
  let [count, firstSeq]: [bigint, bigint | undefined] = [0n, undefined];
  const rows: Rows = {
    next: undefined,
    seq: -1n,
    step: async () => {
      const { value, done } = await source.next();
      rows.next = done === true ? undefined : value;
      if (!rows.next) return;
      must(rows.next.length === file.columns.length, `${file.file} has a row of ${rows.next.length} columns`);
      const seq = BigInt(rows.next[seqAt] ?? '-1');
      must(seq >= rows.seq, `the rows of ${file.file} are not in order`);
      rows.seq = seq;
      firstSeq ??= seq;
      count += 1n;
    },
    end: () => must(saysSame(file, count, firstSeq, rows.seq), `${file.file} has ${count} rows up to ${rows.seq}`),
  };
  await rows.step();
  return rows;
}

function saysSame(file: ManifestFile, count: bigint, firstSeq: bigint | undefined, lastSeq: bigint): boolean {
  if (count === 0n) return file.rows === '0';
  return file.rows === String(count) && file.firstSeq === String(firstSeq) && file.lastSeq === String(lastSeq);
}

/** A chain of the log, with what was read since its last link. */
interface Chain {
  hash: Buffer;
  number: bigint;
  seq: bigint;
  transfers: number;
  events: number;
  transferDigests: Hash;
  eventDigests: Hash;
}

const noRows = () => ({
  transfers: 0,
  events: 0,
  transferDigests: createHash('sha256'),
  eventDigests: createHash('sha256'),
});

async function proveRows(
  folder: string,
  manifest: Manifest,
): Promise<Pick<ArchiveReport, 'transfers' | 'links' | 'events' | 'linksGiven'>> {
  const [transfers, links, events] = await Promise.all([
    openRows(folder, manifest, 'ledger_transfer'),
    openRows(folder, manifest, 'audit_link'),
    openRows(folder, manifest, 'audit_event'),
  ]);
  const chains = manifest.chains.before.map(({ hash, number, seq }): Chain => ({
    ...{ hash: Buffer.from(hash, 'hex'), number: BigInt(number), seq: BigInt(seq) },
    ...noRows(),
  }));
  const edge = edgeOf(manifest);
  const root = createRoot();
  const counts = { transfers: 0n, links: 0n, events: 0n, linksGiven: 0n };
  let booked = 0n;
  const takeTransfer = (row: Cells): void => {
    const { digest, amount } = proveTransfer(row);
    booked += amount;
    counts.transfers += 1n;
    const chain = chainOf(chains, row[1]);
    if (BigInt(row[1] ?? '0') <= chain.seq) return; // of the last hours of the month before, under a link of that
    chain.transfers += 1;
    chain.transferDigests.update(digest);
  };
  for (let link = links.next; link; link = links.next) {
    while (transfers.next && transfers.seq <= links.seq) {
      takeTransfer(transfers.next);
      await transfers.step();
    }
    while (events.next && events.seq <= links.seq) {
      const chain = chainOf(chains, events.next[0]);
      chain.events += 1;
      chain.eventDigests.update(proveEvent(events.next));
      counts.events += 1n;
      await events.step();
    }
    counts.links += 1n;
    counts.linksGiven += follow(chainOf(chains, link[0]), link, edge) ? 0n : 1n;
    root.add(bytesOf(link[4]));
    await links.step();
  }
  // Of the first hours of the next month, under links of that.
  while (transfers.next) {
    takeTransfer(transfers.next);
    await transfers.step();
  }
  for (const rows of [transfers, links, events]) rows.end();
  proveTotals(manifest, { chains, booked, root: root.value().toString('hex') });
  return counts;
}

/** Rows whose ids were made in the month before, or in the month after, are in the archives of those. */
interface Edge {
  readonly firstDaysEnd: bigint;
  readonly lastHoursBegin: bigint;
}

function edgeOf({ month }: Manifest): Edge {
  const begin = Date.parse(`${month}-01T00:00:00Z`);
  const end = new Date(begin);
  end.setUTCMonth(end.getUTCMonth() + 1);
  const hour = 3_600_000;
  const seqOf = (ms: number): bigint => (BigInt(ms) * 1000n) << 4n;
  return { firstDaysEnd: seqOf(begin + 37 * hour), lastHoursBegin: seqOf(end.getTime() - 3 * hour) };
}

function chainOf(chains: readonly Chain[], seq: string | null | undefined): Chain {
  const chain = chains[Number(BigInt(seq ?? '0') & 15n)];
  assert(chain, 'four bits name sixteen chains');
  return chain;
}

const booking = new Set(['1', '3']);

function proveTransfer(row: Cells): { digest: Buffer; amount: bigint } {
  const digest = transferDigest(row);
  must(digest.equals(bytesOf(row[8])), `transfer ${row[0] ?? ''} has another digest`);
  if (row[3] !== '0' || !booking.has(row[2] ?? '')) return { digest, amount: 0n };
  const numbers = row[7]?.slice(1, -1).split(',') ?? [];
  let amount = 0n;
  for (let at = 2; at < numbers.length; at += 8) amount += BigInt(numbers[at] ?? '0');
  return { digest, amount };
}

function proveEvent(row: Cells): Buffer {
  const digest = eventDigest(row);
  must(digest.equals(bytesOf(row[12])), `event ${row[1] ?? ''} of ${row[0] ?? ''} has another digest`);
  return digest;
}

/** Goes on by a link; false where its rows are not all here and it is taken as given. */
function follow(chain: Chain, cells: Cells, { firstDaysEnd, lastHoursBegin }: Edge): boolean {
  const [seq = 0n, number = 0n, transfers = 0n, events = 0n] = cells.slice(0, 4).map((cell) => BigInt(cell ?? '0'));
  const hash = bytesOf(cells[4]);
  must(number === chain.number + 1n, `link ${seq} is number ${number} of its chain, and ${chain.number + 1n} is due`);
  const complete = BigInt(chain.transfers) === transfers && BigInt(chain.events) === events;
  const atEdge = seq < firstDaysEnd || seq >= lastHoursBegin;
  const fewer = BigInt(chain.transfers) < transfers && BigInt(chain.events) === events;
  must(
    complete || (atEdge && fewer),
    `link ${seq} covers ${transfers} transfers and ${events} events, and ${chain.transfers} and ${chain.events} are here`,
  );
  if (complete) must(linkHash(chain.hash, { ...chain, seq, number }).equals(hash), `link ${seq} has another hash`);
  Object.assign(chain, { hash, number, seq, ...noRows() });
  return complete;
}

interface Totals {
  readonly chains: readonly Chain[];
  readonly booked: bigint;
  readonly root: string;
}

function proveTotals(manifest: Manifest, { chains, booked, root }: Totals): void {
  for (const { chain, number, hash } of manifest.chains.after) {
    const reached = chains[chain];
    must(
      reached?.number === BigInt(number) && reached.hash.toString('hex') === hash,
      `chain ${chain} ends elsewhere than the month did`,
    );
  }
  must(root === manifest.period.root, `the root over the links is ${root}`);
  const due = manifest.booked.reduce((sum, { bookedMinor }) => sum + BigInt(bookedMinor), 0n);
  must(booked === due, `the transfers booked ${booked}, and the manifest says ${due}`);
}
