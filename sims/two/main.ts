import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { servePage } from './page';
import { readSettings, type Provider, type Settings } from './settings';

const project = path.join(__dirname, '..', '..');
const readyTimeoutMs = 90_000;
const stopTimeoutMs = 15_000;
const parentPollMs = 1_000;

/**
 * Two whole providers and the scheme between them, on one machine: each a process of its own with its own data, as three
 * organisations would run them. Ends them all when one of them ends, or when it is told to.
 */
function main(): void {
  const settings = readSettings(process.env);
  const children: ChildProcess[] = [];
  let stopping: Promise<void> | undefined;
  const stop = (exitCode: number): void => {
    stopping ??= stopAll(children).finally(() => process.exit(exitCode));
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop(0));
  stopWithNpm(() => stop(0));
  const run: Run = (name, script, env) => {
    const child = spawn(process.execPath, ['--import', 'tsx', script], {
      cwd: project,
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], LOG_LEVEL: settings.logLevel, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true, // Ctrl-C is for us: we end them ourselves, the scheme last
    });
    children.push(child);
    child.stdout.on('data', (words: Buffer) => settings.logLevel !== 'silent' && process.stdout.write(words));
    child.once('exit', (code) => {
      if (!stopping) process.stderr.write(`demo: ${name} ended with ${code}; the others are stopped\n`);
      stop(1);
    });
  };
  start(settings, run).catch((error: unknown) => {
    process.stderr.write(`demo: ${wordsOf(error)}\n`);
    stop(1);
  });
}

/** npm tells its child nothing of its own end, and a shell is in between: the processes below us must not keep their ports. */
function stopWithNpm(stop: () => void): void {
  const ancestors = (): string => `${process.ppid} ${parentOf(process.ppid)}`;
  const atStart = ancestors();
  setInterval(() => ancestors() !== atStart && stop(), parentPollMs).unref();
}

/** From Linux's /proc; elsewhere nobody knows. */
function parentOf(pid: number): string {
  try {
    return /^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '';
  } catch {
    return '';
  }
}

type Run = (name: string, script: string, env: Readonly<Record<string, string>>) => void;

async function start(settings: Settings, run: Run): Promise<void> {
  run('the scheme', 'sims/scheme/main.ts', settings.schemeEnv);
  await answers(`http://127.0.0.1:${settings.ledgerPort}/health`);
  // One after the other: two databases that are made at once take no less time on one disk.
  for (const provider of settings.providers) {
    run(provider.name, 'src/main.ts', provider.env);
    await answers(`http://127.0.0.1:${provider.port}/health`);
  }
  const page = await servePage(settings);
  greet(settings, page.port);
}

function greet({ providers, ledgerPort, adminPort, directoryPort }: Settings, pagePort: number): void {
  const lines = [
    `two providers are working: http://localhost:${pagePort} shows a phone of each, side by side`,
    '',
    ...providers.map(lineOf),
    `  the scheme   ledger http://localhost:${ledgerPort}, operator ${adminPort}, directory ${directoryPort}`,
  ];
  process.stdout.write(`${lines.join('\n')}\n\n`);
}

function lineOf({ name, port, simPort, serviceCode, people }: Provider): string {
  return `  ${name.padEnd(12)} dial ${serviceCode} as one of sims/${people}; gateway ${port}, phone http://localhost:${simPort}`;
}

async function answers(url: string): Promise<void> {
  const until = performance.now() + readyTimeoutMs;
  while (performance.now() < until) {
    const response = await fetch(url).catch(() => undefined);
    await response?.text();
    if (response?.status === 200) return;
    await sleep(100);
  }
  throw new Error(`${url} did not answer within ${readyTimeoutMs / 1000} s`);
}

/** Providers first: what they have under way can still be said to the scheme. */
async function stopAll(children: readonly ChildProcess[]): Promise<void> {
  const [scheme, ...providers] = children;
  await Promise.all(providers.map(stopChild));
  if (scheme) await stopChild(scheme);
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
  await exited;
  clearTimeout(late);
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

try {
  main();
} catch (error) {
  process.stderr.write(`demo: ${wordsOf(error)}\n`);
  process.exit(1);
}
