import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { StartError } from '../embedded';

export interface Simulators {
  readonly port: number;
  stop(): Promise<void>;
}

export interface SimulatorOptions {
  readonly port: number;
  readonly gatewayUrl: string;
  readonly serviceCode: string;
  readonly callbackToken: string | undefined;
  /** A file of sims/; undefined: the standard people. */
  readonly peopleFile: string | undefined;
}

const readyTimeoutMs = 20_000;
const stopTimeoutMs = 2_000;

/**
 * Starts sims/ as a process of its own, which shares nothing with ours but two URLs. It ends by itself when our end of
 * the channel closes, so a kill -9 leaves none behind. StartError with its own words when it cannot start.
 */
export async function startSimulators(options: SimulatorOptions): Promise<Simulators> {
  const sims = path.join(__dirname, '..', '..', 'sims');
  const child = spawn(process.execPath, ['--import', 'tsx', path.join(sims, 'main.ts')], {
    env: {
      PATH: process.env['PATH'],
      SIM_PORT: String(options.port),
      GATEWAY_URL: options.gatewayUrl,
      SERVICE_CODE: options.serviceCode,
      ...(options.peopleFile !== undefined && { PEOPLE_FILE: path.join(sims, options.peopleFile) }),
      ...(options.callbackToken !== undefined && { AFRICASTALKING_CALLBACK_TOKEN: options.callbackToken }),
    },
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    detached: true, // Ctrl-C in the terminal is for us; we end it ourselves
  });
  const port = await readyPort(child);
  return { port, stop: () => stop(child) };
}

function readyPort(child: ChildProcess): Promise<number> {
  let complaint = '';
  const collect = (words: Buffer): void => void (complaint += words.toString());
  child.stderr?.on('data', collect);
  return new Promise((resolve, reject) => {
    const fail = (): void => {
      clearTimeout(timer);
      reject(new StartError(complaint.trim() === '' ? 'the simulators could not start' : complaint.trim()));
    };
    const timer = setTimeout(fail, readyTimeoutMs);
    child.once('message', (message: { port?: number }) => {
      clearTimeout(timer);
      child.stderr?.off('data', collect).pipe(process.stderr);
      resolve(message.port ?? 0);
    });
    child.once('close', fail);
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
  await exited;
  clearTimeout(timer);
}
