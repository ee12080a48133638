import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { bindMenus } from '../../src/app/menu-actors';
import { startWorkers, type Workers } from '../../src/app/workers';
import { assert, createLog, plusMs, type Json } from '../../src/platform';
import type { Screen } from '../../src/ussd';
import { createPhone, type Phone } from '../support/phone';
import { chanceOf } from '../support/random';
import { createWorld, type TestClock, type World } from '../support/world';

/** A world behind a socket, whose workers run and whose clock goes on and leaps. */
export interface WalkWorld extends World {
  readonly baseUrl: string;
  readonly phone: Phone;
  /** What the log was told, from INFO on. */
  readonly logged: LogLines;
  /** The SMS of a phone, the oldest first. */
  readonly inbox: (msisdn: string) => readonly string[];
  /** Every SMS that arrived, and when; not one that the provider did not take at first, which comes at any time. */
  readonly received: readonly ReceivedSms[];
  /** Phones that were sent something lately, the newest last: their people look what it is about. */
  readonly called: readonly string[];
  /** What a screen asks for; undefined for one that no tree has. */
  readonly screenOf: (state: string) => Screen | undefined;
  /** Lets whoever has stopped calling be: nothing is under way, and nothing is due. */
  rest(): Promise<void>;
  /** Time leaps, and the workers wake up to it. */
  leap(durationMs: number): Promise<void>;
}

export interface ReceivedSms {
  readonly to: string;
  readonly body: string;
  readonly at: Date;
}

export interface LogLines {
  readonly all: string[];
  readonly errors: string[];
}

const start = '2026-01-30T18:00:00Z'; // three hours before the market's midnight, two days before its next month
const refusedByProvider = 0.01;
const noticeMs = 11_000;
/** Between two hops of a call nobody waits as long as this. */
const stillMs = 60;
const pollMs = 10;
const calledMax = 30;

export async function openWalkWorld(seed: number): Promise<WalkWorld> {
  const logged: LogLines = { all: [], errors: [] };
  const log = createLog('info', {
    write: (line) => {
      logged.all.push(line);
      if (line.includes('"level":"ERROR"') || line.includes('"level":"FATAL"')) logged.errors.push(line);
    },
  });
  const clock = createLeapingClock(start);
  const world = await createWorld({ seed: `walk ${seed}`, clock, log });
  const inboxes = new Map<string, string[]>();
  const called: string[] = [];
  const received: ReceivedSms[] = [];
  const refused = new Set<string>();
  const chance = chanceOf(seed + 7);
  world.sms.answer = ({ to, body }) => {
    if (chance.is(refusedByProvider)) {
      refused.add(body);
      return { outcome: 'not_taken', reason: 'as it happens' };
    }
    if (!refused.has(body)) received.push({ to, body, at: clock.now() });
    inboxes.set(to, [...(inboxes.get(to) ?? []), body]);
    called.push(to);
    called.splice(0, called.length - calledMax);
    return { outcome: 'taken', providerMessageId: `taken-${world.sms.sent.length}` };
  };
  let underWay = 0;
  const server = createServer(world.http).listen(0, '127.0.0.1');
  server.keepAliveTimeout = 600_000; // longer than anybody rests
  server.on('request', (_request, response) => {
    underWay += 1;
    response.once('close', () => (underWay -= 1));
  });
  await once(server, 'listening');
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await narrowLimits(world, clock);
  const wake = (): Workers => startWorkers(world.services, { sms: world.sms, headsIntervalMs: 60_000, log });
  let workers = wake();
  const rest = async (): Promise<void> => {
    for (let quietMs = 0; quietMs < stillMs; quietMs = underWay === 0 ? quietMs + pollMs : 0) await sleep(pollMs);
    await world.drain();
    await workers.stop();
    await world.settle();
  };
  const flows = bindMenus(world.services);
  return {
    ...world,
    baseUrl,
    phone: createPhone({ gatewayUrl: () => baseUrl, keepAlive: true }),
    logged,
    received,
    called,
    inbox: (msisdn) => inboxes.get(msisdn) ?? [],
    screenOf: (state) => {
      const [flow = '', name = ''] = state.split('.');
      return flows.get(flow)?.machine.states[name]?.meta as Screen | undefined;
    },
    rest,
    leap: async (durationMs) => {
      clock.advance(durationMs);
      await world.services.ledger.prepare(clock.now());
      workers = wake();
    },
    close: async () => {
      await workers.stop();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await world.close();
    },
  };
}

/** Goes on as the one on the wall does, from another moment, and can be pushed. */
function createLeapingClock(from: string): TestClock {
  const begunMs = performance.now();
  let now = new Date(from);
  return {
    now: () => plusMs(now, Math.floor(performance.now() - begunMs)),
    advance: (durationMs) => void (now = plusMs(now, durationMs)),
  };
}

const customers = { role: 'customer' } as const;
/** So narrow that a day's walk reaches each of them. */
const limits: Json = [
  {
    ...{ direction: 'out', ...customers, tier: 'basic', transferMin: '1', transferMax: '1500' },
    ...{ day: { amount: '1800', count: 6 }, week: { amount: '5000' }, month: { amount: '9000', count: 40 } },
  },
  {
    ...{ direction: 'in', ...customers, tier: 'basic', transferMax: '1500', balanceMax: '30000' },
    ...{ day: { amount: '2500', count: 8 }, month: { amount: '9000' }, year: { amount: '30000' } },
  },
  {
    ...{ direction: 'out', ...customers, tier: 'standard', transferMin: '1', transferMax: '2500' },
    day: { amount: '3000', count: 9 },
  },
  {
    ...{ direction: 'in', ...customers, tier: 'standard', transferMax: '5000', balanceMax: '60000' },
    day: { amount: '4000', count: 12 },
  },
  { direction: 'out', ...customers, tier: 'premium', transferMax: '20000' },
  { direction: 'in', ...customers, tier: 'premium', transferMax: '20000', balanceMax: '200000' },
  { direction: 'out', role: 'merchant', transferMin: '1', transferMax: '10000', day: { amount: '5000', count: 10 } },
  { direction: 'in', role: 'merchant', transferMax: '10000' },
  { direction: 'out', role: 'agent', transferMin: '1', transferMax: '20000' },
  { direction: 'in', role: 'agent', transferMax: '20000' },
  { direction: 'out', ...customers, tier: 'basic', product: 'send', day: { amount: '1500', count: 5 } },
];
const tiers: Json = [
  { tier: 'basic' },
  { tier: 'standard', promotion: { accountAgeDays: 2, balanceMin: '1000', paymentsMin: 5 } },
  { tier: 'premium', promotion: { accountAgeDays: 4, balanceMin: '4000', paymentsMin: 25 } },
];

const conduct: Json = {
  ...{ cashInCode: true, idDigitsAbove: '600', floatLow: '70000', floatHigh: '110000' },
};

/** By the way that the staff change rules. */
async function narrowLimits({ services: { db, rules } }: World, clock: TestClock): Promise<void> {
  for (const [kind, body] of [
    ['conduct', conduct],
    ['tiers', tiers],
    ['limits', limits],
  ] as const) {
    const proposed = await db.tx((tx) => rules.propose(tx, { kind, body, reason: 'a walk', by: 'imani' }));
    assert(proposed.ok, `the ${kind} of the walk can be proposed: ${proposed.ok ? '' : JSON.stringify(proposed)}`);
    const { version } = proposed.value;
    const approved = await db.tx((tx) => rules.approve(tx, { version, by: 'jabari' }));
    assert(approved.ok, `the ${kind} of the walk can be approved`);
  }
  clock.advance(noticeMs);
  await rules.refresh();
}
