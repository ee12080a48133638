import { setTimeout as sleep } from 'node:timers/promises';
import { chartOf, createLedger, openChart, type Ledger, type NewAccount } from '../../src/ledger';
import { assert, createDb, createIds, createLog, migrate, sqlState, systemClock, type Db } from '../../src/platform';
import { createChecker, type Checker } from './ledger-kill-check';
import { startCluster, type Cluster } from './ledger-kill-cluster';
import { attachedTable, chance, type Plan } from './ledger-kill-plan';
import { startPoster, type Heard, type Poster } from './ledger-kill-poster';

export interface KillOptions {
  readonly kills: number;
  readonly seed: number;
  readonly log: (line: string) => void;
}

/** What is killed with -9: one posting process, both at once, one server process, the whole server, or all there is. */
const victims = ['poster', 'posters', 'backend', 'server', 'everything'] as const;
type Victim = (typeof victims)[number];

export interface KillReport {
  readonly seed: number;
  readonly kills: number;
  readonly byVictim: Readonly<Record<Victim, number>>;
  readonly jobs: number;
  readonly outcomes: number;
  readonly refused: number;
  /** Jobs that were under way in a process when it was killed; settled by the next one with the same ids. */
  readonly inDoubt: number;
  readonly seconds: number;
  readonly secondsAKill: number;
}

interface Run {
  readonly options: KillOptions;
  readonly plan: Plan;
  readonly cluster: Cluster;
  readonly checker: Checker;
  readonly heard: Map<number, Heard>;
  readonly posters: Poster[];
  /** Started and waiting for its first order. */
  readonly spare: Promise<Poster>[];
  readonly byVictim: Record<Victim, number>;
  /** Where the next process begins to number its jobs. */
  nextIndex: number;
  inDoubt: number;
}

const openingMinor = 10_000n;
const customers = 8;
const jobsOfOneProcess = 1_000_000;
const verifyEvery = 100;

/**
 * Kills what moves money and what keeps it, again and again, under load, and lets the next process finish what is in
 * doubt with the same ids. Throws at the first acknowledged outcome that is lost, doubled or contradicted, at the first
 * call that was rejected, and at the first look at the books that finds them wrong.
 */
export async function runKills(options: KillOptions): Promise<KillReport> {
  options.log(`ledger-kill: seed ${options.seed}, ${options.kills} kills`);
  const cluster = await startCluster();
  const db = createDb({ url: cluster.url, connectionsMax: 4, onError: () => undefined });
  const ledger = createLedger({ db, clock: systemClock, log: createLog('silent'), lanes: 1 });
  try {
    const plan = await prepare({ db, ledger, url: cluster.url, seed: options.seed });
    const run: Run = {
      ...{ options, plan, cluster, posters: [], spare: [], nextIndex: 0, inDoubt: 0, heard: new Map() },
      checker: createChecker({ db, ledger, plan, openingMinor }),
      byVictim: { poster: 0, posters: 0, backend: 0, server: 0, everything: 0 },
    };
    return await killAll(run, db, ledger);
  } finally {
    await ledger.close();
    await db.close();
    await cluster.close();
  }
}

async function killAll(run: Run, db: Db, ledger: Ledger): Promise<KillReport> {
  const { options, heard, posters, spare } = run;
  keepSpare(run, 2);
  while (posters.length < 2) await takeOver(run, []);
  const began = performance.now();
  try {
    for (let kill = 1; kill <= options.kills; kill += 1) {
      await sleep(60 + 340 * chance(options.seed, `delay ${kill}`));
      const victim = victimOf(options, kill);
      await killOne(run, victim, kill);
      await Promise.all(posters.map((poster) => poster.pause()));
      await patiently(() => run.checker.check(heard));
      if (kill % verifyEvery === 0) assert((await ledger.verify(db)).clean, 'the books do not verify');
      for (const poster of posters) poster.resume();
      options.log(`kill ${kill}: ${victim}; ${heard.size} jobs so far, ${run.inDoubt} were in doubt`);
    }
    const seconds = (performance.now() - began) / 1_000;
    await Promise.all(posters.splice(0).map((poster) => poster.finish()));
    await patiently(() => run.checker.checkAll(heard));
    return reportOf(run, seconds);
  } finally {
    for (const poster of [...posters, ...(await Promise.all(spare))]) await poster.kill().catch(() => undefined);
  }
}

function victimOf({ seed, kills }: KillOptions, kill: number): Victim {
  // Few kills take each in turn; many are dealt at random.
  const turn = kills < 20 ? (kill - 1) % victims.length : Math.floor(chance(seed, `victim ${kill}`) * victims.length);
  return victims[turn] ?? 'poster';
}

async function killOne(run: Run, victim: Victim, kill: number): Promise<void> {
  const { posters, cluster, options } = run;
  run.byVictim[victim] += 1;
  const pick = chance(options.seed, `pick ${kill}`);
  const doomed = { poster: pick < 0.5 ? 1 : -1, posters: 2, everything: 2, backend: 0, server: 0 }[victim];
  const dead = doomed < 0 ? posters.splice(-1) : posters.splice(0, doomed);
  const killings = dead.map((poster) => poster.kill());
  if (victim === 'backend') await cluster.killBackend(pick);
  if (victim === 'server' || victim === 'everything') await cluster.killServer();
  await Promise.all(killings);
  for (const { inDoubt } of dead) await takeOver(run, [...inDoubt]);
  run.inDoubt += dead.reduce((sum, { inDoubt }) => sum + inDoubt.size, 0);
  keepSpare(run, dead.length);
}

function keepSpare({ spare, heard }: Run, more: number): void {
  for (let n = 0; n < more; n += 1) {
    const poster = startPoster(heard);
    poster.catch(() => undefined);
    spare.push(poster);
  }
}

async function takeOver(run: Run, inDoubt: readonly number[]): Promise<void> {
  const poster = await (run.spare.shift() ?? startPoster(run.heard));
  poster.begin(run.plan, { inDoubt, next: run.nextIndex });
  run.nextIndex += jobsOfOneProcess;
  run.posters.push(poster);
}

/** Looks again when the connection was one of those that the kill had broken. */
async function patiently(look: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await look();
      return;
    } catch (error) {
      const lost = /terminated|ECONN|timeout/.test(String(error)) || /^(57P|08)/.test(sqlState(error) ?? '');
      if (attempt >= 200 || !lost) throw error;
      await sleep(20);
    }
  }
}

async function prepare({
  db,
  ledger,
  url,
  seed,
}: {
  db: Db;
  ledger: Ledger;
  url: string;
  seed: number;
}): Promise<Plan> {
  await migrate(db);
  await ledger.prepare(new Date());
  await db.run({ text: `create table ${attachedTable} (id uuid); create index on ${attachedTable} (id)` });
  await db.run({
    text: `create function attach_kill_row(p_rows jsonb) returns void language sql as $$
             insert into ${attachedTable} select (r ->> 'id')::uuid from jsonb_array_elements(p_rows) r $$`,
  });
  const actor = { kind: 'system', id: 'kill' } as const;
  const accounts = await ledger.newAccountIds(db, customers);
  const limits = { profile: 1, out: { day: { amountMinor: 10n ** 9n } }, in: {} };
  await db.tx((tx) => ledger.setLimits(tx, limits, actor));
  const { trust, feeIncome } = await db.tx((tx) => openChart(ledger, tx, 'KES'));
  for (const [n, accountId] of accounts.entries()) {
    const terms = { kind: 'customer', currency: 'KES', floorMinor: 0n, ceilingMinor: null } as const;
    const account: NewAccount = { accountId, ...terms, limitProfile: n % 2 === 0 ? 1 : null };
    await db.tx((tx) => ledger.openAccount(tx, account, actor));
  }
  const ids = createIds(systemClock);
  const opened = await ledger.post(
    accounts.map((creditAccountId) => ({
      ...{ kind: 'transfer', transferId: ids.uuid() },
      legs: [{ debitAccountId: chartOf('KES').trust, creditAccountId, amountMinor: openingMinor, code: 'opening' }],
    })),
  );
  assert(
    opened.every(({ ok }) => ok),
    'an opening balance was refused',
  );
  return { url, seed, startedMs: Date.now(), accounts, trust, feeIncome };
}

function reportOf({ options: { seed, kills }, byVictim, heard, inDoubt }: Run, seconds: number): KillReport {
  const words = [...heard.values()].flatMap((job) => job.words);
  return {
    ...{ seed, kills, byVictim, inDoubt },
    jobs: heard.size,
    outcomes: words.length,
    refused: words.filter((word) => word !== 'done').length,
    seconds: Math.round(seconds),
    secondsAKill: Math.round((seconds / kills) * 100) / 100,
  };
}
