import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import path from 'node:path';
import { watchedFile } from '../watched-file';

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
