import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Leaves a pair for RS256 in a folder, `<name>.key` and `<name>.pem`, and returns the private one. */
export async function writeKeyPair(folder: string, name: string): Promise<KeyObject> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  await writeFile(path.join(folder, `${name}.key`), privateKey.export({ type: 'pkcs8', format: 'pem' }));
  await writeFile(path.join(folder, `${name}.pem`), publicKey.export({ type: 'spki', format: 'pem' }));
  return privateKey;
}
