import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chown, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { orStartError, StartError } from './start-error';
import { lastWords, spawnTool, type Tools } from './tools';

/** A postmaster of ours that has said it is ready. */
export interface Server {
  readonly port: number;
  readonly pid: number;
  /** Fast shutdown; immediate after 4 s; at most 6 s in all. */
  readonly stop: () => Promise<void>;
  /** Hears once when it ends and nobody asked it to, also when it already has. */
  readonly onExit: (listener: (why: string) => void) => void;
}

interface Launch {
  readonly tools: Tools;
  readonly cluster: string;
  readonly logFile: string;
  /** Settings of PostgreSQL beside or instead of ours. */
  readonly settings?: PostgresSettings | undefined;
}

export type PostgresSettings = Readonly<Record<string, string | number>>;

const attemptsMax = 10;
/** Replaying the log after a power cut takes its time; a server that makes no progress at all ends by itself. */
const readyTimeoutMs = 180_000;
const logBytesMax = 10_000_000;

/** Starts `postgres` on a free port of 127.0.0.1, in a session of its own: Ctrl-C in the terminal is for us alone. */
export async function launchServer(launch: Launch): Promise<Server> {
  await turnLogOver(launch);
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    const run = await begin(launch, port);
    const failure = await readiness(launch, run);
    if (failure === undefined) return serverOf(launch, run, port);
    const passing = /Address already in use|pre-existing shared memory block/.test(failure);
    if (!passing || attempt >= attemptsMax) {
      throw new StartError(`PostgreSQL does not start: ${lastWords(failure)} (its log: ${launch.logFile})`);
    }
    await sleep(300); // the port was taken in between, or the processes of a killed server are still going away
  }
}

interface Run {
  readonly child: ChildProcess;
  readonly pid: number;
  /** Where this run begins in the log. */
  readonly logOffset: number;
  ended: string | undefined;
}

async function begin({ tools, cluster, logFile, settings }: Launch, port: number): Promise<Run> {
  return orStartError(`cannot start PostgreSQL (its log: ${logFile})`, async () => {
    const log = await open(logFile, 'a', 0o600);
    try {
      if (tools.account) await chown(logFile, tools.account.uid, tools.account.gid);
      const { size } = await log.stat();
      const args = serverArguments(cluster, port, settings);
      const child = spawnTool(tools, 'postgres', args, { detached: true, output: log.fd });
      child.unref(); // it must not keep a starhash alive that has nothing else to do
      await once(child, 'spawn');
      const run: Run = { child, pid: child.pid ?? 0, logOffset: size, ended: undefined };
      child.once('exit', (code, signal) => (run.ended = signal ?? `code ${code ?? '?'}`));
      return run;
    } finally {
      await log.close();
    }
  });
}

/** fsync, full_page_writes and synchronous_commit keep their safe defaults: this is a ledger. */
function serverArguments(cluster: string, port: number, others: PostgresSettings = {}): string[] {
  const settings = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    max_connections: 60,
    shared_buffers: '128MB',
    log_destination: 'stderr',
    logging_collector: 'off',
    // No statement, parameter or value of a row may reach the log: the errors of clients go to the clients only
    // ("invalid input syntax …" and "Key (…) already exists" quote values).
    log_statement: 'none',
    log_min_messages: 'log',
    log_min_error_statement: 'panic',
    log_error_verbosity: 'terse',
    log_min_duration_statement: -1,
    log_parameter_max_length: 0,
    log_parameter_max_length_on_error: 0,
    ...others,
  };
  return ['-D', cluster, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}

/** Waits until the server says it is ready; the log of this run when it ended instead. */
async function readiness(launch: Launch, run: Run): Promise<string | undefined> {
  const pidFile = path.join(launch.cluster, 'postmaster.pid');
  const deadline = performance.now() + readyTimeoutMs;
  while (run.ended === undefined) {
    const lines = (await readFile(pidFile, 'utf8').catch(() => '')).split('\n');
    if (Number(lines[0]) === run.pid && lines[7]?.trim() === 'ready') return undefined;
    if (performance.now() > deadline) {
      await end(run);
      throw new StartError(`PostgreSQL was not ready after ${readyTimeoutMs / 1000} s (its log: ${launch.logFile})`);
    }
    await sleep(20);
  }
  const log = await logSince(launch.logFile, run.logOffset);
  return log === '' ? `it ended with ${run.ended}` : log;
}

function serverOf({ logFile }: Launch, run: Run, port: number): Server {
  const listeners: ((why: string) => void)[] = [];
  let stopping = false;
  const tell = async () => {
    if (stopping) return;
    const log = await logSince(logFile, run.logOffset);
    const words = /\b(FATAL|PANIC):/.test(log) ? `: ${lastWords(log)}` : '';
    const why = `PostgreSQL (pid ${run.pid}) ended by itself (${run.ended ?? '?'})${words} (its log: ${logFile})`;
    for (const listener of listeners.splice(0)) listener(why);
  };
  run.child.once('exit', () => void tell());
  return {
    port,
    pid: run.pid,
    stop: async () => {
      stopping = true;
      await end(run);
    },
    onExit: (listener) => {
      listeners.push(listener);
      if (run.ended !== undefined) void tell();
    },
  };
}

async function end(run: Run): Promise<void> {
  const stops = [
    ['SIGINT', 4_000],
    ['SIGQUIT', 1_500],
    ['SIGKILL', 400],
  ] as const;
  for (const [signal, timeoutMs] of stops) {
    const deadline = performance.now() + timeoutMs;
    if (run.ended === undefined) run.child.kill(signal);
    while (run.ended === undefined && performance.now() < deadline) await sleep(15);
  }
}

async function logSince(logFile: string, offset: number): Promise<string> {
  const text = await readFile(logFile).catch(() => Buffer.alloc(0));
  return text.subarray(offset).toString('utf8').slice(-20_000);
}

async function turnLogOver({ logFile }: Launch): Promise<void> {
  const size = await stat(logFile).then(
    (found) => found.size,
    () => 0,
  );
  if (size < logBytesMax) return;
  await rm(`${logFile}.1`, { force: true });
  await rename(logFile, `${logFile}.1`);
}

/** Asks the system for a port that is free now. */
async function freePort(): Promise<number> {
  const probe = createServer();
  probe.listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new StartError('no free port on 127.0.0.1');
  return address.port;
}
