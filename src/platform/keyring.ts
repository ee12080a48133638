import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { deriveKey } from './code-digests';
import { assert } from './result';

/** Keys by id, the first being the one in use: what an older one wrote is still read, so keys can be rotated. */
export interface Keyring {
  readonly ids: readonly string[];
  readonly currentId: string;
  readonly current: Buffer;
  get(keyId: string): Buffer;
}

/**
 * Reads `id:hex[,id:hex…]`, 32 bytes each, the first in use.
 * Throws with a line for the operator that never repeats the value.
 */
export function parseKeyring(text: string): Keyring {
  const keys = new Map<string, Buffer>();
  for (const part of text.split(',')) {
    const match = /^([A-Za-z0-9_-]{1,16}):([0-9a-fA-F]{64})$/.exec(part.trim());
    if (!match?.[1] || !match[2]) throw new Error('must be id:64-hex-digits, several separated by commas');
    keys.set(match[1], Buffer.from(match[2], 'hex'));
  }
  return ringOf(keys);
}

/** A ring of its own for one purpose: each key made one way from the one of its name. */
export function deriveKeyring(keys: Keyring, purpose: string): Keyring {
  return ringOf(new Map(keys.ids.map((id) => [id, deriveKey(keys.get(id), purpose)])));
}

function ringOf(keys: ReadonlyMap<string, Buffer>): Keyring {
  const [first] = keys;
  assert(first, 'a keyring has a key');
  return {
    ids: [...keys.keys()],
    currentId: first[0],
    current: first[1],
    get: (keyId) => {
      const key = keys.get(keyId);
      assert(key, `key ${keyId} is not in the ring`);
      return key;
    },
  };
}

/** Text encrypted at rest, and the id of the key that did it. */
export interface Sealed {
  readonly keyId: string;
  readonly bytes: Buffer;
}

/** AES-256-GCM (NIST SP 800-38D) with a fresh 96-bit nonce; `about` binds the bytes to their row, so that none can be swapped. */
export interface Cipher {
  seal(plain: string, about: string): Sealed;
  open(sealed: Sealed, about: string): string;
}

const nonceLength = 12;
const tagLength = 16;

export function createCipher(keys: Keyring): Cipher {
  return {
    seal: (plain, about) => {
      const nonce = randomBytes(nonceLength);
      const cipher = createCipheriv('aes-256-gcm', keys.current, nonce).setAAD(Buffer.from(about));
      const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
      return { keyId: keys.currentId, bytes: Buffer.concat([nonce, cipher.getAuthTag(), body]) };
    },
    open: ({ keyId, bytes }, about) => {
      const decipher = createDecipheriv('aes-256-gcm', keys.get(keyId), bytes.subarray(0, nonceLength))
        .setAAD(Buffer.from(about))
        .setAuthTag(bytes.subarray(nonceLength, nonceLength + tagLength));
      return Buffer.concat([decipher.update(bytes.subarray(nonceLength + tagLength)), decipher.final()]).toString(
        'utf8',
      );
    },
  };
}
