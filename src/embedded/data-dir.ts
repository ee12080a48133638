import { chmod, chown, mkdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import { accountForPostgres, isRoot } from './account';
import { takeLock } from './lock';
import { processSpace } from './processes';
import { removeRunFile } from './run-file';
import { codeOf, orStartError, StartError } from './start-error';

export interface DataDir {
  /** Absolute, without symbolic links. */
  readonly path: string;
  /** Gives the folder back (and removes run.json); call it last. */
  readonly release: () => Promise<void>;
}

const goingAwayMs = 3_000;

/**
 * Creates the folder (0700; as root 0710 and of PostgreSQL's group, so that the server can pass through to its data)
 * and takes it for this process. A lock that a kill -9 left is taken over. A living holder gets `waitMs` to go away.
 * StartError when the folder cannot be written, or is in use by a living starhash.
 */
export async function claimDataDir(folder: string, waitMs = goingAwayMs): Promise<DataDir> {
  const wanted = path.resolve(folder);
  const lock = await orStartError(`cannot use the data folder ${wanted} (DATA_DIR)`, async () => {
    await makeFolder(wanted);
    return takeLock(wanted, waitMs);
  });
  if (!lock.taken) {
    const where = lock.by.space === (await processSpace()) ? '' : ' of another container or machine';
    throw new StartError(
      `the data folder ${wanted} is in use by a running starhash (pid ${lock.by.pid}${where}): stop that one first, or set DATA_DIR to another folder`,
    );
  }
  return {
    path: await realpath(wanted),
    release: async () => {
      await removeRunFile(wanted);
      await lock.release();
    },
  };
}

async function makeFolder(folder: string): Promise<void> {
  await mkdir(path.dirname(folder), { recursive: true });
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (error) {
    // A folder that was there keeps the permissions its owner chose.
    if (codeOf(error) === 'EEXIST') return;
    throw error;
  }
  const account = isRoot() ? await accountForPostgres().catch(() => undefined) : undefined;
  if (!account) return; // without one, DATABASE_URL still works
  await chown(folder, 0, account.gid);
  await chmod(folder, 0o710);
}
