import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The processes below `pid`, however deep, those that are dead but not buried left out. */
export async function descendantsOf(pid: number): Promise<number[]> {
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid=,stat=']);
  const rows = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  const found: number[] = [];
  for (let parents = [pid]; parents.length > 0;) {
    const below = rows
      .filter(([, parent, state]) => parents.includes(Number(parent)) && !state?.startsWith('Z'))
      .map(([child]) => Number(child));
    found.push(...below);
    parents = below;
  }
  return found;
}

/** Whether a process runs: a zombie does not. */
async function isRunning(pid: number): Promise<boolean> {
  const { stdout } = await run('ps', ['-o', 'stat=', '-p', String(pid)]).catch(() => ({ stdout: '' }));
  return stdout.trim() !== '' && !stdout.trim().startsWith('Z');
}

/** Waits until none of them runs; returns those that still do after `timeoutMs`. */
export async function waitUntilGone(pids: readonly number[], timeoutMs: number): Promise<number[]> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const running = await Promise.all(pids.map(isRunning));
    const left = pids.filter((_, index) => running[index]);
    if (left.length === 0 || performance.now() > deadline) return left;
    await sleep(50);
  }
}
