import type { Json, Sql } from '../platform';
import { parseDocument, type HeadDocument } from './document';
import * as store from './path-store';

/** What proves a row: the link that covers it, and the first published document with a head at or after that link. */
export interface Proof {
  readonly chain: number;
  readonly link: number;
  /** Absent: no head was published since. */
  readonly published?: { readonly document: number; readonly at: string };
}

/** One side of money; all decimals. */
export interface PathLeg {
  readonly debitAccountId: string;
  readonly creditAccountId: string;
  readonly amountMinor: string;
  readonly code: string;
  readonly counted: boolean;
  readonly debitBalanceAfterMinor: string;
  readonly creditBalanceAfterMinor: string;
}

/** A row of the ledger. */
export interface PathTransfer {
  readonly transferId: string;
  /** ISO 8601. */
  readonly at: string;
  readonly kind: string;
  /** 0: accepted, else the code of the refusal (src/ledger/errors.ts). */
  readonly result: number;
  readonly refusedAccountId?: string;
  readonly pendingId?: string;
  readonly expiresAt?: string;
  readonly legs: readonly PathLeg[];
  /** Absent where no link covers it: `verify` says more. */
  readonly proof?: Proof;
}

/** An entry of the forensic log. */
export interface PathEvent {
  readonly at: string;
  readonly action: string;
  /** `staff alice`. */
  readonly actor: string;
  readonly subject: string;
  readonly transferId?: string;
  readonly traceId?: string;
  readonly old?: Json;
  readonly new?: Json;
  readonly proof?: Proof;
}

/** All that the books and the log know of somebody or something, each by time. */
export interface Path {
  readonly transfers: readonly PathTransfer[];
  readonly events: readonly PathEvent[];
}

/**
 * Everything about a transfer: its row, the reservation that it resolves or what resolved it, refused attempts among
 * them, and every event that names one of these. Empty when the id was never seen.
 */
export async function pathOfTransfer(sql: Sql, transferId: string): Promise<Path> {
  const rows = await store.readFamily(sql, transferId);
  const ids = new Set([transferId, ...rows.map((row) => row.transferId)]);
  return pathOf(sql, rows, await store.readEventsOfTransfers(sql, [...ids]));
}

export interface PersonPeriod {
  readonly customerId: string;
  /** Of the person; what was booked on them belongs to the path. */
  readonly accountIds: readonly string[];
  /** The first moment, and the first one after the last. */
  readonly from: Date;
  readonly to: Date;
}

/**
 * What a person did and what was done to them and their accounts, by anybody, with the transfers that these events name
 * and those that booked on the accounts.
 */
export async function pathOfPerson(sql: Sql, { from, to, ...person }: PersonPeriod): Promise<Path> {
  const period = { from: seqOf(from), to: seqOf(to) };
  const events = await store.readEventsOfPerson(sql, person, period);
  const booked = await store.walkAccounts(sql, person.accountIds, period);
  const ids = [...new Set([...booked, ...events.flatMap(({ transferId }) => transferId ?? [])])];
  const all = new Map(events.map((event) => [keyOf(event), event]));
  for (const event of await store.readEventsOfTransfers(sql, ids)) all.set(keyOf(event), event);
  const inPeriod = [...all.values()].filter(({ seq }) => seq >= period.from && seq < period.to).sort(bySeq);
  return pathOf(sql, await store.readTransfers(sql, ids), inPeriod);
}

async function pathOf(
  sql: Sql,
  transfers: readonly store.TransferRow[],
  events: readonly store.EventRow[],
): Promise<Path> {
  const proofs = await readProofs(sql, [...transfers, ...events]);
  const proofOf = ({ chain, link }: Covered) => {
    const proof = proofs.get(`${chain} ${link}`);
    return proof && { proof };
  };
  return {
    transfers: transfers.map((row) => ({ ...transferOf(row), ...proofOf(row) })),
    events: events.map((row) => ({ ...eventOf(row), ...proofOf(row) })),
  };
}

type Covered = Pick<store.TransferRow, 'seq' | 'chain' | 'link'>;

const documentsPage = 200;
/** Clocks of lanes and of the publisher differ: a link can be published a little before its own time. */
const clocksDifferSeq = 3_600_000_000n << 4n;

/** By chain and link: reads documents from the first link on, until each is covered by one or there are no more. */
async function readProofs(sql: Sql, rows: readonly Covered[]): Promise<ReadonlyMap<string, Proof>> {
  const proofs = new Map<string, Proof>();
  const waiting = waitingLinks(rows);
  for (const { chain, links } of waiting) for (const link of links) proofs.set(`${chain} ${link}`, { chain, link });
  const [first, ...others] = rows.map(({ seq }) => seq);
  if (first === undefined) return proofs;
  let from = others.reduce((lowest, seq) => (seq < lowest ? seq : lowest), first) - clocksDifferSeq;
  for (let more = true; more;) {
    const page = await store.readDocumentsFrom(sql, from, documentsPage);
    for (const { seq, text } of page) {
      coverBy(parseDocument(text), waiting, proofs);
      from = seq + 1n;
    }
    more = page.length === documentsPage && waiting.some(({ links }) => links.length > 0);
  }
  return proofs;
}

interface Waiting {
  readonly chain: number;
  /** Descending. */
  readonly links: number[];
}

function waitingLinks(rows: readonly Covered[]): Waiting[] {
  const byChain = new Map<number, Set<number>>();
  for (const { chain, link } of rows) {
    if (chain === null || link === null) continue;
    byChain.set(chain, (byChain.get(chain) ?? new Set()).add(link));
  }
  return [...byChain].map(([chain, links]) => ({ chain, links: [...links].sort((one, other) => other - one) }));
}

function coverBy(document: HeadDocument | undefined, waiting: readonly Waiting[], proofs: Map<string, Proof>): void {
  if (!document) return;
  const published = { document: document.number, at: document.at };
  for (const { chain, links } of waiting) {
    const head = document.heads.find((one) => one.chain === chain)?.number ?? 0;
    for (let link = links.at(-1); link !== undefined && link <= head; link = links.at(-1)) {
      proofs.set(`${chain} ${link}`, { chain, link, published });
      links.pop();
    }
  }
}

const kinds = new Map([
  [1, 'transfer'],
  [2, 'reserve'],
  [3, 'post'],
  [4, 'void'],
]);
const codes = new Map([
  [1, 'principal'],
  [2, 'fee'],
  [3, 'commission'],
  [4, 'opening'],
  [5, 'transit'],
]);
const legStride = 8;
const countedBit = 256;

function transferOf(row: store.TransferRow): PathTransfer {
  const { transferId, at, kind, result, refusedAccountId, pendingId, expiresAt, legs } = row;
  return {
    transferId,
    at: at.toISOString(),
    kind: kinds.get(kind) ?? `kind ${kind}`,
    result,
    ...(refusedAccountId !== null && { refusedAccountId }),
    ...(pendingId !== null && { pendingId }),
    ...(expiresAt !== null && { expiresAt: expiresAt.toISOString() }),
    legs: Array.from({ length: Math.floor(legs.length / legStride) }, (_, leg) =>
      legOf(legs.slice(leg * legStride, (leg + 1) * legStride)),
    ),
  };
}

function legOf([
  debit = '',
  credit = '',
  amount = '',
  code = '',
  debitAfter = '',
  creditAfter = '',
]: string[]): PathLeg {
  const bits = Number(code);
  return {
    debitAccountId: debit,
    creditAccountId: credit,
    amountMinor: amount,
    code: codes.get(bits & (countedBit - 1)) ?? `code ${bits}`,
    counted: (bits & countedBit) !== 0,
    debitBalanceAfterMinor: debitAfter,
    creditBalanceAfterMinor: creditAfter,
  };
}

function eventOf(row: store.EventRow): PathEvent {
  return {
    at: row.at.toISOString(),
    action: row.action,
    actor: `${row.actorKind} ${row.actorId}`,
    subject: `${row.subjectKind} ${row.subjectId}`,
    ...(row.transferId !== null && { transferId: row.transferId }),
    ...(row.traceId !== null && { traceId: row.traceId }),
    ...(row.old !== null && { old: row.old }),
    ...(row.new !== null && { new: row.new }),
  };
}

function keyOf({ seq, number }: store.EventRow): string {
  return `${seq} ${number}`;
}

function bySeq(one: store.EventRow, other: store.EventRow): number {
  return one.seq === other.seq ? one.number - other.number : one.seq < other.seq ? -1 : 1;
}

function seqOf(at: Date): bigint {
  return (BigInt(at.getTime()) * 1000n) << 4n;
}
