import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createDb, sqlState, type Db } from '../../src/platform';

/** What global-setup.ts leaves in the environment of the workers. */
export const serverUrlVariable = 'STARHASH_TEST_SERVER_URL';
export const templateVariable = 'STARHASH_TEST_TEMPLATE';
export const brokenVariable = 'STARHASH_TEST_BROKEN';

export interface TestDatabase {
  readonly db: Db;
  readonly url: string;
  /** Closes `db` and drops the database; throws when a connection was leaked. */
  readonly drop: () => Promise<void>;
}

/** A database of its own for a test, with all migrations applied: a clone of the template, made in about 50 ms. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const broken = process.env[brokenVariable];
  if (broken !== undefined) throw new Error(`the migrations do not apply: ${broken}`);
  const [serverUrl, template] = [fromSetup(serverUrlVariable), fromSetup(templateVariable)];
  const name = `${template.replace(/template$/, '')}${randomBytes(6).toString('hex')}`;
  await withServer(serverUrl, (server) => cloneTemplate(server, template, name));
  return openTestDatabase(serverUrl, name);
}

/** A database without anything in it, for those who migrate it themselves. */
export async function createEmptyDatabase(): Promise<TestDatabase> {
  const [serverUrl, template] = [fromSetup(serverUrlVariable), fromSetup(templateVariable)];
  const name = `${template.replace(/template$/, '')}${randomBytes(6).toString('hex')}`;
  await withServer(serverUrl, (server) => server.run({ text: `create database ${name}` }));
  return openTestDatabase(serverUrl, name);
}

function openTestDatabase(serverUrl: string, name: string): TestDatabase {
  const url = databaseUrl(serverUrl, name);
  const db = createDb({ url, connectionsMax: 10, onError: () => undefined });
  return { db, url, drop: () => dropTestDatabase({ db, serverUrl, name }) };
}

/** The same server, another database. */
export function databaseUrl(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

/** Runs `work` with one connection to the server's own database. */
export async function withServer<T>(serverUrl: string, work: (server: Db) => Promise<T>): Promise<T> {
  const server = createDb({ url: serverUrl, connectionsMax: 1, onError: () => undefined });
  try {
    return await work(server);
  } finally {
    await server.close();
  }
}

/** A template can be cloned only while nobody is connected to it, and a worker of the server sometimes looks in. */
async function cloneTemplate(server: Db, template: string, name: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await server.run({ text: `create database ${name} template ${template}` });
      return;
    } catch (error) {
      if (attempt >= 50 || sqlState(error) !== '55006') throw error;
      await sleep(100);
    }
  }
}

interface Dropping {
  readonly db: Db;
  readonly serverUrl: string;
  readonly name: string;
}

async function dropTestDatabase({ db, serverUrl, name }: Dropping): Promise<void> {
  const closed = await Promise.race([db.close().then(() => true), sleep(5_000, false, { ref: false })]);
  const left = await withServer(serverUrl, async (server) => {
    const sessions = await sessionsLeft(server, name);
    await server.run({ text: `drop database if exists ${name} with (force)` });
    return sessions;
  });
  if (!closed) throw new Error(`leak: a connection or transaction of the pool of ${name} was never given back`);
  if (left.length > 0) throw new Error(`leak: at drop() others were still connected to ${name}: ${left.join(', ')}`);
}

/** Who is still connected, after a second in which a closed connection may take its leave. */
async function sessionsLeft(server: Db, name: string): Promise<string[]> {
  for (let attempt = 1; ; attempt += 1) {
    const sessions = await server.rows<{ who: string }>({
      text: `select coalesce(nullif(application_name, ''), 'unnamed') || ' ' || coalesce(state, '?') as who
               from pg_stat_activity where datname = $1 and backend_type = 'client backend'`,
      values: [name],
    });
    if (sessions.length === 0 || attempt >= 20) return sessions.map(({ who }) => who);
    await sleep(50);
  }
}

function fromSetup(variable: string): string {
  const value = process.env[variable];
  if (value === undefined)
    throw new Error(`${variable} is not set: run the tests through jest, whose global set-up sets it`);
  return value;
}
