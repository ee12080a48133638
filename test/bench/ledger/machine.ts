import { open, readFile, rm } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import path from 'node:path';
import { median } from './figures';

/** What it ran on, in one line. */
export async function machineOf(): Promise<string> {
  const [first] = cpus();
  const processors = `${cpus().length} × ${first?.model.trim() ?? 'unknown'}`;
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  return `${processors}; ${memory}; ${await diskOf(tmpdir())}; Node ${process.version}`;
}

/** Device and file system of a folder, and how long a small write takes until it is on the disk. */
async function diskOf(folder: string): Promise<string> {
  const mounts = (await readFile('/proc/mounts', 'utf8').catch(() => '')).split('\n').map((line) => line.split(' '));
  const holding = mounts
    .filter(([, point = '']) => point === '/' || folder === point || folder.startsWith(`${point}/`))
    .sort(([, one = ''], [, other = '']) => other.length - one.length)[0];
  const [device = 'unknown disk', , type = 'unknown file system'] = holding ?? [];
  return `${device} (${type}, 8 kB written and synced in ${(await syncMs(folder)).toFixed(2)} ms)`;
}

const probes = 50;

async function syncMs(folder: string): Promise<number> {
  const file = path.join(folder, `starhash-bench-sync-${process.pid}`);
  const handle = await open(file, 'w');
  try {
    const page = Buffer.alloc(8_192, 1);
    const times: number[] = [];
    for (let probe = 0; probe < probes; probe += 1) {
      const startedAt = performance.now();
      await handle.write(page, 0, page.length, 0);
      await handle.datasync();
      times.push(performance.now() - startedAt);
    }
    return median(times);
  } finally {
    await handle.close();
    await rm(file, { force: true });
  }
}
