import type { Sql } from '../platform';
import type { Covered } from './covered';
import type { Deviation } from './report';
import * as store from './verify-store';
import type { ChainRow, CoveredRow, LinkRow } from './verify-store';

/** A chain as far as it was walked. */
export interface Walked {
  readonly chain: number;
  /** The last link that is proven, and its sequence number and hash. */
  number: number;
  seq: bigint;
  hash: Buffer;
  /** The last link in the archive; 0: none. */
  readonly begin: number;
  /** Rows read. */
  links: number;
  events: number;
  transfers: number;
  archivedTo: number;
  covered: Covered;
  deviation: Deviation | undefined;
}

interface Judged {
  readonly chain: Pick<Walked, 'chain' | 'number' | 'hash'>;
  readonly link: LinkRow;
  readonly covered: Covered;
}

/** How a link, or what it covers, is not what follows the links before it; undefined when it is. */
export async function deviationOf(sql: Sql, judged: Judged): Promise<Deviation | undefined> {
  const { chain, link, covered } = judged;
  if (link.number !== chain.number + 1) return numberDeviation(sql, judged);
  const found = (await eventDeviation(sql, judged)) ?? (await transferDeviation(sql, judged));
  if (found) return found;
  if (covered.hashOf(link, chain.hash).equals(link.hash)) return undefined;
  return { ...at(chain, link.number), kind: 'changed', detail: 'its hash is not that of what it covers' };
}

async function numberDeviation(sql: Sql, { chain, link }: Judged): Promise<Deviation> {
  const expected = chain.number + 1;
  const next = { chain: chain.chain, link: expected };
  if (link.number < expected) {
    const name = nameOf(chain.chain, link.number);
    return { ...next, name, kind: 'added', detail: `it is there once more, with sequence number ${link.seq}` };
  }
  const elsewhere = await store.seqOfLink(sql, chain.chain, expected);
  if (elsewhere === undefined) {
    const detail = `in its place is link ${link.number}`;
    return { ...next, name: nameOf(chain.chain, expected), kind: 'missing', detail };
  }
  const detail = `it is in the place of link ${expected}, which has sequence number ${elsewhere}`;
  return { ...next, name: nameOf(chain.chain, link.number), kind: 'moved', detail };
}

async function eventDeviation(sql: Sql, { chain, link, covered }: Judged): Promise<Deviation | undefined> {
  const place = { chain: chain.chain, link: link.number };
  const { strayEvent: stray, badEvent: bad, events, missingEvent } = covered;
  if (stray) return { ...place, ...strayOf(chain.chain, stray) };
  const nameOfEvent = (number: number) => `event ${number} of ${nameOf(chain.chain, link.number)}`;
  const detail = `the link covers ${link.events} events, ${events} are there`;
  const missing = missingEvent ?? (events < link.events ? events + 1 : undefined);
  if (missing === undefined && events > link.events) {
    return { ...place, name: nameOfEvent(link.events + 1), kind: 'added', detail };
  }
  const number = missing ?? bad?.number;
  if (number === undefined) return undefined;
  const name = nameOfEvent(number);
  const other = await store.eventThatFits(sql, { seq: link.seq, number });
  if (other) {
    const where = `its content is now event ${other.number} of sequence number ${other.seq}`;
    return { ...place, name, kind: 'moved', detail: where };
  }
  if (missing !== undefined) return { ...place, name, kind: 'missing', detail };
  return { ...place, name, kind: 'changed', detail: 'its digest is not that of its content' };
}

function strayOf(chain: number, { seq, number }: CoveredRow): Pick<Deviation, 'name' | 'kind' | 'detail'> {
  const name = `event ${number} of sequence number ${seq} of chain ${chain}`;
  return { name, kind: 'added', detail: 'no link has this sequence number' };
}

async function transferDeviation(sql: Sql, { chain, link, covered }: Judged): Promise<Deviation | undefined> {
  const place = { chain: chain.chain, link: link.number };
  const { badTransfer: bad } = covered;
  if (bad?.id != null) {
    const other = await store.transferThatFits(sql, bad.id);
    const kind = other === undefined ? 'changed' : 'moved';
    const detail =
      other === undefined ? 'its digest is not that of its content' : `transfer ${other} has the digest of its content`;
    return { ...place, name: `transfer ${bad.id}`, kind, detail };
  }
  if (covered.transfers === link.transfers) return undefined;
  const kind = covered.transfers < link.transfers ? 'missing' : 'added';
  const detail = `the link covers ${link.transfers} transfers, ${covered.transfers} are there`;
  return { ...place, name: `transfers of ${nameOf(chain.chain, link.number)}`, kind, detail };
}

/** How the head of a chain is not its last link. */
export function headDeviation(
  chain: Pick<Walked, 'chain' | 'number' | 'seq' | 'hash'>,
  head: ChainRow | undefined,
): Deviation | undefined {
  const link = chain.number + 1;
  const of = { name: `head of chain ${chain.chain}`, chain: chain.chain, link };
  if (!head) return { ...of, kind: 'missing', detail: `its last link is ${chain.number}` };
  if (head.number > chain.number) {
    const detail = `the head of the chain is link ${head.number}, the last one that is there is ${chain.number}`;
    return { ...of, name: nameOf(chain.chain, link), kind: 'truncated', detail };
  }
  if (head.number === chain.number && head.seq === chain.seq && head.hash.equals(chain.hash)) return undefined;
  const detail = `it says link ${head.number} of sequence number ${head.seq}, and the last link is ${chain.number}`;
  return { ...of, kind: 'changed', detail: head.number === chain.number ? 'it is not its last link’s' : detail };
}

/** Rows beyond the last link. */
export function leftOver({
  chain,
  number,
  covered,
}: Pick<Walked, 'chain' | 'number' | 'covered'>): Deviation | undefined {
  const place = { chain, link: number + 1 };
  if (covered.strayEvent) return { ...place, ...strayOf(chain, covered.strayEvent) };
  const { firstTransfer } = covered;
  if (firstTransfer?.id == null) return undefined;
  const detail = `no link of chain ${chain} covers its sequence number ${firstTransfer.seq}`;
  return { ...place, name: `transfer ${firstTransfer.id}`, kind: 'added', detail };
}

function at(chain: Judged['chain'], number: number): Pick<Deviation, 'name' | 'chain' | 'link'> {
  return { name: nameOf(chain.chain, number), chain: chain.chain, link: number };
}

export function nameOf(chain: number, number: number): string {
  return `link ${number} of chain ${chain}`;
}
