import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { holderOf } from './lock';
import { codeOf, orStartError } from './start-error';

/** How a command-line tool reaches the database of the starhash that runs on this folder. */
export interface RunInfo {
  readonly pid: number;
  /** With the password in it: never log it. */
  readonly databaseUrl: string;
  /** Where its gateway listens. */
  readonly port?: number | undefined;
}

const runFile = (dataDir: string) => path.join(dataDir, 'run.json');

/** Writes DATA_DIR/run.json (0600). `DataDir.release` removes it. */
export async function writeRunFile(dataDir: string, info: RunInfo): Promise<void> {
  const file = runFile(dataDir);
  await orStartError(`cannot write ${file}`, async () => {
    const fresh = `${file}.new`;
    await rm(fresh, { force: true });
    await writeFile(fresh, `${JSON.stringify(info)}\n`, { mode: 0o600, flag: 'wx' });
    await rename(fresh, file);
  });
}

/**
 * What the starhash that runs on `dataDir` wrote; undefined when none runs. A file that a kill -9 left counts as none:
 * its writer must still hold the folder. StartError when the file may not be read.
 */
export async function readRunFile(dataDir: string): Promise<RunInfo | undefined> {
  const file = runFile(dataDir);
  return orStartError(`cannot read ${file}`, async () => {
    const holder = await holderOf(dataDir);
    const info = parseRunInfo(await readIfThere(file));
    return holder && info?.pid === holder.pid ? info : undefined;
  });
}

export async function removeRunFile(dataDir: string): Promise<void> {
  await rm(runFile(dataDir), { force: true });
}

async function readIfThere(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return '';
    throw error;
  });
}

function parseRunInfo(text: string): RunInfo | undefined {
  try {
    const { pid, databaseUrl, port } = JSON.parse(text) as Record<string, unknown>;
    if (typeof pid !== 'number' || typeof databaseUrl !== 'string') return undefined;
    return { pid, databaseUrl, port: typeof port === 'number' ? port : undefined };
  } catch {
    return undefined;
  }
}
