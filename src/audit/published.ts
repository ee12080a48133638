import type { Sql } from '../platform';
import { parseLine, type Head, type SignedDocument } from './document';
import { linesOf } from './heads-file';
import { nameOf, type Walked } from './judge';
import type { Deviation, PublishedHead, PublishedReport } from './report';
import { readLinks } from './store';

export interface PublishedOptions {
  readonly file: string;
  /** Who may have signed, 64 hex digits each; none: the first line's own keys are believed. */
  readonly publicKeys: readonly string[];
}

/** The published documents, read, and what they say of the chains. */
export interface Published {
  readonly report: PublishedReport;
  /** By chain: the last published head up to what is proven. */
  readonly heads: ReadonlyMap<number, PublishedHead>;
  /** By chain: the first published head that is not in the log. */
  readonly deviations: ReadonlyMap<number, Deviation>;
}

/** A published head that the one before it in the file did not have. */
interface News extends Head {
  readonly document: number;
  readonly at: string;
}

const lookupHeads = 2_000;

/**
 * Reads the file line by line: every document is signed by a key that is trusted or was vouched for by one, is the next
 * one after the document before it, and each of its heads is a link of the log. Stops at the first document that isn't.
 */
export async function readPublished(
  sql: Sql,
  chains: readonly Walked[],
  { file, publicKeys }: PublishedOptions,
): Promise<Published> {
  const reading = new Reading(file, publicKeys);
  const judge = new HeadJudge(chains);
  let news: News[] = [];
  for await (const { line, whole } of linesOf(file)) {
    news.push(...reading.take(line, whole));
    if (reading.deviation) break;
    if (news.length < lookupHeads) continue;
    await judge.judge(sql, news);
    news = [];
  }
  await judge.judge(sql, news);
  return { report: reading.report(), heads: judge.heads, deviations: judge.deviations };
}

/** The documents of one file, each held against the one before it. */
class Reading {
  deviation: Deviation | undefined;
  private documents = 0;
  private torn = false;
  private first: SignedDocument | undefined;
  private last: SignedDocument | undefined;
  private readonly trusted: Set<string>;
  private readonly given: boolean;
  private readonly known = new Map<number, string>();

  constructor(
    private readonly file: string,
    publicKeys: readonly string[],
  ) {
    this.trusted = new Set(publicKeys);
    this.given = publicKeys.length > 0;
  }

  /** The heads that this line tells first; none when it deviates. */
  take(line: string, whole: boolean): News[] {
    const signed = parseLine(line);
    if (!signed) {
      if (whole) this.deviate('document', `line ${this.documents + 1} is no document of heads`);
      else this.torn = true;
      return [];
    }
    const { document } = signed;
    if (!this.given && !this.first) for (const { publicKey } of document.keys) this.trusted.add(publicKey);
    const fault = this.faultOf(signed);
    if (fault) {
      this.deviate(...fault);
      return [];
    }
    for (const { publicKey } of document.keys) this.trusted.add(publicKey);
    this.documents += 1;
    this.first ??= signed;
    this.last = signed;
    const news = document.heads.filter(({ chain, seq, hash }) => this.known.get(chain) !== `${seq} ${hash}`);
    for (const { chain, seq, hash } of news) this.known.set(chain, `${seq} ${hash}`);
    return news.map((head) => ({ ...head, document: document.number, at: document.at }));
  }

  report(): PublishedReport {
    return {
      file: this.file,
      documents: this.documents,
      firstNumber: this.first?.document.number ?? null,
      lastNumber: this.last?.document.number ?? null,
      lastAt: this.last?.document.at ?? null,
      trusted: this.given,
      database: this.last?.document.database ?? null,
      torn: this.torn,
      ...(this.deviation && { deviation: this.deviation }),
    };
  }

  private faultOf({ document, signers }: SignedDocument): [Deviation['kind'], string] | undefined {
    if (!signers.some((signer) => this.trusted.has(signer))) return ['signature', 'no trusted key signed it'];
    const { last } = this;
    if (!last) return undefined;
    if (document.number !== last.document.number + 1) {
      return ['document', `it is number ${document.number} and comes after ${last.document.number}`];
    }
    if (document.previous !== last.digest) return ['document', 'it does not name the hash of the document before it'];
    if (document.database !== last.document.database) return ['document', 'it is of another database'];
    return undefined;
  }

  private deviate(kind: Deviation['kind'], detail: string): void {
    const number = (this.last?.document.number ?? 0) + 1;
    this.deviation = { name: `document ${number}`, kind, detail };
  }
}

/** Holds published heads against the links that are there. */
class HeadJudge {
  readonly heads = new Map<number, PublishedHead>();
  readonly deviations = new Map<number, Deviation>();

  constructor(private readonly chains: readonly Walked[]) {}

  async judge(sql: Sql, news: readonly News[]): Promise<void> {
    if (news.length === 0) return;
    const links = await readLinks(
      sql,
      news.map(({ seq }) => seq),
    );
    const bySeq = new Map(links.map((link) => [link.seq, link]));
    for (const head of news) this.judgeOne(head, bySeq.get(head.seq));
  }

  private judgeOne(head: News, link: Head | undefined): void {
    const { chain, number, hash, document, at } = head;
    const walked = this.chains[chain];
    if (this.deviations.has(chain) || !walked) return;
    if (!link) {
      if (number > walked.archivedTo) this.deviations.set(chain, goneOf(head, walked)); // else the archive has it
    } else if (link.chain !== chain || link.number !== number || link.hash !== hash) {
      this.deviations.set(chain, deviationOf(head, number, `${toldBy(head)} with another hash`));
    } else if (number <= walked.number) this.heads.set(chain, { number, document, at });
  }
}

/** No link has the head's sequence number: the chain ends before it, or was made anew. */
function goneOf(head: News, { begin, links }: Walked): Deviation {
  const last = begin + links;
  if (head.number <= last) return deviationOf(head, head.number, `${toldBy(head)} with another sequence number`);
  const detail = `${toldBy(head)}, the last one that is there is ${last}`;
  return { ...deviationOf(head, last + 1, detail), kind: 'truncated' };
}

function deviationOf({ chain }: News, link: number, detail: string): Deviation {
  return { name: nameOf(chain, link), kind: 'changed', detail, chain, link };
}

function toldBy({ document, at, number }: News): string {
  return `document ${document} of ${at} has link ${number} of this chain`;
}
