import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { stat, readFile } from 'node:fs/promises';
import path from 'node:path';

/** A file that is read again whenever it changes, so that keys and certificates are replaced without a restart (M70). */
export function watchedFile<T>(file: string, parse: (content: string) => T): () => Promise<T> {
  let seen: { readonly stamp: string; readonly value: T } | undefined;
  return async () => {
    const { mtimeMs, size, ino } = await stat(file);
    const stamp = `${mtimeMs} ${size} ${ino}`;
    if (seen?.stamp !== stamp) seen = { stamp, value: parse(await readFile(file, 'utf8')) };
    return seen.value;
  };
}

/** The public keys of the others: `<dfspId>.pem` in a folder. Undefined where there is none. */
export function peerKeys(folder: string): (dfspId: string) => Promise<KeyObject | undefined> {
  const files = new Map<string, () => Promise<KeyObject>>();
  return async (dfspId) => {
    if (!/^[A-Za-z0-9_-]{1,32}$/.test(dfspId)) return undefined; // it becomes a file's name
    const known = files.get(dfspId) ?? watchedFile(path.join(folder, `${dfspId}.pem`), parsePublicKey);
    try {
      const key = await known();
      files.set(dfspId, known); // names that nobody has are not remembered: they cost nothing
      return key;
    } catch (error) {
      files.delete(dfspId);
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  };
}

/** A key, or a certificate that holds one. */
function parsePublicKey(pem: string): KeyObject {
  return createPublicKey(pem);
}

/** Our own key for signatures. */
export function ownKey(file: string): () => Promise<KeyObject> {
  return watchedFile(file, (pem) => createPrivateKey(pem));
}
