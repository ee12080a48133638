import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A folder with a key pair for each: `<name>.key` and `<name>.pem`. */
export async function makeKeys(names: readonly string[]): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'ttk-keys-'));
  for (const name of names) {
    const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
    await writeFile(path.join(folder, `${name}.key`), pair.privateKey.export({ type: 'pkcs8', format: 'pem' }));
    await writeFile(path.join(folder, `${name}.pem`), pair.publicKey.export({ type: 'spki', format: 'pem' }));
  }
  return folder;
}
