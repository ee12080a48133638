import { execFile } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { createDb, type Db, type Session } from '../../../src/platform';
import { backendsOf, withParameters } from './books';
import type { Sample } from './figures';
import { closedLoop, type Timing } from './load';

/** The yardstick: TPC-B's transaction, as pgbench has it. */
export interface Tpcb {
  /** Who asks: `pgbench`, or `tpcb by node` where it is not installed. */
  readonly by: string;
  readonly scale: number;
  run(clients: number, timing: Timing): Promise<Sample>;
  close(): Promise<void>;
}

export const tpcbClients = [8, 16, 32] as const;

const accountsPerScale = 100_000;
const tellersPerScale = 10;
const run = promisify(execFile);

export async function createTpcb(url: string, scale: number): Promise<Tpcb> {
  const program = await findPgbench();
  return program === undefined ? byNode(url, scale) : byPgbench(program, url, scale);
}

/** On the PATH, else the newest one of Debian's folders. */
async function findPgbench(): Promise<string | undefined> {
  const debian = '/usr/lib/postgresql';
  const versions = (await readdir(debian).catch(() => [])).sort((one, other) => Number(other) - Number(one));
  const folders = [
    ...(process.env['PATH'] ?? '').split(path.delimiter),
    ...versions.map((version) => path.join(debian, version, 'bin')),
  ];
  for (const folder of folders) {
    const file = path.join(folder, 'pgbench');
    const found = await stat(file).catch(() => undefined);
    if (found?.isFile()) return file;
  }
  return undefined;
}

async function byPgbench(program: string, url: string, scale: number): Promise<Tpcb> {
  const plain = new URL(url);
  const env = { ...process.env, PGPASSWORD: decodeURIComponent(plain.password) };
  plain.password = ''; // not on a command line
  const pgbench = (...args: string[]) => run(program, [...args, plain.href], { env, maxBuffer: 2 ** 24 });
  await pgbench('-i', '-q', '-s', String(scale));
  return {
    by: 'pgbench',
    scale,
    run: async (clients, { warmUpMs, measureMs }) => {
      if (warmUpMs === 0) return { perSecond: Number.NaN }; // it warms up by itself, in each round's first second
      const seconds = Math.max(2, Math.ceil((warmUpMs + measureMs) / 1_000));
      const options = ['-n', '-M', 'prepared', '-c', String(clients), '-j', '2', '-T', String(seconds), '-P', '1'];
      const { stderr } = await pgbench(...options);
      // A line a second; the first one is the warm-up.
      const lines = [...stderr.matchAll(/progress: [\d.]+ s, ([\d.]+) tps, lat ([\d.]+) ms/g)].slice(1);
      const mean = (column: number) => lines.reduce((sum, line) => sum + Number(line[column]), 0) / lines.length;
      if (lines.length === 0) throw new Error(`pgbench told no progress: ${stderr}`);
      return { perSecond: mean(1), p50Ms: mean(2) };
    },
    close: () => Promise.resolve(),
  };
}

/** The same tables, rows and statements, one statement a round trip, as pgbench has them with -M prepared. */
async function byNode(url: string, scale: number): Promise<Tpcb> {
  const owner = createDb({ url: withParameters(url, { application_name: 'bench' }), connectionsMax: 1, onError });
  const db = createDb({ url, connectionsMax: Math.max(...tpcbClients), onError });
  await owner.run({
    text: `create table pgbench_branches (bid int primary key, bbalance int, filler char(88)) with (fillfactor = 100);
           create table pgbench_tellers (tid int primary key, bid int, tbalance int, filler char(84)) with (fillfactor = 100);
           create table pgbench_accounts (aid int not null, bid int, abalance int, filler char(84)) with (fillfactor = 100);
           create table pgbench_history (tid int, bid int, aid int, delta int, mtime timestamp, filler char(22));
           insert into pgbench_branches select n, 0 from generate_series(1, ${scale}) n;
           insert into pgbench_tellers select n, (n - 1) / ${tellersPerScale} + 1, 0
           from generate_series(1, ${scale * tellersPerScale}) n`,
  });
  for (let branch = 1; branch <= scale; branch += 1) {
    await owner.run({
      text: `insert into pgbench_accounts select n, $1::int, 0, '' from generate_series(($1 - 1) * $2 + 1, $1 * $2) n`,
      values: [branch, accountsPerScale],
    });
  }
  await owner.run({ text: 'alter table pgbench_accounts add primary key (aid)' });
  await owner.run({ text: 'vacuum analyze' });
  const watched = { backends: () => backendsOf(owner), sent: () => ({ batches: 0, transfers: 0 }) };
  return {
    by: 'tpcb by node',
    scale,
    run: async (clients, timing) => {
      const idle = await Promise.all(Array.from({ length: clients }, () => db.session()));
      const step = async (): Promise<void> => {
        const session = idle.pop();
        if (!session) throw new Error('there are as many sessions as clients');
        await tpcbTransaction(session, scale);
        idle.push(session);
      };
      const sample = await closedLoop(watched, step, clients, timing);
      for (const session of idle) session.end();
      return sample;
    },
    close: () => closeAll(db, owner),
  };
}

async function tpcbTransaction(sql: Session, scale: number): Promise<void> {
  const draw = (count: number) => 1 + Math.floor(Math.random() * count);
  const [account, branch, teller] = [draw(scale * accountsPerScale), draw(scale), draw(scale * tellersPerScale)];
  const delta = draw(10_001) - 5_001;
  const statement = (name: string, text: string, values: number[] = []) =>
    sql.run({ name: `tpcb.${name}`, text, values });
  await statement('begin', 'begin');
  await statement('account', 'update pgbench_accounts set abalance = abalance + $1 where aid = $2', [delta, account]);
  await statement('balance', 'select abalance from pgbench_accounts where aid = $1', [account]);
  await statement('teller', 'update pgbench_tellers set tbalance = tbalance + $1 where tid = $2', [delta, teller]);
  await statement('branch', 'update pgbench_branches set bbalance = bbalance + $1 where bid = $2', [delta, branch]);
  await statement(
    'history',
    'insert into pgbench_history (tid, bid, aid, delta, mtime) values ($1, $2, $3, $4, current_timestamp)',
    [teller, branch, account, delta],
  );
  await statement('end', 'end');
}

async function closeAll(...dbs: Db[]): Promise<void> {
  for (const db of dbs) await db.close();
}

function onError(error: Error): void {
  console.error(`a connection broke: ${error.message}`);
}
