import { readFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { withServer } from '../../support/database';

/** Tells which share of the processors others have had; undefined where the system does not tell. */
export async function watchOthers(url: string): Promise<() => Promise<number | undefined>> {
  const before = await reading(url);
  return async () => {
    const after = await reading(url);
    if (!before || !after || before.server === 0) return undefined;
    const elapsed = (after.atMs - before.atMs) * cpus().length;
    const others = after.busyMs - before.busyMs - (after.ownMs - before.ownMs) - (after.server - before.server);
    return Math.max(0, others / elapsed);
  };
}

interface Reading {
  readonly atMs: number;
  readonly busyMs: number;
  readonly ownMs: number;
  readonly server: number;
}

const msPerTick = 10;

async function reading(url: string): Promise<Reading | undefined> {
  const all = (await readFile('/proc/stat', 'utf8').catch(() => '')).split('\n')[0]?.trim().split(/\s+/).map(Number);
  if (!all) return undefined;
  const [, user = 0, nice = 0, system = 0, , , irq = 0, softIrq = 0, steal = 0] = all;
  const pids = await withServer(url, async (server) =>
    server.rows<{ pid: number }>({ text: `select pid from pg_stat_activity` }),
  );
  const parents = await Promise.all(pids.map(({ pid }) => parentOf(pid)));
  const postmaster = parents.find((pid) => pid > 1);
  const living = await Promise.all(pids.map(({ pid }) => timesOf(pid)));
  return {
    atMs: performance.now(),
    busyMs: (user + nice + system + irq + softIrq + steal) * msPerTick,
    ownMs: (await timesOf(process.pid)) * msPerTick,
    server:
      postmaster === undefined
        ? 0
        : ((await timesOf(postmaster)) + living.reduce((sum, ticks) => sum + ticks, 0)) * msPerTick,
  };
}

/** Of the process and of its children that have ended. */
async function timesOf(pid: number): Promise<number> {
  return (await fieldsOf(pid)).slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0);
}

async function parentOf(pid: number): Promise<number> {
  return Number((await fieldsOf(pid))[1] ?? 0);
}

async function fieldsOf(pid: number): Promise<string[]> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}
