import { createHash } from 'node:crypto';
import { assert, type Sql } from '../platform';
import { Covered } from './covered';
import { deviationOf, headDeviation, leftOver, type Walked } from './judge';
import { Stream } from './stream';
import * as store from './verify-store';
import type { ArchiveEnd, CoveredRow, LinkRow } from './verify-store';

export interface WalkOptions {
  readonly onProgress?: ((line: string) => void) | undefined;
  /** Rows a query; default 5000. */
  readonly pageRows?: number | undefined;
}

const chainCount = 16;
const progressMs = 3_000;
/** An id is at most a day old when it is booked, and clocks differ by less than an hour. */
const edgeSeq = (25n * 3_600_000_000n) << 4n;

/** The sum of what a chain begins with. */
function genesisOf(chain: number): Buffer {
  return createHash('sha256').update(`starhash chain ${chain}`).digest();
}

/**
 * Walks the links of all chains in the order of their numbers, with the rows that they cover, and works every digest and
 * hash out anew. Holds a page of each table in memory. Every chain is walked to its first deviation.
 */
export async function walk(sql: Sql, options: WalkOptions): Promise<Walked[]> {
  const { pageRows = 5_000 } = options;
  const archive = await store.readArchiveEnd(sql);
  const chains = Array.from({ length: chainCount }, (_, chain) => beginningOf(chain, archive));
  const tell = teller(chains, options.onProgress);
  const first = { seq: (archive?.end ?? 0n) - 1n, number: 2_147_483_647, id: 'ffffffff-ffff-ffff-ffff-ffffffffffff' };
  const links = new Stream<LinkRow>((last, limit) => store.readLinkPage(sql, (last ?? first).seq, limit), pageRows);
  const events = new Stream<CoveredRow>((last, limit) => store.readEventPage(sql, last ?? first, limit), pageRows);
  const transfers = new Stream<CoveredRow>(
    (last, limit) => store.readTransferPage(sql, last ?? first, limit),
    pageRows,
  );
  const addEvent = (row: CoveredRow): void => {
    const chain = chainOf(chains, row.seq);
    chain.events += 1;
    chain.covered.addEvent(row);
  };
  const addTransfer = (row: CoveredRow): void => {
    const chain = chainOf(chains, row.seq);
    chain.transfers += 1;
    chain.covered.addTransfer(row);
  };
  for (let link = await links.peek(); link; link = links.ready ?? (await links.peek())) {
    links.step();
    await drain(transfers, link.seq, addTransfer);
    await drain(events, link.seq, addEvent);
    const chain = chainOf(chains, link.seq);
    chain.links += 1;
    await follow(sql, { chain, link, archive });
    tell(link.seq);
  }
  await drain(transfers, undefined, addTransfer);
  await drain(events, undefined, addEvent);
  const heads = await store.readChains(sql);
  for (const chain of chains) {
    const head = heads.find((one) => one.chain === chain.chain);
    chain.covered.settle(undefined);
    chain.deviation ??= headDeviation(chain, head) ?? leftOver(chain);
  }
  return chains;
}

/** Nothing, or where the archive left it. */
function beginningOf(chain: number, archive: ArchiveEnd | undefined): Walked {
  const head = archive?.heads.find((one) => one.chain === chain);
  const { number, seq, hash } = head ?? { number: 0, seq: 0n, hash: genesisOf(chain) };
  const counts = { links: 0, events: 0, transfers: 0, archivedTo: number };
  return { chain, begin: number, number, seq, hash, ...counts, covered: new Covered(), deviation: undefined };
}

function chainOf(chains: readonly Walked[], seq: bigint): Walked {
  const chain = chains[Number(BigInt.asUintN(4, seq))];
  assert(chain, 'four bits name sixteen chains');
  return chain;
}

/** Takes all rows up to `seq`. */
async function drain(rows: Stream<CoveredRow>, seq: bigint | undefined, add: (row: CoveredRow) => void): Promise<void> {
  for (let row = rows.ready ?? (await rows.peek()); row; row = rows.ready ?? (await rows.peek())) {
    if (seq !== undefined && row.seq > seq) return;
    rows.step();
    add(row);
  }
}

interface Step {
  readonly chain: Walked;
  readonly link: LinkRow;
  readonly archive: ArchiveEnd | undefined;
}

/** Goes on by one link, or notes why not. */
async function follow(sql: Sql, { chain, link, archive }: Step): Promise<void> {
  const { covered } = chain;
  chain.covered = new Covered();
  if (chain.deviation) return;
  covered.settle(link);
  const deviation = await deviationOf(sql, { chain, link, covered });
  // A month's partition is of ids, and an id may be booked on the first day of the next month: the link stays.
  const atEdge = archive !== undefined && link.seq < archive.end + edgeSeq;
  const given =
    atEdge && deviation?.kind === 'missing' && link.number === chain.number + 1 && lacksTransfers(covered, link);
  if (!given) chain.deviation = deviation;
  if (chain.deviation) return;
  if (given) chain.archivedTo = link.number;
  chain.number = link.number;
  chain.seq = link.seq;
  chain.hash = link.hash;
}

function lacksTransfers(covered: Covered, link: LinkRow): boolean {
  return covered.transfers < link.transfers && covered.events === link.events && covered.missingEvent === undefined;
}

function teller(chains: readonly Walked[], onProgress: WalkOptions['onProgress']): (seq: bigint) => void {
  if (!onProgress) return () => undefined;
  const sum = (of: (chain: Walked) => number) => chains.reduce((total, chain) => total + of(chain), 0);
  let told = performance.now();
  return (seq) => {
    if (performance.now() - told < progressMs) return;
    told = performance.now();
    const upTo = new Date(Number((seq >> 4n) / 1000n)).toISOString();
    const counted = `${sum(({ links }) => links)} links, ${sum(({ events }) => events)} events`;
    onProgress(`${counted}, ${sum(({ transfers }) => transfers)} transfers, up to ${upTo}`);
  };
}
