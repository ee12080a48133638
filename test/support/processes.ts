import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

interface Process {
  readonly pid: number;
  readonly parent: number;
  /** As `ps` names it; `Z` is dead but not buried. */
  readonly state: string;
}

/** All processes: from Linux's /proc, since a bare machine may lack `ps`; elsewhere from `ps`. */
async function processes(): Promise<Process[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  return pids.length > 0 ? (await Promise.all(pids.map(fromProc))).flat() : fromPs();
}

/** Empty when it has just gone. */
async function fromProc(pid: string): Promise<Process[]> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const [state = '', parent = ''] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return stat === '' ? [] : [{ pid: Number(pid), parent: Number(parent), state }];
}

async function fromPs(): Promise<Process[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=,stat=']);
  return stdout
    .trim()
    .split('\n')
    .map((line) => {
      const [pid, parent, state = ''] = line.trim().split(/\s+/);
      return { pid: Number(pid), parent: Number(parent), state };
    });
}

/** The processes below `pid`, however deep, those that are dead but not buried left out. */
export async function descendantsOf(pid: number): Promise<number[]> {
  const all = await processes();
  const found: number[] = [];
  for (let parents = [pid]; parents.length > 0;) {
    const below = all.filter(({ parent, state }) => parents.includes(parent) && !state.startsWith('Z'));
    parents = below.map((child) => child.pid);
    found.push(...parents);
  }
  return found;
}

/** Whether a process runs: a zombie does not. */
export async function isRunning(pid: number): Promise<boolean> {
  return (await processes()).some((one) => one.pid === pid && !one.state.startsWith('Z'));
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

const usPerTick = 10_000;

/** Processor time that a process of this machine has used so far; zero where it runs another program, or elsewhere. */
export async function processorUs(pid: number, program: string): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  if (!text.includes(`(${program})`)) return 0;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * usPerTick;
}
