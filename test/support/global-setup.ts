import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readdir, rm, stat, statfs } from 'node:fs/promises';
import { freemem, tmpdir } from 'node:os';
import path from 'node:path';
import { claimDataDir, loadSecrets, startPostgres, stopLeftPostgres } from '../../src/embedded';
import { createDb, migrate, type Db } from '../../src/platform';
import {
  brokenVariable,
  databaseUrl,
  openTestDatabase,
  peopledVariable,
  serverUrlVariable,
  templateVariable,
  withServer,
} from './database';
import { openWorld, testNow } from './world';

/** Handed to global-teardown.ts, which runs in the same process. */
export interface TestServer {
  readonly stop: () => Promise<void>;
}
const handover = Symbol.for('starhash.testServer');
export const testServer = globalThis as { [handover]?: TestServer | undefined };
export { handover };

const folderPrefix = 'starhash-test-';
const leftoverAgeMs = 3_600_000;
/** Files of tests are in memory where there is this much of it: databases are made and dropped ten times as fast. */
const memoryFolder = '/dev/shm';
const memoryMinBytes = 8 * 2 ** 30;
/** A run that began just now may not hold its folder yet. */
const folderAgeMs = 60_000;

/**
 * One server for the whole run: the one of DATABASE_URL (its role must be allowed to create databases), else the
 * embedded one in a temporary folder, with the settings of production. On it one migrated template for all tests, and
 * one with the people of the sandbox.
 */
async function setUp(): Promise<void> {
  const folder = await makeFolder();
  const external = process.env['DATABASE_URL'];
  const started =
    external === undefined ? await startEmbedded(folder) : { url: external, stop: () => Promise.resolve() };
  const { url } = started;
  const run = `starhash_test_${Date.now()}_${randomBytes(3).toString('hex')}_`;
  testServer[handover] = {
    stop: async () => {
      await withServer(url, (server) => dropAll(server, (name) => name.startsWith(run))).finally(() => started.stop());
      await rm(folder, { recursive: true, force: true });
    },
  };
  try {
    await withServer(url, async (server) => {
      await dropAll(server, isLeftover);
      await server.run({ text: `create database ${run}template` });
    });
    process.env[serverUrlVariable] = url;
    process.env[templateVariable] = `${run}template`;
    await migrateTemplate(databaseUrl(url, `${run}template`));
    if (process.env[brokenVariable] === undefined) await peopleTemplate(url, run);
  } catch (error) {
    await testServer[handover].stop();
    throw error;
  }
}

// Jest takes the default export only.
export { setUp as default };

/** A migration that does not apply fails the tests that need a database, not all of them. */
async function migrateTemplate(url: string): Promise<void> {
  const db = createDb({ url, connectionsMax: 1, onError: () => undefined });
  try {
    await migrate(db);
    // The months of the clock on the wall and of the tests' own, so that no test has to make them.
    for (const now of [new Date(), testNow]) await db.rows({ text: 'select * from ledger_prepare($1)', values: [now] });
  } catch (error) {
    process.env[brokenVariable] = error instanceof Error ? error.message : String(error);
  } finally {
    await db.close();
  }
}

/** Signing up the people of the sandbox takes longer than cloning them. */
async function peopleTemplate(url: string, run: string): Promise<void> {
  await withServer(url, (server) => server.run({ text: `create database ${run}peopled template ${run}template` }));
  const database = openTestDatabase(url, `${run}peopled`);
  const { world, peopled } = await openWorld({ ...database, drop: () => database.db.close() }, { seed: 'people' });
  await world.close();
  process.env[peopledVariable] = JSON.stringify(peopled);
}

/** For the files of this run: what every test takes for the system's temporary folder. */
async function makeFolder(): Promise<string> {
  if (await hasMemory()) process.env['TMPDIR'] = memoryFolder;
  await removeLeftFolders();
  const folder = await mkdtemp(path.join(tmpdir(), folderPrefix));
  await chmod(folder, 0o1777); // run by root, PostgreSQL's account must get through
  process.env['TMPDIR'] = folder;
  return folder;
}

async function hasMemory(): Promise<boolean> {
  const room = await statfs(memoryFolder).catch(() => undefined);
  return room !== undefined && Math.min(room.bavail * room.bsize, freemem()) >= memoryMinBytes;
}

async function startEmbedded(folder: string): Promise<{ url: string; stop(): Promise<void> }> {
  const dataDir = await claimDataDir(path.join(folder, 'data'));
  try {
    const { databasePassword } = await loadSecrets(dataDir.path);
    const postgres = await startPostgres({ dataDir: dataDir.path, password: databasePassword });
    return {
      url: postgres.url,
      stop: async () => {
        await postgres.stop();
        await dataDir.release();
      },
    };
  } catch (error) {
    await dataDir.release();
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Folders and servers of runs that were killed; those of runs that live are held, and left alone. */
async function removeLeftFolders(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(folderPrefix)) continue;
    const folder = path.join(tmpdir(), name);
    const { mtimeMs } = await stat(folder).catch(() => ({ mtimeMs: Infinity }));
    if (Date.now() - mtimeMs < folderAgeMs) continue;
    const dataDir = await claimDataDir(path.join(folder, 'data'), 0).catch(() => undefined);
    if (!dataDir) continue;
    await stopLeftPostgres(dataDir.path);
    await rm(folder, { recursive: true, force: true });
  }
}

function isLeftover(name: string): boolean {
  const startedMs = Number(/^starhash_test_(\d{13})_/.exec(name)?.[1]);
  return Date.now() - startedMs > leftoverAgeMs;
}

async function dropAll(server: Db, doomed: (name: string) => boolean): Promise<void> {
  const databases = await server.rows<{ datname: string }>({ text: 'select datname from pg_database' });
  for (const { datname } of databases) {
    if (doomed(datname)) await server.run({ text: `drop database if exists ${datname} with (force)` });
  }
}
