import { setTimeout as sleep } from 'node:timers/promises';
import { addCrowd, openBeside, type Beside, type Member } from '../support/customers';
import { createPhone } from '../support/phone';
import { chanceOf, type Chance } from '../support/random';
import { startSchemeProcess, type SchemeProcess } from '../support/scheme-process';
import { freePorts, makeDataDir, startSystem, type Launched, type LaunchOptions } from '../support/system';
import { callOn, type TwoAttempt } from './two-kill-caller';
import { compareThree, undecided, type SchemeTransfer } from './two-kill-check';

export interface TwoKillOptions {
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
  readonly lost: number;
  readonly doubled: number;
  /** After the last start, until nothing was undecided. */
  readonly settledMs: number;
  readonly failures: readonly string[];
}

/** A provider's process alone, a provider with its database (a power cut), the scheme. */
type Victim = 'one' | 'two' | 'one with its database' | 'two with its database' | 'scheme';
type Name = 'one' | 'two';

const openingMinor = 10_000_000n;
const membersPerLine = 20;
const settleTimeoutMs = 120_000;
/** Short, so that transfers run out while somebody is dead. */
const times = { SCHEME_TRANSFER_TTL_MS: '4000', SCHEME_GRACE_MS: '4000', SCHEME_TIMEOUT_MS: '1000' };

interface Two {
  readonly scheme: SchemeProcess;
  readonly systems: Record<Name, Launched>;
  readonly options: Readonly<Record<Name, LaunchOptions>>;
}

/**
 * People of two providers pay one another by phone, while either provider, its database or the scheme is killed with -9 and
 * started again. In the end nothing may be undecided, and three ledgers and what people were told must agree.
 */
export async function runTwoKills({ kills, seed, callers, log }: TwoKillOptions): Promise<TwoKillReport> {
  log(`two-kill: seed ${seed}, ${kills} kills, ${callers} callers at each provider`);
  const chance = chanceOf(seed);
  const two = await startTwo();
  try {
    const members = {
      one: await crowdOf(two.systems.one, callers * membersPerLine, '+2547100'),
      two: await crowdOf(two.systems.two, callers * membersPerLine, '+2547200'),
    };
    await Promise.all([untilTold(two.systems.one), untilTold(two.systems.two)]);
    const attempts: Record<Name, TwoAttempt[]> = { one: [], two: [] };
    const stop = { asked: false };
    const line = (name: Name, other: Name, index: number): Promise<void> =>
      callOn(
        {
          phone: createPhone({ gatewayUrl: () => two.systems[name].url }),
          payers: members[name].slice(index * membersPerLine, (index + 1) * membersPerLine),
          payees: members[other],
          chance: chanceOf(seed * 1_000 + index + (name === 'one' ? 0 : 500)),
          stopping: () => stop.asked,
        },
        attempts[name],
      );
    const lines = Array.from({ length: callers }, (_, index) => [line('one', 'two', index), line('two', 'one', index)]);
    const counts: Record<Victim, number> = {
      ...{ one: 0, two: 0, scheme: 0, 'one with its database': 0, 'two with its database': 0 },
    };
    const victims = Object.keys(counts) as Victim[];
    for (let kill = 1; kill <= kills; kill += 1) {
      await sleep(300 + chance.below(1_500));
      const victim = chance.of(victims);
      counts[victim] += 1;
      await killAndStart(two, victim, chance);
      log(`kill ${kill} (${victim}): ${JSON.stringify(tally(attempts))}`);
    }
    await sleep(2_000);
    stop.asked = true;
    await Promise.all(lines.flat());
    const besides = await Promise.all([two.systems.one, two.systems.two].map(({ dataDir }) => openBeside(dataDir)));
    const settledMs = await waitUntilDecided(besides);
    const [one, other] = besides;
    if (!one || !other) throw new Error('there are two');
    const found = await compareThree(
      [
        { name: 'one', beside: one, attempts: attempts.one },
        { name: 'two', beside: other, attempts: attempts.two },
      ],
      await schemeTransfers(two.scheme),
    );
    await Promise.all(besides.map((beside) => beside.close()));
    return { seed, kills: counts, attempts: tally(attempts), settledMs, ...found };
  } finally {
    await two.scheme.close();
  }
}

async function startTwo(): Promise<Two> {
  const scheme = await startSchemeProcess({ SCHEME_CURRENCY: 'KES', SCHEME_OPENING_FUNDS: '100000000' });
  const optionsOf = async (name: Name): Promise<LaunchOptions> => {
    const ports = await freePorts();
    const at = (port: number): string => `http://127.0.0.1:${port}`;
    const env = {
      ...{ ...times, LOG_LEVEL: 'silent', DFSP_ID: name, SCHEME: 'l1p' },
      ...{ L1P_LEDGER_URL: at(scheme.ports.api), L1P_DIRECTORY_URL: at(scheme.ports.directory) },
      ...{ L1P_PUBLIC_URL: `${at(ports.port)}/l1p`, L1P_SECRET: `secret of ${name}` },
      ...{ L1P_DIRECTORY_KEY: name, L1P_DIRECTORY_SECRET: name },
      ...{ L1P_OPERATOR_KEY: 'admin', L1P_OPERATOR_SECRET: 'admin' },
    };
    return { ...ports, dataDir: await makeDataDir(), env };
  };
  const options = { one: await optionsOf('one'), two: await optionsOf('two') };
  return {
    scheme,
    options,
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

async function killAndStart({ scheme, systems, options }: Two, victim: Victim, chance: Chance): Promise<void> {
  const downMs = chance.below(800);
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

async function waitUntilDecided(besides: readonly Beside[]): Promise<number> {
  const startedAt = performance.now();
  for (;;) {
    const counts = await Promise.all(besides.map(undecided));
    if (counts.every((count) => count === 0)) return Math.round(performance.now() - startedAt);
    if (performance.now() - startedAt > settleTimeoutMs) return Number.NaN; // the comparison names them
    await sleep(200);
  }
}

async function schemeTransfers({ ports }: SchemeProcess): Promise<SchemeTransfer[]> {
  const authorization = `Basic ${Buffer.from('admin:admin').toString('base64')}`;
  const response = await fetch(`http://127.0.0.1:${ports.admin}/transfers`, { headers: { authorization } });
  const transfers = (await response.json()) as {
    readonly id: string;
    readonly state: string;
    readonly debits: readonly { readonly account: string; readonly amount: string }[];
  }[];
  return transfers.map(({ id, state, debits: [debit] }) => ({
    transferId: id.split('/').at(-1) ?? '',
    state,
    amountMinor: BigInt(Math.round(Number(debit?.amount ?? 0) * 100)),
    payer: debit?.account.split('/').at(-1) ?? '',
  }));
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
