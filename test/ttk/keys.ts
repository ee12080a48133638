import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { writeKeyPair } from '../support/keys';

/** A folder with a key pair for each: `<name>.key` and `<name>.pem`. */
export async function makeKeys(names: readonly string[]): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'ttk-keys-'));
  for (const name of names) await writeKeyPair(folder, name);
  return folder;
}
