import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

/** A key of 32 bytes for one purpose, made one way from a key that is kept outside of the database. */
export function deriveKey(key: Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, '', `starhash ${purpose}`, 32));
}

/** One-time codes as the database keeps them: a million codes are soon tried without the key. */
export interface CodeDigests {
  /** `id`: of what the code is for, so that the same code twice is two digests. */
  of(id: string, code: string): Buffer;
  /** In the same time whatever was typed. */
  match(digest: Buffer, id: string, code: string): boolean;
}

/** Digests for one purpose; `key` is kept outside of the database. */
export function createCodeDigests(key: Buffer, purpose: string): CodeDigests {
  const own = deriveKey(key, purpose);
  const of: CodeDigests['of'] = (id, code) => createHmac('sha256', own).update(`${id}:${code}`).digest();
  return { of, match: (digest, id, code) => timingSafeEqual(digest, of(id, code)) };
}
