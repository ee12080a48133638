/**
 * Payments across two cells, with kill -9 of their driver at random moments:
 * `npm run ledger:cells -- --payments 4000 --kills 40`, on the server of DATABASE_URL or on one of its own.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createDb, createIds, migrate, systemClock } from '../../src/platform';
import { databaseUrl, withServer } from '../support/database';
import { startCluster } from './ledger-kill-cluster';
import { foundCell, openCell, pay, proveCells, resume, type Cell } from './ledger-cells-saga';

const concurrency = 64;
const customersEach = 200;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { payments: { type: 'string' }, kills: { type: 'string' }, drive: { type: 'string', multiple: true } },
  });
  if (values.drive) return drive(values.drive, Number(values.payments));
  const [payments, kills] = [Number(values.payments ?? 4_000), Number(values.kills ?? 40)];
  const external = process.env['DATABASE_URL'];
  const cluster = external === undefined ? await startCluster() : { url: external, close: () => Promise.resolve() };
  const names = [1, 2].map((number) => `starhash_cells_${process.pid}_${number}`);
  const urls = names.map((name) => databaseUrl(cluster.url, name));
  try {
    await withServer(cluster.url, async (server) => {
      for (const name of names) await server.run({ text: `create database ${name}` });
    });
    for (const [index, url] of urls.entries()) await found(url, index + 1);
    await killAndResume(urls, { payments, kills });
  } finally {
    await withServer(cluster.url, async (server) => {
      for (const name of names) await server.run({ text: `drop database if exists ${name} with (force)` });
    });
    await cluster.close();
  }
}

async function found(url: string, number: number): Promise<void> {
  const owner = createDb({ url, connectionsMax: 4, onError: () => undefined });
  await migrate(owner);
  await foundCell(owner, systemClock, number, customersEach);
  await owner.close();
}

/** One driver after the other; the last one is left alone until nothing is under way. */
async function killAndResume(
  urls: readonly string[],
  { payments, kills }: { payments: number; kills: number },
): Promise<void> {
  const began = performance.now();
  let resumed = 0;
  const listen = (child: ReturnType<typeof driverOf>): void => {
    child.stdout.on('data', (said: Buffer) => (resumed += Number(/resumed (\d+)/.exec(said.toString())?.[1] ?? 0)));
  };
  for (let kill = 1; kill <= kills; kill += 1) {
    const child = driverOf(urls, payments);
    listen(child);
    const ended = once(child, 'exit');
    await Promise.race([once(child.stdout, 'data'), ended]); // it has begun
    await sleep(Math.random() * 400);
    child.kill('SIGKILL');
    await ended;
    if (kill % 10 === 0) console.error(`${kill} drivers were killed`);
  }
  const last = driverOf(urls, payments);
  listen(last);
  const [code] = (await once(last, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`the last driver ended with ${code}`);
  const cells = await openBoth(urls);
  const report = await proveCells(cells);
  for (const cell of cells) await cell.close();
  console.error('ledger-cells: both books verify, the transit accounts mirror each other, no coin was lost or made');
  console.log(JSON.stringify({ ...report, kills, resumed, seconds: Math.round((performance.now() - began) / 1000) }));
}

function driverOf(urls: readonly string[], payments: number) {
  const drives = urls.flatMap((url) => ['--drive', url]);
  const args = ['--import', 'tsx', __filename, '--payments', String(payments), ...drives];
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
}

async function openBoth([one = '', other = '']: readonly string[]): Promise<[Cell, Cell]> {
  return [await openCell(one, systemClock), await openCell(other, systemClock)];
}

/** The driver: first what was under way, then new payments, until there are as many as there should be. */
async function drive(urls: readonly string[], payments: number): Promise<void> {
  const cells = await openBoth(urls);
  const [one, other] = cells;
  process.stdout.write('begun\n');
  const resumed = await Promise.all([resume(one, other), resume(other, one)]);
  process.stdout.write(`resumed ${resumed[0] + resumed[1]}\n`);
  const made = await Promise.all(
    cells.map(({ db }) => db.one<{ count: bigint }>({ text: 'select count(*) as count from crossing' })),
  );
  let left = payments - made.reduce((sum, { count }) => sum + Number(count), 0);
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await payOne(cells);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  for (const cell of cells) await cell.close();
}

async function payOne(cells: readonly [Cell, Cell]): Promise<void> {
  const [from, to] = Math.random() < 0.6 ? cells : [cells[1], cells[0]];
  const pick = (of: readonly string[]) => of[Math.floor(Math.random() * of.length)] ?? '';
  await pay({
    ...{ from, to, payer: pick(from.customers), payee: pick(to.customers) },
    transferId: createIds(systemClock).uuid(),
    amountMinor: BigInt(1 + Math.floor(Math.random() * 900)),
  });
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
