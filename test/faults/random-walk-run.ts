import { chanceOf, type Chance } from '../support/random';
import { emptyTally, makeCall, makeTwinCalls, violate, type Tally, type Walk } from './random-walk-call';
import { checkAll, checkQuickly } from './random-walk-check';
import { nextErrand } from './random-walk-errands';
import { hopsForAll } from './random-walk-kinds';
import { actAsStaff, swapSims, textIn, type House } from './random-walk-house';
import type { Surroundings } from './random-walk-mind';
import { gather, type Phone } from './random-walk-people';
import { openWalkWorld, type WalkWorld } from './random-walk-world';

export interface WalkOptions {
  readonly hops: number;
  readonly seed: number;
  /** How many calls are under way at once. */
  readonly sessions: number;
  /** After so many hops time leaps, and what must hold is looked at. */
  readonly hopsBetweenLeaps?: number;
  readonly log: (line: string) => void;
}

export interface WalkReport extends Omit<Tally, 'states' | 'violations'> {
  readonly seed: number;
  readonly leaps: number;
  readonly seconds: number;
  readonly texted: number;
  readonly acts: number;
  /** How often each screen was shown. */
  readonly states: Readonly<Record<string, number>>;
  /** Payments and what became of them: `send completed`. */
  readonly payments: Readonly<Record<string, number>>;
  /** How often each kind of thing has happened. */
  readonly kinds: Readonly<Record<string, number>>;
  /** What was looked at in the end, and what it said. */
  readonly checks: readonly string[];
  readonly violations: readonly string[];
}

const twinsShare = 0.08;
const errandsShare = 0.3;
/** The sandbox's, the agents' and the merchants'. */
const busyPhones = 18;
const minuteMs = 60_000;
const leapsMs = [2, 4, 11, 16, 31, 65, 190, 400, 800, 1_450].map((minutes) => minutes * minuteMs);

/**
 * Many people make calls at once and type whatever comes to their minds: options, right and wrong answers, other people's
 * codes; they hang up, share phones and accounts, and decide over one thing at the same time; the network delivers
 * hops twice and late; the staff freeze and unlock; days pass. What must hold is looked at on the way and at the end.
 */
export async function walkAtRandom(options: WalkOptions): Promise<WalkReport> {
  const { hops, seed, sessions, log, hopsBetweenLeaps = 2_500 } = options;
  const startedAt = performance.now();
  const world = await openWalkWorld(seed);
  try {
    const chance = chanceOf(seed);
    const crowd = await gather(world, chance);
    const around: Surroundings = {
      crowd,
      inbox: world.inbox,
      called: world.called,
      chance,
      codes: [],
      codesSentTo: [],
      wall: [],
      picked: new Map(),
    };
    around.wall = await readWalls(world);
    const house: House = { texted: new Map(), acts: new Map() };
    const tally = emptyTally();
    const gate = createGate();
    let leaps = 0;
    let isOver = false;
    const walk: Walk = {
      ...{ world, around, tally, pass: gate.pass, leaps: () => leaps, isOver: () => isOver },
      locked: new Set(),
      shown: [],
    };
    log(`random-walk: seed ${seed}, ${hops} hops, ${sessions} calls at once, ${crowd.phones.length} phones`);
    const callers = Array.from({ length: sessions }, (_, index) => keepCalling(walk, chanceOf(seed * 1_000 + index)));
    const beside = [textIn(walk, house), actAsStaff(walk, house), swapSims(walk)];
    const everybody = Promise.all([...callers, ...beside]).finally(() => (isOver = true));
    everybody.catch(() => undefined); // awaited below
    while (tally.hops < hops && !walk.isOver()) {
      const until = Math.min(hops, tally.hops + hopsBetweenLeaps);
      while (tally.hops < until && !walk.isOver()) await pause(100);
      if (tally.hops >= hops) break;
      await gate.close();
      await world.rest();
      await checkQuickly(walk);
      leaps += 1;
      await world.leap(chance.of(leapsMs));
      log(
        `random-walk: ${tally.hops} hops, ${world.clock.now().toISOString()}, ${tally.violations.size} kinds of violation`,
      );
      around.wall = await readWalls(world);
      gate.open();
    }
    isOver = true;
    gate.open();
    await everybody;
    await world.rest();
    await sendTheRest(world);
    const found = await checkAll(walk);
    const errors = world.logged.errors.filter((line) => !line.includes('"outcome":"failed"')); // as the walk itself ends some
    const missed = hops >= hopsForAll ? Object.entries(found.kinds).filter(([, count]) => count === 0) : [];
    for (const [kind] of missed) violate(tally, 'the walk has not reached all that it is for', kind);
    for (const line of errors) violate(tally, `an error in the log: ${nameOfError(line)}`, line.slice(0, 1_500));
    return reportOf({ seed, leaps, startedAt, tally, house, ...found });
  } finally {
    await closeQuietly(world);
  }
}

/** What the provider did not take at last is tried again later: until then somebody is not told yet. */
async function sendTheRest(world: Walk['world']): Promise<void> {
  const isLeft = async () =>
    (await world.owner.maybe({ text: `select 1 from sms_outbox where state in ('queued', 'sending') limit 1` })) !==
    undefined;
  for (let tries = 0; tries < smsTriesMax && (await isLeft()); tries += 1) {
    world.clock.advance(smsRetryMs);
    await world.settle();
  }
}
const smsTriesMax = 20;
/** Longer than a message waits for its next try. */
const smsRetryMs = 900_000;

async function keepCalling(walk: Walk, chance: Chance): Promise<void> {
  while (!walk.isOver()) {
    const purpose = chance.is(errandsShare) ? nextErrand(walk.around, chance) : undefined;
    if (purpose) await makeCall(walk, purpose.phone, purpose.errand);
    else if (chance.is(twinsShare)) await makeTwinCalls(walk, twinsOf(walk, chance));
    else await makeCall(walk, nextCaller(walk, chance));
  }
}

/** What a buyer would read in the shops: numbers of tills and of merchants, codes of invoices. */
async function readWalls({ owner }: WalkWorld): Promise<string[]> {
  const numbers = await owner.rows<{ number: string }>({
    text: `select till_number as number from till where status = 'open'
           union all select user_number from customer where role = 'merchant' and status = 'active'
           union all (select code from invoice where state = 'pending' order by created_at desc limit 30)`,
  });
  return numbers.map(({ number }) => number);
}

/** Whoever was sent something, or an agent or merchant, more often than anybody else. */
function nextCaller({ around: { crowd }, world }: Walk, chance: Chance): Phone {
  const told = chance.is(0.35) && world.called.length > 0 ? chance.of(world.called) : undefined;
  const phone = crowd.phones.find(({ msisdn }) => msisdn === told);
  return phone ?? chance.of(chance.is(0.4) ? crowd.phones.slice(0, busyPhones) : crowd.phones);
}

/** One phone with two sessions, or the phones of two who hold one account. */
function twinsOf({ around: { crowd } }: Walk, chance: Chance): readonly [Phone, Phone] {
  if (chance.is(0.6)) return chance.of(crowd.sharing);
  const phone = chance.of(crowd.phones);
  return [phone, phone];
}

/** Stands open until it is closed; who comes then waits until it is opened. */
function createGate(): { pass: () => Promise<void>; close: () => Promise<void>; open: () => void } {
  let waiting: (() => void)[] | undefined;
  return {
    pass: () => (waiting ? new Promise((resolve) => waiting?.push(resolve)) : Promise.resolve()),
    close: () => {
      waiting ??= [];
      return Promise.resolve();
    },
    open: () => {
      const those = waiting ?? [];
      waiting = undefined;
      for (const go of those) go();
    },
  };
}

const pause = (durationMs: number) => new Promise((resolve) => setTimeout(resolve, durationMs));

function nameOfError(line: string): string {
  const { msg, err } = JSON.parse(line) as { msg?: string; err?: { message?: string } };
  return `${msg ?? ''}: ${(err?.message ?? '').replace(/[0-9a-f-]{36}|\d+/g, 'N').slice(0, 140)}`;
}

interface Ended {
  readonly seed: number;
  readonly leaps: number;
  readonly startedAt: number;
  readonly tally: Tally;
  readonly house: House;
  readonly payments: Readonly<Record<string, number>>;
  readonly kinds: Readonly<Record<string, number>>;
  readonly checks: readonly string[];
}

function reportOf({ seed, leaps, startedAt, tally, house, payments, kinds, checks }: Ended): WalkReport {
  const { states, violations, ...counts } = tally;
  const sum = (counted: ReadonlyMap<string, number>) => [...counted.values()].reduce((total, one) => total + one, 0);
  const byName = [...states].sort(([one], [other]) => (one < other ? -1 : 1));
  return {
    ...{ seed, leaps, seconds: Math.round((performance.now() - startedAt) / 1_000), ...counts },
    ...{ texted: sum(house.texted), acts: sum(house.acts), payments, kinds },
    states: Object.fromEntries(byName),
    checks: [...checks, `acts of the staff: ${JSON.stringify(Object.fromEntries(house.acts))}`],
    violations: [...violations].map(([kind, { count, example }]) => `${kind} (${count}): ${example}`),
  };
}

/** What went wrong before is what matters. */
async function closeQuietly(world: WalkWorld): Promise<void> {
  await world.close().catch(() => undefined);
}
