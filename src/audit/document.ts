import { createHash, createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import type { Keyring } from '../platform';

/** How far a chain had come: its last link, or zeros where there is none. */
export interface Head {
  readonly chain: number;
  readonly number: number;
  /** Decimal. */
  readonly seq: string;
  /** 64 hex digits. */
  readonly hash: string;
}

/** What is published: the heads of all chains that have a link, at one moment. */
export interface HeadDocument {
  readonly format: typeof documentFormat;
  /** Which database: the hash of the first link of chain 0, which a restored copy has in common with its original. */
  readonly database: string;
  /** 1, 2, 3 … */
  readonly number: number;
  /** ISO 8601. */
  readonly at: string;
  /** The SHA-256 of the text of the document before this one; null at the first. */
  readonly previous: string | null;
  /** The ring's public keys, the one in use first: who trusts one that signed trusts these. */
  readonly keys: readonly PublicKey[];
  readonly heads: readonly Head[];
}

export interface PublicKey {
  readonly id: string;
  /** Ed25519 (RFC 8032), 64 hex digits. */
  readonly publicKey: string;
}

/** A document as it was read from a line, with what signed it. */
export interface SignedDocument {
  readonly document: HeadDocument;
  readonly text: string;
  /** SHA-256 of `text`, hex. */
  readonly digest: string;
  /** The public keys of the ring whose signature over `text` is right. */
  readonly signers: readonly string[];
}

export const documentFormat = 'starhash-heads-1';

/** What RFC 8410 puts before the 32 bytes of an Ed25519 key. */
const privatePrefix = Buffer.from('302e020100300506032b657004220420', 'hex');
const publicPrefix = Buffer.from('302a300506032b6570032100', 'hex');

function privateKeyOf(seed: Buffer): KeyObject {
  return createPrivateKey({ key: Buffer.concat([privatePrefix, seed]), format: 'der', type: 'pkcs8' });
}

/** The public half of a seed of 32 bytes, as 64 hex digits. */
function publicKeyOf(seed: Buffer): string {
  const der = createPublicKey(privateKeyOf(seed)).export({ format: 'der', type: 'spki' });
  return der.subarray(publicPrefix.length).toString('hex');
}

/** The public keys of a ring, the one in use first. */
export function publicKeysOf(ring: Keyring): PublicKey[] {
  return ring.ids.map((id) => ({ id, publicKey: publicKeyOf(ring.get(id)) }));
}

export function signWith(seed: Buffer, text: string): Buffer {
  return sign(null, Buffer.from(text), privateKeyOf(seed));
}

/** Whether this key, 64 hex digits, signed this text; anything malformed did not. */
export function isSignedBy(publicKey: string, text: string, signature: Buffer): boolean {
  if (!/^[0-9a-f]{64}$/.test(publicKey)) return false;
  const key = createPublicKey({
    key: Buffer.concat([publicPrefix, Buffer.from(publicKey, 'hex')]),
    format: 'der',
    type: 'spki',
  });
  return verify(null, Buffer.from(text), key, signature);
}

export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/**
 * The line of a document, signed by every key of the ring, so that a key that is known already vouches for a new one.
 * The signatures are over the exact text between `{"document":` and `,"signatures":`.
 */
export function lineOf(document: HeadDocument, ring: Keyring): string {
  const text = JSON.stringify(document);
  const signatures = ring.ids.map((key) => ({ key, signature: signWith(ring.get(key), text).toString('base64url') }));
  return `{"document":${text},"signatures":${JSON.stringify(signatures)}}`;
}

/** Reads a line. Returns undefined when it is not one of ours; who signed it is for the caller to judge. */
export function parseLine(line: string): SignedDocument | undefined {
  const match = /^\{"document":(\{.*\}),"signatures":(\[.*\])\}$/.exec(line);
  const [document, signatures] = [parse(match?.[1]), parse(match?.[2])];
  if (!isDocument(document) || !Array.isArray(signatures)) return undefined;
  const text = match?.[1] ?? '';
  const signers = document.keys
    .filter(({ id, publicKey }) =>
      signatures.some(
        (one: unknown) =>
          isObject(one) &&
          one['key'] === id &&
          isSignedBy(publicKey, text, Buffer.from(String(one['signature']), 'base64url')),
      ),
    )
    .map(({ publicKey }) => publicKey);
  return { document, text, digest: digestOf(text), signers };
}

/** Reads the text of a document that came without signatures; undefined when it is none. */
export function parseDocument(text: string): HeadDocument | undefined {
  const document = parse(text);
  return isDocument(document) ? document : undefined;
}

function parse(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isDocument(value: unknown): value is HeadDocument {
  if (!isObject(value)) return false;
  const { format, database, number, at, previous, keys, heads } = value;
  return (
    format === documentFormat &&
    isHash(database) &&
    Number.isSafeInteger(number) &&
    !Number.isNaN(Date.parse(String(at))) &&
    (previous === null || isHash(previous)) &&
    isListOf(keys, (key) => typeof key['id'] === 'string' && isHash(key['publicKey'])) &&
    isListOf(heads, isHead)
  );
}

function isHead({ chain, number, seq, hash }: Record<string, unknown>): boolean {
  return Number.isSafeInteger(chain) && Number.isSafeInteger(number) && /^\d{1,19}$/.test(String(seq)) && isHash(hash);
}

function isHash(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}

function isListOf(value: unknown, test: (one: Record<string, unknown>) => boolean): boolean {
  return Array.isArray(value) && value.every((one: unknown) => isObject(one) && test(one));
}
