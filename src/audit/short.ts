import type { Keyring } from '../platform';
import { isSignedBy, signWith, type SignedDocument } from './document';

/**
 * A published document in one SMS of 160 GSM-7 letters: `H<number> <seconds since 1970> <SHA-256> <signature>`, the last
 * two in base64url. The signature is whole and over the rest, so the message proves itself to who has the public key.
 */
export function shortOf({ document, digest }: Pick<SignedDocument, 'document' | 'digest'>, ring: Keyring): string {
  const seconds = Math.floor(Date.parse(document.at) / 1000);
  const text = `H${document.number} ${seconds} ${Buffer.from(digest, 'hex').toString('base64url')}`;
  return `${text} ${signWith(ring.current, signed(text)).toString('base64url')}`;
}

/** What a short form says, once its signature is proven. */
export interface Short {
  readonly number: number;
  readonly at: Date;
  /** Of the document, hex. */
  readonly digest: string;
}

/** Reads a short form; undefined when it is none, or none of these public keys (64 hex digits) signed it. */
export function parseShort(sms: string, publicKeys: readonly string[]): Short | undefined {
  const match = /^(H(\d{1,9}) (\d{1,12}) ([\w-]{43})) ([\w-]{86})$/.exec(sms.trim());
  if (!match) return undefined;
  const [, text = '', number, seconds, digest = '', signature = ''] = match;
  const bytes = Buffer.from(signature, 'base64url');
  if (!publicKeys.some((key) => isSignedBy(key, signed(text), bytes))) return undefined;
  return {
    number: Number(number),
    at: new Date(Number(seconds) * 1000),
    digest: Buffer.from(digest, 'base64url').toString('hex'),
  };
}

/** So that no document can be taken for a message, nor the other way round. */
function signed(text: string): string {
  return `starhash heads by SMS\n${text}`;
}
