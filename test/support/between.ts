import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Hub } from '../../sims/hub/hub';
import { readSettings as readHubSettings } from '../../sims/hub/settings';
import { startHub } from '../../sims/hub/start';
import { readSettings as readSchemeSettings } from '../../sims/scheme/settings';
import { startScheme } from '../../sims/scheme/start';
import { openFspiopAddress } from './fspiop';
import { openL1pAddress } from './l1p';
import { hubTransfers, ledgerTransfers, type SchemeTransfer } from './scheme-books';
import type { Between } from './two';
import { createClockApart, createTestClock, type ClockApart, type TestClock } from './world';

/** A real scheme in this process, on a folder of its own: it lives by the tests' clock and can be away. */
export interface RealBetween extends Between {
  /** What it takes the tests' clock to say. */
  readonly schemeClock: ClockApart;
  /** Ends it; what it has acknowledged is on its disk. */
  stop(): Promise<void>;
  /** It comes up again, on the same data and at the same address. */
  start(): Promise<void>;
  /** What it has on its books. */
  transfers(): Promise<SchemeTransfer[]>;
  close(): Promise<void>;
}

const names = ['one', 'two'] as const;
/** The disk refuses nothing here. */
const onFailure = (error: unknown): void => expect(error).toBeUndefined();
const at = (port = 0): string => `http://127.0.0.1:${port}`;

export interface HubBetween extends RealBetween {
  /** Its process of now: its faults and its log. */
  readonly hub: () => Hub;
}

/** A Mojaloop hub. */
export async function openFspiopBetween(clock: TestClock = createTestClock()): Promise<HubBetween> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'hub-'));
  const schemeClock = createClockApart(clock);
  const places = new Map<string, string>();
  const settings = {
    ...readHubSettings({ HUB_PARTICIPANTS: 'nobody=http://127.0.0.1', HUB_SWEEP_MS: '10', HUB_PAUSE_MAX_MS: '20' }),
    dataDir,
  };
  const launch = (port: number) =>
    startHub({ ...settings, port, participants: places }, onFailure, () => schemeClock.now().getTime());
  let running = await launch(0);
  const { port } = running;
  const addresses = {
    one: await openFspiopAddress('one', { switchUrl: at(port) }),
    two: await openFspiopAddress('two', { switchUrl: at(port) }),
  };
  for (const name of names) places.set(name, addresses[name].url);
  return {
    ...{ clock, schemeClock },
    hub: () => running.hub,
    adapterFor: (dfspId, deps) => addresses[dfspId].adapter(deps),
    idle: async () => {
      for (let before = -1; before < running.hub.post.log.length;) {
        before = running.hub.post.log.length;
        await running.hub.post.idle();
        await sleep(10);
      }
    },
    expireDue: () => Promise.resolve(0), // it does so by itself
    stop: () => running.close(),
    start: async () => {
      running = await launch(port);
    },
    transfers: () => hubTransfers(port),
    close: async () => {
      await running.close();
      await Promise.all(names.map((name) => addresses[name].close()));
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** The central services of 2017. */
export async function openL1pBetween(clock: TestClock = createTestClock()): Promise<RealBetween> {
  const schemeClock = createClockApart(clock);
  const dataDir = await mkdtemp(path.join(tmpdir(), 'scheme-'));
  const settings = {
    ...readSchemeSettings({ SCHEME_AUTH: 'basic', SCHEME_CURRENCY: 'KES', SCHEME_SWEEP_MS: '10' }),
    dataDir,
  };
  const launch = (ports: typeof settings.ports) =>
    startScheme({ ...settings, ports }, onFailure, () => schemeClock.now());
  let running = await launch({ api: 0, admin: 0, directory: 0, rules: 0, fraud: 0 });
  const { ports } = running;
  const addresses = { one: await openL1pAddress('one', ports), two: await openL1pAddress('two', ports) };
  return {
    ...{ clock, schemeClock },
    seed: randomUUID(),
    adapterFor: (dfspId, deps) => addresses[dfspId].adapter(deps),
    idle: () => sleep(30),
    expireDue: () => Promise.resolve(0), // it does so by itself
    stop: () => running.close(),
    start: async () => {
      running = await launch(ports);
    },
    transfers: () => ledgerTransfers(ports.admin),
    close: async () => {
      await Promise.all(names.map((name) => addresses[name].close()));
      await running.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
