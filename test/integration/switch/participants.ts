import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { createHub, type Hub } from '../../../sims/hub/hub';
import { createCipher, createDb, createLog, parseKeyring, systemClock, type Db } from '../../../src/platform';
import { createFspiop, type FspiopOptions, type SwitchAdapter, type SwitchHandler } from '../../../src/switch';
import type { TestDatabase } from '../../support/database';

type EventName = keyof SwitchHandler;
type EventOf<N extends EventName> = Parameters<SwitchHandler[N]>[0];

/** A provider without its core: what the core would be told is kept here, and a test is the core. */
export interface Participant {
  readonly name: string;
  readonly adapter: SwitchAdapter;
  readonly url: string;
  readonly db: Db;
  /** The next event of a kind, in the order in which they came. Fails after five seconds. */
  next<N extends EventName>(name: N): Promise<EventOf<N>>;
  /** Events that came and that nobody has asked for. */
  waiting(name: EventName): number;
  /** The next event of a kind can't be kept, once: as if the disk were full. */
  failOnce(name: EventName): void;
  /** The process ends and another one comes up on the same database and address. */
  restart(): Promise<void>;
}

export interface Scheme {
  readonly hub: Hub;
  readonly hubUrl: string;
  readonly payer: Participant;
  readonly payee: Participant;
  close(): Promise<void>;
}

export interface Databases {
  readonly payer: TestDatabase;
  readonly payee: TestDatabase;
}

export interface SchemeOptions {
  readonly payer?: Partial<FspiopOptions>;
  readonly payee?: Partial<FspiopOptions>;
}

export async function startScheme(databases: Databases, options: SchemeOptions = {}): Promise<Scheme> {
  const addresses = new Map<string, string>();
  const hub = createHub(addresses);
  const hubServer = await listen(createServer(hub.app));
  const hubUrl = urlOf(hubServer);
  const [payer, payee] = await Promise.all([
    participant('payer', databases.payer.url, { switchUrl: hubUrl, ...options.payer }),
    participant('payee', databases.payee.url, { switchUrl: hubUrl, ...options.payee }),
  ]);
  for (const { name, url } of [payer, payee]) addresses.set(name, `${url}/fspiop`);
  return {
    hub,
    hubUrl,
    payer,
    payee,
    close: async () => {
      await hub.close();
      await Promise.all([payer.close(), payee.close()]);
      await close(hubServer);
    },
  };
}

async function participant(name: string, databaseUrl: string, options: Pick<FspiopOptions, 'switchUrl'>) {
  // As the gateway: whatever its role may not do, fails here.
  const db = createDb({ url: databaseUrl, connectionsMax: 4, role: 'starhash_app', onError: () => undefined });
  const events = new Map<EventName, object[]>();
  const failing = new Set<EventName>();
  const take = (event: EventName) => (what: object) => {
    if (failing.delete(event)) return Promise.reject(new Error('the disk is full'));
    events.set(event, [...(events.get(event) ?? []), what]);
    return Promise.resolve();
  };
  const handler: SwitchHandler = {
    onLookup: take('onLookup'),
    onQuote: take('onQuote'),
    onPrepare: take('onPrepare'),
    onConfirmed: take('onConfirmed'),
    onPartyAnswer: take('onPartyAnswer'),
    onQuoteAnswer: take('onQuoteAnswer'),
    onTransferOutcome: take('onTransferOutcome'),
    onPaymentRequest: take('onPaymentRequest'),
    onPaymentRequestAnswer: take('onPaymentRequestAnswer'),
  };
  const key = (digit: string) => digit.repeat(64);
  const create = () =>
    createFspiop(
      { dfspId: name, timeoutMs: 2_000, quoteLifeMs: 60_000, ...options },
      {
        db,
        clock: systemClock,
        cipher: createCipher(parseKeyring(`d1:${key('1')}`)),
        secrets: parseKeyring(`s1:${key(name === 'payee' ? '2' : '3')}`),
        digestKey: Buffer.from(key('4'), 'hex'),
        log: createLog('silent'),
      },
    );
  let current = create();
  const app = express();
  app.use('/fspiop', (req, res, next) => void current.routes(req, res, next));
  const server = await listen(createServer(app));
  await current.adapter.start(handler);
  return {
    name,
    get adapter() {
      return current.adapter;
    },
    url: urlOf(server),
    db,
    next: async <N extends EventName>(event: N): Promise<EventOf<N>> => {
      const deadline = performance.now() + 5_000;
      for (;;) {
        const [first, ...rest] = events.get(event) ?? [];
        if (first) {
          events.set(event, rest);
          return first as EventOf<N>;
        }
        if (performance.now() > deadline) throw new Error(`${name} was told no ${event}`);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    waiting: (event: EventName) => events.get(event)?.length ?? 0,
    failOnce: (event: EventName) => void failing.add(event),
    restart: async () => {
      await current.adapter.stop();
      current = create();
      await current.adapter.start(handler);
    },
    close: async () => {
      await current.adapter.stop();
      await close(server);
      await db.close();
    },
  };
}

export async function listen(server: Server): Promise<Server> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

export async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

export function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
