import { execFile } from 'node:child_process';
import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf } from './start-error';

/**
 * When a process began, in a form that no other process of this machine ever shares with the same number; undefined
 * where the system does not tell (only Linux does, in /proc).
 */
export async function birthOf(pid: number): Promise<string | undefined> {
  const [stat, boot] = await Promise.all([procStat(pid), slurp('/proc/sys/kernel/random/boot_id')]);
  return stat && boot !== undefined ? `${boot.trim()}/${stat.startTicks}` : undefined;
}

/**
 * Names the space in which process numbers mean the same: the machine since its boot, or one container on it. A process
 * of another space is invisible here.
 */
export async function processSpace(): Promise<string> {
  const [boot, space] = await Promise.all([
    slurp('/proc/sys/kernel/random/boot_id'),
    readlink('/proc/self/ns/pid').catch(() => undefined),
  ]);
  return boot === undefined || space === undefined ? hostname() : `${boot.trim()}/${space}`;
}

/** Whether process `pid` runs; with `birth`, whether it is still the same one and not a later one with its number. */
export async function isAlive(pid: number, birth?: string): Promise<boolean> {
  if (!Number.isInteger(pid) || pid <= 0) return false; // kill(0) and kill(-1) would mean whole groups
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (codeOf(error) !== 'EPERM') return false; // EPERM: it lives, under another user
  }
  const stat = await procStat(pid);
  if (stat && 'ZX'.includes(stat.state)) return false; // dead, and not yet buried by its parent
  if (birth === undefined) return true;
  const now = await birthOf(pid);
  return now === undefined || now === birth;
}

/** Waits until the process is gone; false when it still runs after `timeoutMs`. */
export async function waitUntilGone(pid: number, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (await isAlive(pid)) {
    if (performance.now() > deadline) return false;
    await sleep(25);
  }
  return true;
}

/** Whether the process is a PostgreSQL server on `clusterDir` (a real path); 'unknown' where the system does not tell. */
export async function runsPostgresOn(pid: number, clusterDir: string): Promise<'yes' | 'no' | 'unknown'> {
  const stat = await procStat(pid);
  if (stat) {
    if (!stat.name.startsWith('postgres')) return 'no';
    const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => undefined); // a server works inside its folder
    if (cwd !== undefined) return cwd === clusterDir ? 'yes' : 'no';
    const words = (await slurp(`/proc/${pid}/cmdline`))?.split('\0');
    return words?.includes(clusterDir) ? 'yes' : 'no';
  }
  const command = await psCommand(pid);
  if (command === undefined) return 'unknown';
  return command.includes('postgres') && command.includes(clusterDir) ? 'yes' : 'no';
}

interface ProcStat {
  name: string;
  state: string;
  startTicks: string;
}

async function procStat(pid: number): Promise<ProcStat | undefined> {
  const text = await slurp(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  const nameEnd = text.lastIndexOf(')'); // a name may itself hold brackets and spaces
  const fields = text.slice(nameEnd + 2).split(' ');
  const [state, startTicks] = [fields[0], fields[19]]; // fields 3 and 22 of proc_pid_stat(5)
  if (state === undefined || startTicks === undefined) return undefined;
  return { name: text.slice(text.indexOf('(') + 1, nameEnd), state, startTicks };
}

function psCommand(pid: number): Promise<string | undefined> {
  if (process.platform === 'win32') return Promise.resolve(undefined);
  return new Promise((resolve) => {
    execFile('ps', ['-o', 'command=', '-p', String(pid)], (error, stdout) => resolve(error ? undefined : stdout));
  });
}

async function slurp(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(() => undefined);
}
