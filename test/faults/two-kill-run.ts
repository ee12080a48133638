import { setTimeout as sleep } from 'node:timers/promises';
import { addCrowd, openBeside, type Beside, type Member } from '../support/customers';
import { createPhone } from '../support/phone';
import { chanceOf, type Chance } from '../support/random';
import { freePorts, makeDataDir, startSystem, type Launched, type LaunchOptions } from '../support/system';
import { callOn, type TwoAttempt } from './two-kill-caller';
import { payBulks } from './two-kill-bulks';
import { compareThree, unsettled } from './two-kill-check';
import { openPhones, type Phones } from './two-kill-phones';
import { startBetween, type SchemeBetween, type SchemeName } from './two-kill-scheme';

export interface TwoKillOptions {
  readonly scheme: SchemeName;
  readonly kills: number;
  readonly seed: number;
  /** At each provider. */
  readonly callers: number;
  readonly log: (line: string) => void;
}

export interface TwoKillReport {
  readonly seed: number;
  readonly kills: Readonly<Record<Victim, number>>;
  readonly attempts: Readonly<Record<TwoAttempt['told'], number>>;
  readonly transfers: number;
  readonly paid: number;
  /** Lists that were given into payment, and their rows that were paid. */
  readonly bulks: number;
  readonly rowsPaid: number;
  readonly lost: number;
  readonly doubled: number;
  /** After the last start, until nothing was undecided. */
  readonly settledMs: number;
  readonly failures: readonly string[];
}

/** A provider's process alone, a provider with its database (a power cut), the scheme. */
type Victim = 'one' | 'two' | 'one with its database' | 'two with its database' | 'scheme';
type Name = 'one' | 'two';

/** Of ten kills of a provider one is a power cut: a database takes its time to come back, and nobody pays meanwhile. */
const powerCuts = 0.1;
const openingMinor = 10_000_000n;
const membersPerLine = 10;
/** Each pays one list, at one time or another. */
const businesses = 200;
const settleTimeoutMs = 240_000;
/** So long it is waited at most between two kills for people to pay. */
const payingMaxMs = 15_000;
/** Short, so that transfers run out while somebody is dead. */
const times = { SCHEME_TRANSFER_TTL_MS: '4000', SCHEME_GRACE_MS: '4000', SCHEME_TIMEOUT_MS: '1000' };

interface Two {
  readonly phones: Phones;
  readonly scheme: SchemeBetween;
  readonly systems: Record<Name, Launched>;
  readonly options: Readonly<Record<Name, LaunchOptions>>;
}

/**
 * People of two providers pay one another by phone, while either provider, its database or the scheme is killed with -9 and
 * started again. In the end nothing may be undecided, and three ledgers and what people were told must agree.
 */
export async function runTwoKills({ scheme, kills, seed, callers, log }: TwoKillOptions): Promise<TwoKillReport> {
  log(`two-kill: ${scheme}, seed ${seed}, ${kills} kills, ${callers} callers at each provider`);
  const chance = chanceOf(seed);
  const opened: Closing[] = [];
  try {
    const two = await startTwo(scheme, opened);
    const people = callers * membersPerLine;
    const members = {
      one: await crowdOf(two.systems.one, people + businesses, '+2547100'),
      two: await crowdOf(two.systems.two, people + businesses, '+2547200'),
    };
    await Promise.all([untilTold(two.systems.one), untilTold(two.systems.two)]);
    const attempts: Record<Name, TwoAttempt[]> = { one: [], two: [] };
    const stop = { asked: false };
    const line = (name: Name, other: Name, index: number): Promise<void> =>
      callOn(
        {
          phone: createPhone({ gatewayUrl: () => two.systems[name].url }),
          payers: members[name].slice(index * membersPerLine, (index + 1) * membersPerLine),
          payees: members[other].slice(0, people),
          chance: chanceOf(seed * 1_000 + index + (name === 'one' ? 0 : 500)),
          stopping: () => stop.asked,
        },
        attempts[name],
      );
    const lines = Array.from({ length: callers }, (_, index) => [line('one', 'two', index), line('two', 'one', index)]);
    const bulkLine = (name: Name, other: Name): Promise<number> =>
      payBulks({
        dataDir: two.systems[name].dataDir,
        businesses: members[name].slice(people),
        payees: members[other].slice(0, people),
        chance: chanceOf(seed * 1_000 + (name === 'one' ? 998 : 999)),
        stopping: () => stop.asked,
      });
    const bulkLines = [bulkLine('one', 'two'), bulkLine('two', 'one')];
    const counts: Record<Victim, number> = {
      ...{ one: 0, two: 0, scheme: 0, 'one with its database': 0, 'two with its database': 0 },
    };
    const startedAt = performance.now();
    for (let killed = 0; killed < kills;) {
      await untilPaying(attempts, 1 + chance.below(callers));
      const victims = victimsOf(chance).slice(0, kills - killed);
      killed += victims.length;
      for (const victim of victims) counts[victim] += 1;
      await Promise.all(victims.map((victim) => killAndStart(two, victim, chance)));
      const seconds = Math.round((performance.now() - startedAt) / 1_000);
      log(`${seconds} s, ${killed} kills (${victims.join(', ')}): ${JSON.stringify(tally(attempts))}`);
    }
    await untilPaying(attempts, callers);
    stop.asked = true;
    await Promise.all(lines.flat());
    const bulks = (await Promise.all(bulkLines)).reduce((sum, begun) => sum + begun, 0);
    const besides = await Promise.all([two.systems.one, two.systems.two].map(({ dataDir }) => openBeside(dataDir)));
    const settledMs = await untilSettled(besides);
    const [one, other] = besides;
    if (!one || !other) throw new Error('there are two');
    const found = await compareThree(
      [
        { name: 'one', beside: one, attempts: attempts.one, members: members.one },
        { name: 'two', beside: other, attempts: attempts.two, members: members.two },
      ],
      await two.scheme.transfers(),
      two.phones,
    );
    await Promise.all(besides.map((beside) => beside.close()));
    return { seed, kills: counts, attempts: tally(attempts), bulks, settledMs, ...found };
  } finally {
    for (const one of opened) await one.close();
  }
}

interface Closing {
  readonly close: () => Promise<void>;
}

/** `opened`: gets what is to be closed, also where the start fails. */
async function startTwo(name: SchemeName, opened: Closing[]): Promise<Two> {
  const ports = { one: await freePorts(), two: await freePorts() };
  const phones = await openPhones();
  opened.push(phones);
  const scheme = await startBetween(name, { one: ports.one.port, two: ports.two.port });
  opened.push(scheme);
  const optionsOf = async (provider: Name): Promise<LaunchOptions> => ({
    ...ports[provider],
    dataDir: await makeDataDir(),
    env: { ...times, LOG_LEVEL: 'silent', ...phones.environment, ...scheme.environmentOf(provider) },
  });
  const options = { one: await optionsOf('one'), two: await optionsOf('two') };
  return {
    ...{ phones, scheme, options },
    systems: { one: await startSystem(options.one), two: await startSystem(options.two) },
  };
}

async function crowdOf({ dataDir }: Launched, count: number, prefix: string): Promise<Member[]> {
  const beside = await openBeside(dataDir);
  try {
    return await addCrowd(beside, count, openingMinor, prefix);
  } finally {
    await beside.close();
  }
}

/** The directory is told by the providers themselves; nobody pays before everybody can be found. */
async function untilTold({ dataDir }: Launched): Promise<void> {
  const beside = await openBeside(dataDir);
  try {
    for (const end = performance.now() + settleTimeoutMs; performance.now() < end;) {
      const { n } = await beside.services.db.one<{ n: bigint }>({
        text: 'select count(*) as n from directory_entry where due_at is not null',
      });
      if (n === 0n) return;
      await sleep(200);
    }
    throw new Error('the directory was not told of everybody in time');
  } finally {
    await beside.close();
  }
}

/** Until so many more payments were tried: on a slow machine as on a fast one, kills fall among payments. */
async function untilPaying(attempts: Readonly<Record<Name, readonly TwoAttempt[]>>, more: number): Promise<void> {
  const count = (): number => attempts.one.length + attempts.two.length;
  const due = count() + more;
  for (const end = performance.now() + payingMaxMs; count() < due && performance.now() < end;) await sleep(20);
}

/** One, two or all three places, within a moment of each other. */
function victimsOf(chance: Chance): Victim[] {
  const places: (Name | 'scheme')[] = ['one', 'two', 'scheme'];
  return Array.from({ length: 1 + chance.below(3) }, (): Victim => {
    const place = chance.of(places);
    places.splice(places.indexOf(place), 1);
    return place === 'scheme' || !chance.is(powerCuts) ? place : `${place} with its database`;
  });
}

async function killAndStart({ scheme, systems, options }: Two, victim: Victim, chance: Chance): Promise<void> {
  const [waitMs, downMs] = [chance.below(500), chance.below(800)];
  await sleep(waitMs);
  if (victim === 'scheme') {
    await scheme.kill();
    await sleep(downMs);
    await scheme.start();
    return;
  }
  const name = victim.startsWith('one') ? 'one' : 'two';
  await systems[name].kill(victim.endsWith('database') ? 'everything' : 'process');
  await sleep(downMs);
  systems[name] = await startSystem(options[name]);
}

async function untilSettled(besides: readonly Beside[]): Promise<number> {
  const startedAt = performance.now();
  for (;;) {
    const counts = await Promise.all(besides.map(unsettled));
    if (counts.every((count) => count === 0)) return Math.round(performance.now() - startedAt);
    if (performance.now() - startedAt > settleTimeoutMs) return Number.NaN; // the comparison names them
    await sleep(200);
  }
}

function tally(attempts: Readonly<Record<Name, readonly TwoAttempt[]>>): Record<TwoAttempt['told'], number> {
  const all = [...attempts.one, ...attempts.two];
  const count = (told: TwoAttempt['told']) => all.filter((attempt) => attempt.told === told).length;
  return {
    paid: count('paid'),
    'not paid': count('not paid'),
    underway: count('underway'),
    'in doubt': count('in doubt'),
  };
}
