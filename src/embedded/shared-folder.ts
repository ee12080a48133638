import { lstat, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { codeOf } from './start-error';

/**
 * As root: the folders of ours that any account can pass through, best first. Data goes only where it outlives a
 * restart of the machine. A folder that somebody else could write is left out: whoever owns it could plant programs.
 */
export async function sharedFolders(purpose: 'programs' | 'data'): Promise<string[]> {
  const parents = ['/var/lib', '/var/tmp', ...(purpose === 'programs' ? [tmpdir()] : [])];
  const usable: string[] = [];
  for (const parent of parents) {
    const folder = path.join(parent, 'starhash');
    if (await isOurs(folder).catch(() => false)) usable.push(folder);
  }
  return usable;
}

async function isOurs(folder: string): Promise<boolean> {
  await mkdir(folder, { mode: 0o755 }).catch((error: unknown) => {
    if (codeOf(error) !== 'EEXIST') throw error;
  });
  const found = await lstat(folder); // not stat: a link could be pointed elsewhere later
  return found.isDirectory() && found.uid === 0 && (found.mode & 0o022) === 0;
}
