import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from '../support/system';

/** Mojaloop's SDK scheme adapter and the Redis that it works with, in processes of their own: another provider's door. */
export interface SchemeAdapter {
  /** Where its side of FSPIOP is. */
  readonly url: string;
  /** What its bank asks of it: `POST /transfers` pays somebody, `POST /requestToPay` asks them to. */
  order(
    path: string,
    body: object,
  ): Promise<{ readonly status: number; readonly body: Readonly<Record<string, unknown>> }>;
  stop(): Promise<void>;
}

export interface SchemeAdapterOptions {
  readonly dfspId: string;
  readonly hubUrl: string;
  /** `<dfspId>.key`, and `<name>.pem` of whoever signs. */
  readonly keyFolder: string;
  /** Its bank, `127.0.0.1:1234`. */
  readonly bank: string;
}

const installed = path.join(__dirname, 'node_modules', '@mojaloop', 'sdk-scheme-adapter');
const startMaxMs = 60_000;

export async function startSchemeAdapter(options: SchemeAdapterOptions): Promise<SchemeAdapter> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sdk-'));
  const { port: redisPort, simPort: metricsPort } = await freePorts();
  const { port: inboundPort, simPort: outboundPort } = await freePorts();
  const redis = spawn(
    'redis-server',
    ['--bind', '127.0.0.1', '--port', String(redisPort), '--dir', folder, '--save', '', '--appendonly', 'no'],
    { stdio: 'ignore' },
  );
  await new Promise((resolve, reject) => {
    redis.once('spawn', resolve);
    redis.once('error', () => {
      reject(new Error("the scheme adapter needs redis-server: Debian's package redis-server"));
    });
  });
  const child = spawn(
    process.execPath,
    ['--import', path.join(__dirname, 'preload.mjs'), path.join(installed, 'src')],
    {
      cwd: folder,
      env: {
        PATH: process.env['PATH'],
        INBOUND_LISTEN_PORT: String(inboundPort),
        OUTBOUND_LISTEN_PORT: String(outboundPort),
        METRICS_SERVER_LISTEN_PORT: String(metricsPort),
        CACHE_URL: `redis://127.0.0.1:${redisPort}`,
        PEER_ENDPOINT: new URL(options.hubUrl).host,
        BACKEND_ENDPOINT: options.bank,
        DFSP_ID: options.dfspId,
        CHECK_ILP: 'true',
        REJECT_EXPIRED_QUOTE_RESPONSES: 'true',
        REJECT_EXPIRED_TRANSFER_FULFILS: 'true',
        JWS_SIGN: 'true',
        JWS_SIGN_PUT_PARTIES: 'true',
        JWS_SIGNING_KEY_PATH: path.join(options.keyFolder, `${options.dfspId}.key`),
        VALIDATE_INBOUND_JWS: 'true',
        VALIDATE_INBOUND_PUT_PARTIES_JWS: 'true',
        JWS_VERIFICATION_KEYS_DIRECTORY: options.keyFolder,
        RESOURCE_VERSIONS: 'transfers=1.1,quotes=1.1,parties=1.1,participants=1.1,transactionRequests=1.1',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const said = collect(child);
  const stop = async () => {
    for (const one of [child, redis]) {
      const ended = one.exitCode === null && one.signalCode === null ? once(one, 'exit') : undefined;
      one.kill();
      await ended;
    }
    await rm(folder, { recursive: true });
  };
  const order = `http://127.0.0.1:${outboundPort}`;
  const isUp = () =>
    fetch(`${order}/`).then(
      (response) => response.ok,
      () => false,
    );
  const deadline = Date.now() + startMaxMs;
  while (!(await isUp())) {
    if (child.exitCode !== null || Date.now() > deadline) {
      await stop();
      throw new Error(`the scheme adapter does not start\n${said()}`);
    }
    await sleep(200);
  }
  return {
    url: `http://127.0.0.1:${inboundPort}`,
    order: async (resource, body) => {
      const response = await fetch(`${order}${resource}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      return { status: response.status, body: (await response.json()) as Readonly<Record<string, unknown>> };
    },
    stop,
  };
}

function collect(child: ChildProcess): () => string {
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  }
  return () => said;
}
