import { spawn, type ChildProcess } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { descendantsOf, waitUntilGone } from './processes';

const project = path.join(__dirname, '..', '..');
const readyTimeoutMs = 180_000;
const stopTimeoutMs = 20_000;
const pollMs = 40;
/** What a process said last may still be in the pipe when it is gone. */
const lastWordsMs = 100;

/** Two ports of 127.0.0.1: the gateway's and the simulators'. */
export interface Ports {
  readonly port: number;
  readonly simPort: number;
}

/** How one process ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly tookMs: number;
}

export interface LaunchOptions extends Partial<Ports> {
  /** Made, and removed by `cleanUp`, where it is not given. */
  readonly dataDir?: string;
  /** On top of PATH, HOME, PORT, SIM_PORT, DATA_DIR and `onlyPeople`: nothing else is inherited. An empty value unsets. */
  readonly env?: Readonly<Record<string, string>>;
  /** `npm start` rather than node itself. */
  readonly npm?: boolean;
}

/** A starhash in a process of its own, as an operator starts it. */
export interface Launched extends Ports {
  readonly pid: number;
  readonly dataDir: string;
  readonly url: string;
  readonly simUrl: string;
  /** What it has printed so far. */
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly ended: Promise<Ending>;
  readonly isOver: () => boolean;
  /** Every process below it now: simulators, PostgreSQL and its workers. */
  readonly family: () => Promise<number[]>;
  /** Sends the signal to the process itself and waits for its end. */
  readonly stop: (signal?: NodeJS.Signals) => Promise<Ending>;
  /** kill -9: of the process alone, of its process group, or of everything that it started as well (a power cut). */
  readonly kill: (what: 'process' | 'group' | 'everything') => Promise<void>;
}

const folders: string[] = [];
const launched: Launched[] = [];

/** A folder that PostgreSQL's account can pass through when the tests run as root. */
export async function makeDataDir(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'starhash-system-'));
  await chmod(folder, 0o711);
  folders.push(folder);
  return path.join(folder, 'data');
}

/** Below the ports that systems hand out by themselves, so that nobody's connection takes one between two starts. */
export async function freePorts(): Promise<Ports> {
  const [first, second] = [await holdFreePort(), await holdFreePort()];
  await Promise.all([first.release(), second.release()]);
  return { port: first.port, simPort: second.port };
}

/** Holds a free port until it is released: for whoever wants to find it taken. */
export async function holdFreePort(): Promise<{ port: number; release: () => Promise<void> }> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const server = await holdPort(port);
    if (server) {
      return { port, release: () => new Promise((resolve) => server.close(() => resolve())) };
    }
  }
}

/** Whether nobody listens on it. */
export async function isFree(port: number): Promise<boolean> {
  const server = await holdPort(port);
  if (!server) return false;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return true;
}

function holdPort(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

/** The numbers that force an outcome are payments to be made at the start: two seconds, and most tests dial none of them. */
const onlyPeople = { SANDBOX_PEOPLE: 'people.json' };
/** The sandbox as `npm start` has it, numbers and all. */
export const wholeSandbox = { SANDBOX_PEOPLE: '' };

/** Starts it and does not wait. */
export async function launch(options: LaunchOptions = {}): Promise<Launched> {
  const dataDir = options.dataDir ?? (await makeDataDir());
  const found = await freePorts();
  const { port, simPort } = { ...found, ...definedPorts(options) };
  const settings = { ...onlyPeople, PORT: String(port), SIM_PORT: String(simPort), DATA_DIR: dataDir, ...options.env };
  const [program, args] = options.npm
    ? ['npm', ['start', '--silent']]
    : [process.execPath, ['--import', 'tsx', path.join('src', 'main.ts')]];
  const child = spawn(program, args, {
    cwd: project,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // a group of its own, that can be killed as one
  });
  const system = handleOf(child, { port, simPort, dataDir });
  launched.push(system);
  return system;
}

/** Starts it and waits until it works; throws with what it printed when it does not. */
export async function startSystem(options: LaunchOptions = {}): Promise<Launched> {
  const system = await launch(options);
  await waitUntilWorking(system);
  return system;
}

/** Runs it to its own end, for a start that must fail. `left`: processes it started that still run afterwards. */
export async function runToEnd(options: LaunchOptions): Promise<{
  system: Launched;
  ending: Ending;
  stdout: string;
  stderr: string;
  left: number[];
}> {
  const system = await launch(options);
  const seen = new Set<number>();
  const deadline = performance.now() + readyTimeoutMs;
  while (!system.isOver()) {
    await sleep(pollMs);
    for (const pid of await system.family()) seen.add(pid);
    if (performance.now() > deadline) {
      await system.kill('everything');
      throw new Error(`it did not end by itself\n${system.stdout()}${system.stderr()}`);
    }
  }
  const ending = await system.ended;
  await sleep(lastWordsMs);
  const left = await waitUntilGone([...seen], 2_000);
  return { system, ending, stdout: system.stdout(), stderr: system.stderr(), left };
}

/** For afterEach or afterAll: nothing that was started outlives the tests, not even what they have lost. */
export async function cleanUp(): Promise<void> {
  for (const system of launched.splice(0)) {
    await system.stop();
    await endOrphan(system.dataDir);
  }
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
}

function definedPorts({ port, simPort }: Partial<Ports>): Partial<Ports> {
  return { ...(port !== undefined && { port }), ...(simPort !== undefined && { simPort }) };
}

function handleOf(child: ChildProcess, place: Ports & { dataDir: string }): Launched {
  const pid = child.pid ?? 0;
  const startedAt = performance.now();
  const output = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  const ended = new Promise<Ending>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal, tookMs: performance.now() - startedAt }));
  });
  const alive = () => child.exitCode === null && child.signalCode === null;
  const family = async () => (alive() ? descendantsOf(pid) : []);
  return {
    ...place,
    pid,
    url: `http://127.0.0.1:${place.port}`,
    simUrl: `http://127.0.0.1:${place.simPort}`,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    ended,
    isOver: () => !alive(),
    family,
    stop: async (signal = 'SIGTERM') => {
      const askedAt = performance.now();
      const late = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
      if (alive()) child.kill(signal);
      const { code, signal: by } = await ended;
      clearTimeout(late);
      return { code, signal: by, tookMs: performance.now() - askedAt };
    },
    kill: async (what) => {
      const below = what === 'everything' ? await family() : [];
      if (!alive()) return;
      send(what === 'process' ? pid : -pid);
      for (const other of below) send(other);
      await ended;
    },
  };
}

function send(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It went by itself in between.
  }
}

export async function waitUntilWorking(system: Launched): Promise<void> {
  const deadline = performance.now() + readyTimeoutMs;
  while (performance.now() < deadline) {
    await sleep(pollMs);
    if (system.isOver()) throw new Error(`it ended before it worked\n${system.stdout()}${system.stderr()}`);
    const response = await fetch(`${system.url}/health`).catch(() => undefined);
    await response?.text();
    if (response?.status === 200) return;
  }
  throw new Error(`it did not work within ${readyTimeoutMs / 1000} s\n${system.stdout()}${system.stderr()}`);
}

/** The PostgreSQL of a system that was killed and never started again; its folder is one of ours. */
async function endOrphan(dataDir: string): Promise<void> {
  const lines = await readFile(path.join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number(lines.split('\n')[0]);
  if (!Number.isInteger(pid) || pid <= 0) return;
  try {
    process.kill(pid, 'SIGINT');
  } catch {
    return; // the file was all that was left of it
  }
  await waitUntilGone([pid], 5_000);
}
