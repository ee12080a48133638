import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { WebSocket } from 'ws';
import type { ServiceName } from '../../../sims/scheme/scheme';
import { readSettings } from '../../../sims/scheme/settings';
import { type Running, startScheme } from '../../../sims/scheme/start';

/** An answer of the scheme: JSON where it is JSON. */
export interface Answer {
  status: number;
  body: unknown;
  type: string;
}

export interface Call {
  service?: ServiceName;
  body?: unknown;
  text?: string;
  /** `name:secret`. */
  auth?: string;
}

export type Ask = (method: string, path: string, call?: Call) => Promise<Answer>;

/** The real servers of the scheme in this process, on free ports and a folder of their own. */
export interface Harness {
  ask: Ask;
  ports: Running['ports'];
  /** The ledger's own URI. */
  ledger: string;
  dataDir: string;
  listen(path: string, auth?: string): Promise<Listener>;
  /** Stops and starts again on the same folder. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export interface Listener {
  messages: unknown[];
  socket: WebSocket;
  /** Waits until there are so many messages, then a little longer, and returns all of them. */
  settled(count: number): Promise<unknown[]>;
  close(): void;
}

const NO_PORTS = Object.fromEntries(
  ['API', 'ADMIN', 'DIRECTORY', 'RULES', 'FRAUD'].map((name) => [`SCHEME_${name}_PORT`, '0']),
);

export async function startHarness(env: Record<string, string> = {}): Promise<Harness> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'scheme-'));
  const settings = readSettings({ ...NO_PORTS, SCHEME_DATA_DIR: dataDir, SCHEME_LEDGER_URI: LEDGER, ...env });
  const start = () =>
    startScheme(settings, (error) => {
      throw error;
    });
  let running = await start();
  const listeners: Listener[] = [];
  return {
    ask: (method, where, call) => asking(running.ports)(method, where, call),
    get ports() {
      return running.ports;
    },
    ledger: LEDGER,
    dataDir,
    listen: async (where, auth) => {
      const listener = await listening(running.ports.api, where, auth);
      listeners.push(listener);
      return listener;
    },
    restart: async () => {
      await running.close();
      running = await start();
    },
    close: async () => {
      listeners.forEach((listener) => listener.close());
      await running.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export const LEDGER = 'http://central-ledger';

const basic = (auth: string): string => `Basic ${Buffer.from(auth).toString('base64')}`;

/** Asks the services on these ports over HTTP. */
export const asking =
  (ports: Running['ports']): Ask =>
  async (method, where, { service = 'api', body, text, auth } = {}) => {
    const res = await fetch(`http://127.0.0.1:${ports[service]}${where}`, {
      method,
      headers: {
        ...(text === undefined ? {} : { 'content-type': 'text/plain' }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(auth === undefined ? {} : { authorization: basic(auth) }),
      },
      ...(text === undefined && body === undefined ? {} : { body: text ?? JSON.stringify(body) }),
    });
    const type = res.headers.get('content-type') ?? '';
    return { status: res.status, type, body: type.includes('json') ? await res.json() : await res.text() };
  };

export async function listening(port: number, where: string, auth?: string): Promise<Listener> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${where}`, {
    headers: auth === undefined ? {} : { authorization: basic(auth) },
  });
  const messages: unknown[] = [];
  socket.on('message', (data) => messages.push(JSON.parse((data as Buffer).toString())));
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  return {
    messages,
    socket,
    settled: async (count) => {
      await eventually(() => messages.length >= count);
      await pause(60);
      return messages;
    },
    close: () => socket.terminate(),
  };
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until something is so; after `timeoutMs` the test's own expectations say what is missing. */
export async function eventually(isSo: () => boolean, timeoutMs = 5_000): Promise<void> {
  for (const end = Date.now() + timeoutMs; !isSo() && Date.now() < end;) await pause(5);
}

/** A secret, and the condition it fulfils, in the seed's form or the later one. */
export function newCondition(form: 'cc' | 'ni' = 'cc', preimage = randomBytes(32)): Pair {
  const digest = createHash('sha256').update(preimage).digest('base64url');
  const length = preimage.length;
  if (form === 'cc') {
    return { condition: `cc:0:3:${digest}:${length}`, fulfillment: `cf:0:${preimage.toString('base64url')}` };
  }
  const der = Buffer.concat([Buffer.from([0xa0, length + 2, 0x80, length]), preimage]);
  const condition = `ni:///sha-256;${digest}?fpt=preimage-sha-256&cost=${length}`;
  return { condition, fulfillment: der.toString('base64url') };
}

interface Pair {
  condition: string;
  fulfillment: string;
}

interface TransferBody {
  id: string;
  ledger: string;
  debits: Record<string, unknown>[];
  credits: Record<string, unknown>[];
  execution_condition: string;
  cancellation_condition?: string;
  expires_at: string;
}

interface Planned {
  from?: string;
  to?: string;
  amount?: string;
  lifeMs?: number;
  pair?: Pair;
}

export interface Plan {
  uuid: string;
  path: string;
  body: TransferBody;
  fulfillment: string;
}

/** A transfer to ask for, e.g. from dfsp1 to dfsp2, and what will execute it. */
export function planned({ from = 'dfsp1', to = 'dfsp2', amount = '50', lifeMs = 60_000, pair }: Planned = {}): Plan {
  const { condition, fulfillment } = pair ?? newCondition();
  const uuid = randomUUID();
  const body: TransferBody = {
    id: `${LEDGER}/transfers/${uuid}`,
    ledger: LEDGER,
    debits: [{ account: `${LEDGER}/accounts/${from}`, amount }],
    credits: [{ account: `${LEDGER}/accounts/${to}`, amount }],
    execution_condition: condition,
    expires_at: new Date(Date.now() + lifeMs).toISOString(),
  };
  return { uuid, path: `/transfers/${uuid}`, body, fulfillment };
}

export async function createAccounts(ask: Ask, ...names: string[]): Promise<void> {
  for (const name of names) {
    expect(await ask('POST', '/accounts', { body: { name } })).toMatchObject({ status: 201 });
  }
}

/** The nets of all positions, in cents. */
export async function nets(ask: Ask): Promise<Record<string, bigint>> {
  const { body } = await ask('GET', '/positions');
  const { positions } = body as { positions: { account: string; net: string }[] };
  return Object.fromEntries(positions.map(({ account, net }) => [account.split('/').at(-1) ?? '', cents(net)]));
}

function cents(amount: string): bigint {
  const [, sign = '', whole = '0', decimals = ''] = /^(-?)(\d+)(?:\.(\d{1,2}))?$/.exec(amount) ?? [];
  return BigInt(`${sign}${whole}${decimals.padEnd(2, '0')}`);
}
