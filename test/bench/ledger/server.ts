import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir, totalmem } from 'node:os';
import path from 'node:path';
import { claimDataDir, loadSecrets, startPostgres } from '../../../src/embedded';
import { databaseUrl, withServer } from '../../support/database';

export interface BenchServer {
  readonly url: string;
  readonly kind: 'embedded' | 'DATABASE_URL';
  readonly version: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly maxConnections: number;
  /** Makes a database of this run, a copy of another one of it where that is named. */
  createDatabase(name: string, template?: string): Promise<string>;
  /** Makes so much log that its files are there to be used again, and begins a new checkpoint. */
  prefillLog(bytes: number): Promise<void>;
  /** Stops the server and removes it if it is ours, else drops the run's databases. */
  stop: () => Promise<void>;
}

/** Memory and checkpoints as on a server that does nothing else; what makes a commit durable stays as it is. */
const embeddedSettings = {
  shared_buffers: `${Math.min(2_048, Math.floor(totalmem() / 2 ** 20 / 4))}MB`,
  max_wal_size: '8GB',
  min_wal_size: '4GB',
  checkpoint_timeout: '15min',
  max_connections: 120,
};

const told = [
  'fsync',
  'synchronous_commit',
  'full_page_writes',
  'wal_sync_method',
  'shared_buffers',
  'min_wal_size',
  'max_wal_size',
  'checkpoint_timeout',
  'autovacuum',
  'max_connections',
];
const neverOff = ['fsync', 'synchronous_commit', 'full_page_writes'];
const prefix = 'bench_ledger_';
const leftoverAgeMs = 6 * 3_600_000;

/** The server of DATABASE_URL, as it is; else the embedded one in a temporary folder. */
export async function openServer(): Promise<BenchServer> {
  const external = process.env['DATABASE_URL'];
  const run = `${prefix}${Date.now()}_`;
  const { url, stop } = external === undefined ? await startEmbedded() : elsewhere(external, run);
  try {
    const { version, settings } = await readSettings(url);
    await dropDatabases(url, (name) => Date.now() - Number(/^bench_ledger_(\d+)_/.exec(name)?.[1]) > leftoverAgeMs);
    return {
      url,
      kind: external === undefined ? 'embedded' : 'DATABASE_URL',
      version,
      settings,
      maxConnections: Number(settings['max_connections']),
      createDatabase: async (name, template) => {
        const from = template === undefined ? '' : ` template ${run}${template}`;
        await withServer(url, (server) => server.run({ text: `create database ${run}${name}${from}` }));
        return databaseUrl(url, `${run}${name}`);
      },
      prefillLog: (bytes) => prefillLog(url, bytes),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function elsewhere(url: string, run: string): { url: string; stop: () => Promise<void> } {
  return { url, stop: () => dropDatabases(url, (name) => name.startsWith(run)) };
}

/** Throws one clear line where a commit would not be durable: such figures are worth nothing. */
async function readSettings(url: string): Promise<{ version: string; settings: Record<string, string> }> {
  return withServer(url, async (server) => {
    const rows = await server.rows<{ name: string; value: string }>({
      text: 'select name, current_setting(name) as value from unnest($1::text[]) name',
      values: [[...told, 'server_version']],
    });
    const settings = Object.fromEntries(rows.map(({ name, value }) => [name, value]));
    const off = neverOff.filter((name) => settings[name] === 'off');
    if (off.length > 0)
      throw new Error(`this server has ${off.join(' and ')} off: a ledger is not measured without it`);
    const { server_version: version = '?', ...rest } = settings;
    return { version, settings: rest };
  });
}

const segmentBytes = 16 * 2 ** 20;

async function prefillLog(url: string, bytes: number): Promise<void> {
  await withServer(url, async (server) => {
    for (let filled = 0; filled < bytes; filled += segmentBytes) {
      await server.run({ text: `select pg_logical_emit_message(false, 'bench', repeat('x', ${segmentBytes}))` });
    }
    await server.run({ text: 'checkpoint' });
  });
}

async function startEmbedded(): Promise<{ url: string; stop: () => Promise<void> }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'starhash-bench-'));
  await chmod(folder, 0o711); // run by root, PostgreSQL's account must pass through
  const dataDir = await claimDataDir(path.join(folder, 'data'));
  const leave = async (): Promise<void> => {
    await dataDir.release();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const { databasePassword: password } = await loadSecrets(dataDir.path);
    const postgres = await startPostgres({ dataDir: dataDir.path, password, settings: embeddedSettings });
    return { url: postgres.url, stop: () => postgres.stop().finally(leave) };
  } catch (error) {
    await leave();
    throw error;
  }
}

async function dropDatabases(url: string, doomed: (name: string) => boolean): Promise<void> {
  await withServer(url, async (server) => {
    const databases = await server.rows<{ datname: string }>({ text: 'select datname from pg_database' });
    for (const { datname } of databases) {
      if (doomed(datname)) await server.run({ text: `drop database if exists ${datname} with (force)` });
    }
  });
}
