import type { Express } from 'express';
import request from 'supertest';
import { createStaffRoutes, enrolSandbox, tokenKeyOf } from '../../src/admin';
import {
  aloneScheme,
  appRole,
  createGateway,
  createHttp,
  createServices,
  loadStaff,
  loadPeople,
  seedSandbox,
  type Scheme,
  type Services,
} from '../../src/app';
import { openChart } from '../../src/ledger';
import {
  createDb,
  createLog,
  err,
  loadConfig,
  ok,
  parseKeyring,
  plusMs,
  type Clock,
  type Config,
  type Db,
  type Log,
  type Secrets,
} from '../../src/platform';
import type { SwitchAdapter } from '../../src/switch';
import { noSimSwaps, type SimSwaps } from '../../src/mno';
import type { SendOutcome, SmsSender } from '../../src/sms';
import type { SessionStore } from '../../src/ussd';
import { createTestIds } from './ids';
import { createTestDatabase, peopledVariable, type TestDatabase } from './database';

/** A clock that stands still until it is told to go on. */
export interface TestClock extends Clock {
  advance(durationMs: number): void;
}

/** When the clock of tests begins. */
export const testNow = new Date('2026-01-15T09:00:00Z');

export function createTestClock(): TestClock {
  let now = testNow;
  return { now: () => now, advance: (durationMs) => void (now = plusMs(now, durationMs)) };
}

/** A clock that goes on with another and is ahead of it; negative: behind. */
export interface ClockApart extends TestClock {
  aheadMs: number;
}

export function createClockApart(clock: TestClock): ClockApart {
  const apart: ClockApart = {
    aheadMs: 0,
    now: () => plusMs(clock.now(), apart.aheadMs),
    advance: (durationMs) => clock.advance(durationMs),
  };
  return apart;
}

/** A clock that goes on as the real one, for those who have to do with other processes; ahead of it where it was told to be. */
export function createMovableClock(): TestClock {
  let aheadMs = 0;
  return { now: () => new Date(Date.now() + aheadMs), advance: (durationMs) => void (aheadMs += durationMs) };
}

export const testSecrets: Secrets = {
  peppers: parseKeyring(`test:${'11'.repeat(32)}`),
  dataKeys: parseKeyring(`test:${'22'.repeat(32)}`),
  indexKey: Buffer.alloc(32, 3),
  hopKey: Buffer.alloc(32, 4),
  auditKeys: parseKeyring(`test:${'55'.repeat(32)}`),
};

export interface SentSms {
  readonly to: string;
  readonly body: string;
}

/** A provider of SMS that keeps what it is given, or answers as it is told. */
export interface RecordingSender extends SmsSender {
  readonly sent: SentSms[];
  answer: (sms: SentSms) => SendOutcome;
}

function createRecordingSender(): RecordingSender {
  const sent: SentSms[] = [];
  const sender: RecordingSender = {
    sent,
    answer: () => ({ outcome: 'taken', providerMessageId: `taken-${sent.length}` }),
    send: (sms) => {
      const outcome = sender.answer(sms);
      if (outcome.outcome === 'taken') sent.push({ to: sms.to, body: sms.body });
      return Promise.resolve(outcome);
    },
  };
  return sender;
}

/** A mobile network that knows of the SIMs that it is told of, or of nothing while it is down. */
export interface TestNetwork extends SimSwaps {
  readonly swaps: Map<string, Date>;
  isDown: boolean;
}

/** What an identity of one's own is given where nobody resets a PIN. */
export const networkless = {
  simSwaps: noSimSwaps,
  simSwapHoldMs: 0,
  onSimSwapped: (): Promise<void> => Promise.resolve(),
};

function createTestNetwork(): TestNetwork {
  const network: TestNetwork = {
    swaps: new Map(),
    isDown: false,
    check: (msisdn) =>
      Promise.resolve(network.isDown ? err('unavailable') : ok({ swappedAt: network.swaps.get(msisdn) ?? null })),
  };
  return network;
}

/** The whole gateway over a database of its own, in this process, with the people of the sandbox in it. */
export interface World {
  readonly http: Express;
  readonly services: Services;
  readonly clock: TestClock;
  readonly sms: RecordingSender;
  readonly network: TestNetwork;
  readonly url: string;
  /** The owner of the database, for what the gateway's role may not do. */
  readonly owner: Db;
  /** Of the staff of the sandbox, by their short names. */
  readonly tokens: Readonly<Record<string, string>>;
  /** One hop as Africa's Talking posts it; resolves to the reply's text, prefix and all. */
  hop(fields: Readonly<Record<string, string>>): Promise<{ status: number; text: string; screen: string | undefined }>;
  /** An SMS to us, as Africa's Talking posts it; `id` names one that it delivers again. */
  text(from: string, words: string, id?: string): Promise<number>;
  /** Lets the workers do what is due at the clock's time. */
  settle(): Promise<void>;
  /** Waits for work that outlived its hop. */
  drain(): Promise<void>;
  close(): Promise<void>;
}

export interface WorldOptions {
  readonly seed?: string;
  /** Without the people of the sandbox. */
  readonly empty?: boolean;
  /** The first references of payments, in the order in which they are drawn. */
  readonly references?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly sessions?: (clock: Clock) => SessionStore;
  /** Default: one that stands still. */
  readonly clock?: TestClock;
  /** Default: nobody is beside this provider. */
  readonly adapter?: SwitchAdapter | ((deps: { readonly db: Db; readonly clock: Clock }) => SwitchAdapter);
  /** Default: none is kept. */
  readonly log?: Log;
}

/** What a world is when nothing is asked of it: made once a run, cloned from then on. */
export interface Peopled {
  readonly uuidsDrawn: number;
  /** Of the staff. */
  readonly tokens: Readonly<Record<string, string>>;
}

const nobody: Peopled = { uuidsDrawn: 0, tokens: {} };

let texted = 0;

export async function createWorld(options: WorldOptions = {}): Promise<World> {
  const isUsual = hasUsualPeople(options);
  const database = await createTestDatabase(isUsual ? 'peopled' : 'template');
  const peopled = isUsual ? (JSON.parse(process.env[peopledVariable] ?? '') as Peopled) : nobody;
  return (await openWorld(database, options, peopled)).world;
}

/** Whether the people of the sandbox would be made as those who are there to be cloned: when, and in which country. */
function hasUsualPeople({ empty = false, clock, environment = {} }: WorldOptions): boolean {
  const isAtTheBeginning = !clock || clock.now().getTime() === testNow.getTime();
  return !empty && isAtTheBeginning && environment['COUNTRY'] === undefined;
}

function schemeOf(
  { adapter }: WorldOptions,
  { db, clock, log, config }: { db: Db; clock: Clock; log: Log; config: Config },
): Pick<Scheme, 'adapter' | 'isAlone'> {
  const given = typeof adapter === 'function' ? adapter({ db, clock }) : adapter;
  return given ? { adapter: given } : aloneScheme(config.scheme, { clock, log });
}

/** @param peopled what is in the database already. */
export async function openWorld(
  { db: owner, url, drop }: TestDatabase,
  options: WorldOptions = {},
  peopled = nobody,
): Promise<{ world: World; peopled: Peopled }> {
  const { seed = 'world', references = [], environment = {}, sessions, empty = false } = options;
  const { clock = createTestClock() } = options;
  const db = createDb({ url, connectionsMax: 12, role: appRole, onError: () => undefined });
  await owner.run({ text: 'update ledger_setting set clock_tolerance = null' }); // the clock of tests stands still
  const config: Config = loadConfig({ LOG_LEVEL: 'silent', ...environment });
  const log = options.log ?? createLog(config.logLevel);
  const ids = createTestIds(clock, { seed, references, uuidsBefore: peopled.uuidsDrawn });
  const { market, limits } = config;
  const network = createTestNetwork();
  const mno = { simSwaps: network, simSwapHoldMs: config.mno.simSwapHoldMs };
  const { adapter, ...beside } = schemeOf(options, { db, clock, log, config });
  const scheme = { ...config.scheme, adapter, ...beside };
  const services = createServices({ db, clock, ids, log, secrets: testSecrets, market, limits, mno, scheme });
  await adapter.start(services.clearing.handler);
  await services.ledger.prepare(clock.now());
  await db.tx((tx) => openChart(services.ledger, tx, market.currency));
  if (!empty && peopled === nobody) await seedSandbox(services, await loadPeople(), market);
  const members = await loadStaff();
  const tokenKey = tokenKeyOf(testSecrets.indexKey);
  const tokens = await enrolSandbox(owner, { clock, tokenKey }, { members, tokens: peopled.tokens });
  const sms = createRecordingSender();
  const http = createHttp({ log, version: 'test' });
  const smsBaseUrl = 'http://127.0.0.1:9';
  const store = sessions && { sessions: sessions(clock) };
  const gateway = createGateway({ services, config, secrets: testSecrets, smsBaseUrl, log, ...store });
  const staff = createStaffRoutes({ staff: services.staff, clock, log });
  http.open(db, { aggregators: gateway.aggregators, staff });
  const world: World = {
    http: http.handler,
    services,
    clock,
    sms,
    network,
    url,
    owner,
    tokens,
    hop: async (fields) => {
      const form = { networkCode: '63902', serviceCode: market.serviceCode, ...fields };
      const reply = await request(http.handler).post('/ussd/africastalking').type('form').send(form);
      return {
        status: reply.status,
        text: reply.text,
        screen: reply.headers['at-ussd-hop-metadata'],
      };
    },
    text: async (from, words, id = `in-${(texted += 1)}`) => {
      const form = { id, from, text: words, to: '384', date: '2026-01-15T09:00:00Z' };
      return (await request(http.handler).post('/sms/africastalking/inbound').type('form').send(form)).status;
    },
    settle: async () => {
      await services.counter.idle();
      while (
        (await services.clearing.work()) + (await services.counter.work()) + (await services.invoices.sendDue()) >
        0
      );
      while ((await services.counter.expireDue()) > 0);
      while ((await services.clearing.tellDirectory()) > 0);
      await services.rules.refresh();
      while ((await services.payments.expireDue()) > 0);
      while ((await services.freezes.keep()) > 0);
      while ((await services.invoices.expireDue()) > 0);
      while ((await services.invoices.promptDue()) > 0);
      while ((await services.outbox.sendDue(sms)) > 0);
    },
    drain: () => gateway.drain(),
    close: async () => {
      await adapter.stop();
      await services.ledger.close();
      await db.close();
      await drop();
    },
  };
  return { world, peopled: { uuidsDrawn: ids.uuidsDrawn(), tokens } };
}

/** One call of one phone: keeps the cumulative text as the provider does. */
export interface Call {
  readonly sessionId: string;
  dial(deep?: string): Promise<string>;
  answer(typed: string): Promise<string>;
  /** The last hop once more, as a provider that had no answer delivers it. */
  again(): Promise<string>;
  end(status: 'Success' | 'Incomplete' | 'Failed'): Promise<void>;
}

let calls = 0;

export function createCall(world: World, msisdn: string): Call {
  const sessionId = `ATUid_${String((calls += 1)).padStart(6, '0')}`;
  let text = '';
  let screen: string | undefined;
  const send = async (): Promise<string> => {
    const reply = await world.hop({ sessionId, phoneNumber: msisdn, text });
    screen = reply.screen;
    return reply.text;
  };
  return {
    sessionId,
    dial: (deep = '') => {
      text = deep;
      return send();
    },
    answer: (typed) => {
      text = text === '' ? typed : `${text}*${typed}`;
      return send();
    },
    again: send,
    end: async (status) => {
      const form = {
        sessionId,
        phoneNumber: msisdn,
        serviceCode: '*384*123#',
        networkCode: '63902',
        status,
        input: text,
      };
      const metadata = { hopsMetadata: screen ?? '' };
      await request(world.http)
        .post('/ussd/africastalking/events')
        .type('form')
        .send({ ...form, ...metadata });
    },
  };
}
