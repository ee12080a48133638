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
}

const readyTimeoutMs = 20_000;
const stopTimeoutMs = 2_000;

/**
 * Starts sims/ as a process of its own, which shares nothing with ours but two URLs. It ends by itself when our end of
 * the channel closes, so a kill -9 leaves none behind. StartError when it cannot start; it says why on stderr itself.
 */
export async function startSimulators(options: SimulatorOptions): Promise<Simulators> {
  const script = path.join(__dirname, '..', '..', 'sims', 'main.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', script], {
    env: {
      PATH: process.env['PATH'],
      SIM_PORT: String(options.port),
      GATEWAY_URL: options.gatewayUrl,
      SERVICE_CODE: options.serviceCode,
      ...(options.callbackToken !== undefined && { AFRICASTALKING_CALLBACK_TOKEN: options.callbackToken }),
    },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    detached: true, // Ctrl-C in the terminal is for us; we end it ourselves
  });
  const port = await readyPort(child);
  return { port, stop: () => stop(child) };
}

function readyPort(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new StartError('the simulators did not get ready')), readyTimeoutMs);
    child.once('message', (message: { port?: number }) => {
      clearTimeout(timer);
      resolve(message.port ?? 0);
    });
    child.once('exit', () => {
      clearTimeout(timer);
      reject(new StartError('the simulators could not start (set SIM_PORT to a free port)'));
    });
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
