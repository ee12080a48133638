import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ServiceName } from '../../sims/scheme/scheme';

/** What stands between providers, as npm starts it: a process of its own, with its own data. */
export interface SimProcess<Service extends string> {
  readonly ports: Readonly<Record<Service, number>>;
  /** `kill -9`. */
  kill(): Promise<void>;
  /** Another process on the same data and the same ports. */
  start(): Promise<void>;
  close(): Promise<void>;
}

export type SchemeProcess = SimProcess<ServiceName>;
export type HubProcess = SimProcess<'hub'>;

type Environment = Readonly<Record<string, string>>;

/** `npm run sim:scheme`. */
export function startSchemeProcess(settings: Environment = {}): Promise<SchemeProcess> {
  const services = ['api', 'admin', 'directory', 'rules', 'fraud'] as const;
  const variables = Object.fromEntries(services.map((service) => [service, `SCHEME_${service.toUpperCase()}_PORT`]));
  return startSim('scheme', variables as Record<ServiceName, string>, settings);
}

/** `npm run sim:hub`. `participants`: where each takes callbacks. */
export function startHubProcess(participants: Environment): Promise<HubProcess> {
  const places = Object.entries(participants).map(([name, url]) => `${name}=${url}`);
  return startSim('hub', { hub: 'HUB_PORT' }, { HUB_PARTICIPANTS: places.join(',') });
}

/** `variables`: what chooses the port of each service. */
async function startSim<Service extends string>(
  name: 'hub' | 'scheme',
  variables: Readonly<Record<Service, string>>,
  settings: Environment,
): Promise<SimProcess<Service>> {
  const dataDir = await mkdtemp(path.join(tmpdir(), `${name}-`));
  const services = Object.keys(variables) as Service[];
  const launch = (ports: Partial<Record<Service, number>>) => {
    const env = Object.fromEntries(services.map((service) => [variables[service], String(ports[service] ?? 0)]));
    return spawnSim<Service>(name, { ...env, [`${name.toUpperCase()}_DATA_DIR`]: dataDir, ...settings });
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
export async function spawnSim<Service extends string = ServiceName>(
  name: 'hub' | 'scheme',
  env: Environment,
): Promise<{ child: ChildProcess; ports: Readonly<Record<Service, number>> }> {
  const child = spawn(process.execPath, ['--import', 'tsx', path.join('sims', name, 'main.ts')], {
    cwd: path.join(__dirname, '..', '..'),
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let errors = '';
  child.stderr?.on('data', (data: Buffer) => (errors += data.toString()));
  const said = await Promise.race([
    once(child, 'message').then(([message]) => message as { ports: Readonly<Record<Service, number>> }),
    once(child, 'close').then(() => undefined),
  ]);
  if (said === undefined) throw new Error(errors);
  return { child, ports: said.ports };
}
