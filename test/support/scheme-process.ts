import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ServiceName } from '../../sims/scheme/scheme';

type Ports = Readonly<Record<ServiceName, number>>;

/** The scheme as `npm run sim:scheme` starts it: a process of its own, with its own data. */
export interface SchemeProcess {
  readonly ports: Ports;
  /** `kill -9`. */
  kill(): Promise<void>;
  /** Another process on the same data and the same ports. */
  start(): Promise<void>;
  close(): Promise<void>;
}

const services: readonly ServiceName[] = ['api', 'admin', 'directory', 'rules', 'fraud'];

export async function startSchemeProcess(settings: Readonly<Record<string, string>> = {}): Promise<SchemeProcess> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'scheme-'));
  const launch = async (ports: Partial<Ports>) => {
    const env = Object.fromEntries(
      services.map((name) => [`SCHEME_${name.toUpperCase()}_PORT`, String(ports[name] ?? 0)]),
    );
    return spawnScheme({ ...env, SCHEME_DATA_DIR: dataDir, ...settings });
  };
  let running = await launch({});
  const { ports } = running;
  const kill = async (): Promise<void> => {
    const { child } = running;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };
  return {
    ports,
    kill,
    start: async () => {
      running = await launch(ports);
    },
    close: async () => {
      await kill();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Throws with what it said where it doesn't come up. */
export async function spawnScheme(
  env: Readonly<Record<string, string>>,
): Promise<{ child: ChildProcess; ports: Ports }> {
  const child = spawn(process.execPath, ['--import', 'tsx', path.join('sims', 'scheme', 'main.ts')], {
    cwd: path.join(__dirname, '..', '..'),
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let errors = '';
  child.stderr?.on('data', (data: Buffer) => (errors += data.toString()));
  const said = await Promise.race([
    once(child, 'message').then(([message]) => message as { ports: Ports }),
    once(child, 'close').then(() => undefined),
  ]);
  if (said === undefined) throw new Error(errors);
  return { child, ports: said.ports };
}
