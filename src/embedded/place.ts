import { createHash, randomBytes } from 'node:crypto';
import {
  access,
  chown,
  lchown,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import type { Account } from './account';
import { takeLock } from './lock';
import { sharedFolders } from './shared-folder';
import { orStartError, StartError } from './start-error';
import { runTool, type Tools } from './tools';

/** Where the data of PostgreSQL lie. */
export interface Place {
  /** The cluster's folder; it may not exist yet, its parent does. */
  readonly cluster: string;
  readonly notes: readonly string[];
  /** To be called when the cluster is complete: from now on it must be found there. */
  readonly settle: () => Promise<void>;
  readonly release: () => Promise<void>;
}

const nothing = () => Promise.resolve();
const pointerOf = (dataDir: string) => path.join(dataDir, 'postgres.location');
const intentOf = (dataDir: string) => path.join(dataDir, 'postgres.location.new');

/** The account that owns the data of `dataDir` already, or undefined: as root PostgreSQL goes on under that one. */
export async function ownerOfData(dataDir: string): Promise<number | undefined> {
  const cluster = (await readPath(pointerOf(dataDir))) ?? path.join(dataDir, 'postgres');
  return stat(cluster).then(
    ({ uid }) => uid,
    () => undefined,
  );
}

/**
 * DATA_DIR/postgres; as root and where the account cannot reach that, a folder of ours that it can reach, to which
 * DATA_DIR/postgres.location then points. StartError when the pointer leads nowhere: an empty database in place of
 * the lost one would look as if all money were gone.
 */
export async function findPlace(dataDir: string, tools: Tools): Promise<Place> {
  const pointed = await readPath(pointerOf(dataDir));
  if (pointed !== undefined) {
    if (await exists(path.join(pointed, 'PG_VERSION'))) return placeElsewhere(dataDir, pointed);
    throw new StartError(
      `${pointerOf(dataDir)} says that the data are in ${pointed}, but they are not there: restore them from your backup, or move ${dataDir} away to begin anew`,
    );
  }
  const cluster = path.join(dataDir, 'postgres');
  const here: Place = { cluster, notes: [], settle: nothing, release: nothing };
  const { account } = tools;
  if (!account) return here;
  if (await exists(path.join(cluster, 'PG_VERSION'))) {
    await giveTo(account, cluster);
    if (await reads(tools, cluster)) return here;
    throw new StartError(
      `PostgreSQL, which as root runs under the account "${account.name}", cannot reach ${cluster}: let that account pass through the folders above it, or start as an ordinary user`,
    );
  }
  const intended = await readPath(intentOf(dataDir));
  if (intended !== undefined && (await exists(path.dirname(intended)))) return placeElsewhere(dataDir, intended);
  return (await passesThrough(tools, account, dataDir)) ? here : newPlaceElsewhere(dataDir, account);
}

async function newPlaceElsewhere(dataDir: string, account: Account): Promise<Place> {
  const hash = createHash('sha256').update(dataDir).digest('hex').slice(0, 12);
  for (const shared of await sharedFolders('data')) {
    // The random part: data of an earlier DATA_DIR at the same path are not ours and stay untouched.
    const folder = path.join(shared, `${hash}-${randomBytes(3).toString('hex')}`);
    const cluster = path.join(folder, 'postgres');
    await orStartError(`cannot make ${folder}`, async () => {
      await mkdir(folder, { mode: 0o710 });
      await chown(folder, 0, account.gid);
      await writeFile(intentOf(dataDir), `${cluster}\n`, { mode: 0o600 });
    });
    return placeElsewhere(dataDir, cluster);
  }
  throw new StartError(
    `PostgreSQL, which as root runs under the account "${account.name}", cannot reach ${dataDir}, nor could a folder be made for it in /var/lib: set DATA_DIR to a folder it can reach, or start as an ordinary user`,
  );
}

/** A copied DATA_DIR would point to the same data, so they are locked by themselves too. */
async function placeElsewhere(dataDir: string, cluster: string): Promise<Place> {
  const folder = path.dirname(cluster);
  const lock = await orStartError(`cannot use ${folder}`, () => takeLock(folder, 0));
  if (!lock.taken) {
    throw new StartError(
      `the data in ${cluster}, to which ${pointerOf(dataDir)} points, are in use by another starhash (pid ${lock.by.pid})`,
    );
  }
  return {
    cluster,
    notes: [`the data are in ${cluster} (PostgreSQL does not run as root, and its account cannot reach ${dataDir})`],
    settle: async () => {
      if (await exists(intentOf(dataDir))) await rename(intentOf(dataDir), pointerOf(dataDir));
    },
    release: () => lock.release(),
  };
}

/** Whether the account can get at what lies in `folder`: tried, with a configuration of no lines. */
async function passesThrough(tools: Tools, account: Account, folder: string): Promise<boolean> {
  const probe = await orStartError(`cannot write ${folder}`, () => mkdtemp(path.join(folder, 'reach-')));
  try {
    await writeFile(path.join(probe, 'postgresql.conf'), '');
    await giveTo(account, probe);
    return await reads(tools, probe);
  } finally {
    await rm(probe, { recursive: true, force: true });
  }
}

async function reads(tools: Tools, cluster: string): Promise<boolean> {
  return (await runTool(tools, 'postgres', ['-C', 'port', '-D', cluster])).ok;
}

/** Gives what root owns in `file` to the account, so that a backup that root put back can be used. */
async function giveTo(account: Account, file: string): Promise<void> {
  const { uid } = await stat(file);
  if (uid !== 0) return;
  for (const entry of await readdir(file, { recursive: true, withFileTypes: true })) {
    await lchown(path.join(entry.parentPath, entry.name), account.uid, account.gid);
  }
  await lchown(file, account.uid, account.gid); // last: until then a start that was cut off begins again
}

async function readPath(file: string): Promise<string | undefined> {
  const text = (await readFile(file, 'utf8').catch(() => '')).trim();
  return text === '' ? undefined : text;
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
