import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { assert, createDb, sqlState, type Db } from '../platform';
import { accountForPostgres, isRoot } from './account';
import { ensureCluster, superuser } from './cluster';
import { holdsLock } from './lock';
import { stopOrphan } from './orphan';
import { findPlace, ownerOfData, type Place } from './place';
import { findPrograms } from './programs';
import { launchServer, type PostgresSettings, type Server } from './server';
import { StartError } from './start-error';

export interface EmbeddedPostgres {
  /** Of the database `starhash`, with the password in it: never log it. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** What the operator should know, one line each: where copies went, which server was stopped. */
  readonly notes: readonly string[];
  /** Stops the server, in 6 s at most. */
  readonly stop: () => Promise<void>;
  /** Hears once, with one clear line, when the server ends without `stop`. */
  readonly onExit: (listener: (why: string) => void) => void;
}

export interface PostgresOptions {
  readonly dataDir: string;
  readonly password: string;
  /** Settings of PostgreSQL beside or instead of ours: a bench gives it more memory. */
  readonly settings?: PostgresSettings;
}

const databaseName = 'starhash';

/**
 * Starts the PostgreSQL that comes with starhash on the data in `dataDir`, which this process must have claimed; makes
 * the database on the first start. Resolves when it has answered a query. StartError with one clear line otherwise.
 */
export async function startPostgres(options: PostgresOptions): Promise<EmbeddedPostgres> {
  assert(await holdsLock(options.dataDir), 'the data folder is claimed before its database is started');
  const dataDir = await realpath(options.dataDir);
  const account = isRoot() ? await accountForPostgres(await ownerOfData(dataDir)) : undefined;
  const { tools, notes } = await findPrograms(dataDir, account);
  const place = await findPlace(dataDir, tools);
  try {
    const orphan = await stopOrphan(place.cluster);
    await ensureCluster(tools, place.cluster, options.password);
    await place.settle();
    const logFile = path.join(dataDir, 'postgres.log');
    const server = await launchServer({ tools, cluster: place.cluster, logFile, settings: options.settings });
    const urlOf = (name: string) => `postgres://${superuser}:${options.password}@127.0.0.1:${server.port}/${name}`;
    await orStop(server, () => ensureDatabase(urlOf, dataDir));
    return {
      url: urlOf(databaseName),
      port: server.port,
      pid: server.pid,
      notes: [
        ...(orphan === undefined ? [] : [`stopped a PostgreSQL that an earlier run had left behind (pid ${orphan})`]),
        ...notes,
        ...place.notes,
      ],
      stop: () => stopAndLeave(server, place),
      onExit: server.onExit,
    };
  } catch (error) {
    await place.release();
    throw error;
  }
}

/**
 * Stops the PostgreSQL that a killed starhash left behind on `dataDir`, which this process must have claimed. Returns
 * its process number, or undefined when there was none.
 */
export async function stopLeftPostgres(dataDir: string): Promise<number | undefined> {
  assert(await holdsLock(dataDir), 'the data folder is claimed before its database is stopped');
  return stopOrphan(path.join(await realpath(dataDir), 'postgres'));
}

async function stopAndLeave(server: Server, place: Place): Promise<void> {
  await server.stop();
  await place.release();
}

async function orStop(server: Server, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function ensureDatabase(urlOf: (name: string) => string, dataDir: string): Promise<void> {
  const db = createDb({ url: urlOf('postgres'), connectionsMax: 1, onError: () => undefined });
  try {
    const there = await firstAnswer(db, dataDir);
    if (!there) await db.run({ text: `create database ${databaseName}` });
  } finally {
    await db.close();
  }
}

/** Whether the database exists. The first query of all: here it shows whether the password is the right one. */
async function firstAnswer(db: Db, dataDir: string): Promise<boolean> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const found = await db.rows({ text: 'select from pg_database where datname = $1', values: [databaseName] });
      return found.length === 1;
    } catch (error) {
      if (sqlState(error) === '28P01') {
        throw new StartError(
          `the password in ${path.join(dataDir, 'secrets.json')} does not open the database in ${dataDir}: they belong together, put both back from the same backup`,
          { cause: error },
        );
      }
      if (attempt >= 20) throw new StartError('PostgreSQL started but answers no query', { cause: error });
      await sleep(100);
    }
  }
}
