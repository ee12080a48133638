import type { Clock, Db, Json, Keyring, Log, Msisdn, Tx } from '../platform';
import { assert } from '../platform';
import {
  digestOf,
  documentFormat,
  lineOf,
  parseDocument,
  parseLine,
  publicKeysOf,
  type Head,
  type HeadDocument,
} from './document';
import { append, cutTorn, readTail } from './heads-file';
import type { Audit } from './port';
import { shortOf } from './short';
import * as store from './store';

export interface HeadPublisherDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Log;
  readonly audit: Audit;
  /** Signs; 32 bytes each are seeds of Ed25519. */
  readonly keys: Keyring;
  /** A line a document is added to it; undefined: none is written. */
  readonly file?: string | undefined;
  /** Who gets each document's short form, and how: rejects when a message was not taken. */
  readonly sms?: { readonly to: readonly Msisdn[]; send(to: Msisdn, body: string): Promise<void> } | undefined;
  /** Money stops when the last success is older; undefined: never. */
  readonly maxAgeMs?: number | undefined;
  /** How long nothing is published while nothing happens; default one hour. */
  readonly quietMs?: number;
}

/** `quiet`: nothing has happened since the last document, and that is not old; or nobody wants to have it. */
export type Publication =
  | { readonly outcome: 'published'; readonly document: HeadDocument }
  | { readonly outcome: 'quiet' }
  | { readonly outcome: 'failed' };

/** Signs the heads of all chains and takes them out of the database. */
export interface HeadPublisher {
  /** Publishes what is new, where there is a place for it. Never rejects: a failure is an error in the log, every time. Calls under way are shared. */
  publish(): Promise<Publication>;
  /** False when the heads were last published, or known to be, longer ago than allowed. */
  moneyAllowed(): boolean;
}

const quietDefaultMs = 3_600_000;

export function createHeadPublisher(deps: HeadPublisherDeps): HeadPublisher {
  const { clock, log, maxAgeMs } = deps;
  let lastSuccess = clock.now();
  let unsent: string | undefined;
  let underWay: Promise<Publication> | undefined;

  const isNowhere = deps.file === undefined && (deps.sms?.to ?? []).length === 0;

  const attempt = async (): Promise<Publication> => {
    try {
      const document = isNowhere ? undefined : await deps.db.tx((tx) => publishIn(tx, deps));
      if (document) unsent = shortOf({ document, digest: digestOf(JSON.stringify(document)) }, deps.keys);
      if (unsent !== undefined) await sendToAll(deps, unsent);
      unsent = undefined;
      lastSuccess = clock.now();
      return document ? { outcome: 'published', document } : { outcome: 'quiet' };
    } catch (error) {
      log.error({ err: error }, 'ALARM: the heads of the forensic log could not be published');
      return { outcome: 'failed' };
    }
  };
  return {
    publish: () => (underWay ??= attempt().finally(() => (underWay = undefined))),
    moneyAllowed: () => maxAgeMs === undefined || clock.now().getTime() - lastSuccess.getTime() <= maxAgeMs,
  };
}

/**
 * The document is on the disk before the log tells of it: a crash in between leaves a document that is not in the log,
 * never the other way round. Undefined when there is nothing to publish.
 */
async function publishIn(tx: Tx, deps: HeadPublisherDeps): Promise<HeadDocument | undefined> {
  await store.lockPublishing(tx);
  const last = await lastDocument(tx, deps);
  const heads = await store.readHeads(tx);
  for (const { chain, number, linked } of heads) {
    assert(linked, `the head of chain ${chain} is not its last link ${number}`);
  }
  if (last) await assertStillThere(tx, last.document);
  const now = deps.clock.now();
  if (last && isQuiet(last.document, heads, now.getTime() - (deps.quietMs ?? quietDefaultMs))) return undefined;
  const document = await documentOf(tx, { last, heads, now, keys: deps.keys });
  if (!document) return undefined;
  if (deps.file !== undefined) await append(deps.file, `${lineOf(document, deps.keys)}\n`);
  await deps.audit.record(tx, [publicationOf(document, now)]);
  return document;
}

interface Making {
  readonly last: Last | undefined;
  readonly heads: readonly Head[];
  readonly now: Date;
  readonly keys: Keyring;
}

/** Undefined when nothing was ever recorded. */
async function documentOf(tx: Tx, { last, heads, now, keys }: Making): Promise<HeadDocument | undefined> {
  const database = last?.document.database ?? (await store.readIdentity(tx));
  if (database === undefined) return undefined;
  return {
    format: documentFormat,
    database,
    number: (last?.document.number ?? 0) + 1,
    at: now.toISOString(),
    previous: last?.digest ?? null,
    keys: publicKeysOf(keys),
    heads: heads.map(({ chain, number, seq, hash }) => ({ chain, number, seq, hash })),
  };
}

function publicationOf(document: HeadDocument, at: Date) {
  const told: Json = { number: document.number, document: JSON.stringify(document) };
  const subject = { kind: 'heads', id: String(document.number) };
  return {
    at,
    action: 'heads.published',
    actor: { kind: 'system', id: store.publisherId },
    subject,
    new: told,
  } as const;
}

interface Last {
  readonly document: HeadDocument;
  readonly digest: string;
}

/** The document to go on from: the file's last, or the log's where it is later, so that a lost file leaves a gap. */
async function lastDocument(tx: Tx, { file, log }: HeadPublisherDeps): Promise<Last | undefined> {
  const inLog = await lastInLog(tx);
  if (file === undefined) return inLog;
  const inFile = await lastInFile(file, log);
  const [missing, has] = [inLog?.document.number ?? 0, inFile?.document.number ?? 0];
  if (missing <= has) return inFile;
  log.warn({ file, missing, has }, 'the file of published heads lacks documents that the forensic log tells of');
  return inLog;
}

async function lastInLog(tx: Tx): Promise<Last | undefined> {
  const text = await store.readLastDocument(tx);
  const document = text === undefined ? undefined : parseDocument(text);
  return text !== undefined && document ? { document, digest: digestOf(text) } : undefined;
}

async function lastInFile(file: string, log: Log): Promise<Last | undefined> {
  const { line, torn } = await readTail(file);
  if (torn !== '' && parseLine(torn)) {
    await append(file, '\n'); // whole but for its end: somebody may have read it
    return parseLine(torn);
  }
  if (torn !== '') {
    await cutTorn(file, torn);
    log.warn({ file, bytes: Buffer.byteLength(torn) }, 'cut off a torn last line that a crash had left');
  }
  if (line === undefined) return undefined;
  const last = parseLine(line);
  assert(last, `the last line of ${file} is not a document of heads: move it away to begin a new one`);
  return last;
}

/** What was published is still there: else somebody has cut the log, or put back an old copy of the database. */
async function assertStillThere(tx: Tx, { heads, number: documentNumber }: HeadDocument): Promise<void> {
  const links = await store.readLinks(
    tx,
    heads.map(({ seq }) => seq),
  );
  const archived = await store.readArchived(tx);
  for (const { chain, number, hash } of heads) {
    const found = links.some((link) => link.chain === chain && link.number === number && link.hash === hash);
    assert(
      found || number <= (archived.get(chain) ?? 0),
      `link ${number} of chain ${chain}, published in document ${documentNumber}, is not there any more: ` +
        'was the database truncated or restored? (npm run audit:verify)',
    );
  }
}

/** That we published is not news. */
function isQuiet(last: HeadDocument, heads: readonly store.StoredHead[], sinceMs: number): boolean {
  const known = new Map(last.heads.map((head) => [head.chain, head]));
  const isKnown = (head: store.StoredHead): boolean => {
    const before: Head | undefined = known.get(head.chain);
    return before?.number === head.number || (head.ofPublication && before?.number === head.number - 1);
  };
  return Date.parse(last.at) > sinceMs && heads.every(isKnown);
}

async function sendToAll({ sms }: HeadPublisherDeps, body: string): Promise<void> {
  for (const to of sms?.to ?? []) await sms?.send(to, body);
}
