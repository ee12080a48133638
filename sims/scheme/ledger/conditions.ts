import { createHash } from 'node:crypto';
import { unprocessable, unsupportedCryptoType } from '../errors';

/** A PREIMAGE-SHA-256 condition: the digest, and the length of what hashes to it. */
export interface Condition {
  /** SHA-256, base64url. */
  digest: string;
  length: number;
}

const MAX_LENGTH = 65_535;

/**
 * Reads a condition in the form of the seed, `cc:0:3:<digest>:<length>`, or in its later one,
 * `ni:///sha-256;<digest>?fpt=preimage-sha-256&cost=<length>`. Source: 4.1.1.
 * @throws SchemeError UnsupportedCryptoTypeError for a condition of another type, else UnprocessableEntityError.
 */
export function parseCondition(uri: string, field: string): Condition {
  const read = uri.startsWith('ni:') ? readNamedInformation(uri) : readCondition(uri);
  if (read === undefined) throw unprocessable(`${field} is not a condition`, field, uri);
  if (read.length > MAX_LENGTH) {
    throw unprocessable(`${field} asks for a fulfillment of more than ${MAX_LENGTH} bytes`, field, uri);
  }
  return read;
}

function readCondition(uri: string): Condition | undefined {
  const match = /^cc:([0-9a-f]{1,4}):([0-9a-f]{1,8}):([\w-]+):(\d{1,10})$/.exec(uri);
  if (match === null) return undefined;
  const [, type, features, digest = '', length] = match;
  // Type 0 with the features sha-256 and preimage; all others are other kinds of proof.
  if (type !== '0' || features !== '3') throw unsupportedCryptoType();
  return isDigest(digest) ? { digest, length: Number(length) } : undefined;
}

function readNamedInformation(uri: string): Condition | undefined {
  const match = /^ni:\/\/\/([a-z0-9-]+);([\w-]+)\?(.+)$/.exec(uri);
  if (match === null) return undefined;
  const [, algorithm, digest = '', rest] = match;
  const query = new URLSearchParams(rest);
  if (algorithm !== 'sha-256' || query.get('fpt') !== 'preimage-sha-256') throw unsupportedCryptoType();
  const cost = query.get('cost') ?? '';
  return isDigest(digest) && /^\d{1,10}$/.test(cost) ? { digest, length: Number(cost) } : undefined;
}

const isDigest = (text: string): boolean => decode(text)?.length === 32;

/**
 * Reads a fulfillment, `cf:0:<preimage>` or the later base64url of its DER encoding, e.g. `oAKAAA` for no bytes.
 * @returns the preimage.
 * @throws SchemeError UnsupportedCryptoTypeError for one of another type, else UnprocessableEntityError.
 */
export function parseFulfillment(text: string): Buffer {
  const match = /^cf:([0-9a-f]{1,4}):([\w-]*)$/.exec(text);
  if (match !== null && match[1] !== '0') throw unsupportedCryptoType();
  const preimage = match === null ? readDer(decode(text)) : decode(match[2] ?? '');
  if (preimage === undefined || preimage.length > MAX_LENGTH) {
    throw unprocessable('fulfillment is not a fulfillment', 'fulfillment', text);
  }
  return preimage;
}

export const meets = (preimage: Buffer, { digest, length }: Condition): boolean =>
  preimage.length === length && createHash('sha256').update(preimage).digest('base64url') === digest;

/** Base64url in its one canonical spelling. */
function decode(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : undefined;
}

/** `A0 length 80 length preimage`: the choice 0 (PREIMAGE-SHA-256) of a sequence with one octet string. */
function readDer(bytes: Buffer | undefined): Buffer | undefined {
  const inner = bytes === undefined ? undefined : contentOf(bytes, 0xa0);
  return inner === undefined ? undefined : contentOf(inner, 0x80);
}

function contentOf(bytes: Buffer, tag: number): Buffer | undefined {
  const [first, short = 0] = bytes;
  if (first !== tag || bytes.length < 2) return undefined;
  const long = short < 0x80 ? 0 : short - 0x80;
  if (long > 4 || bytes.length < 2 + long || short === 0x80) return undefined;
  const length = long === 0 ? short : bytes.readUIntBE(2, long);
  return bytes.length === 2 + long + length ? bytes.subarray(2 + long) : undefined;
}
