import { EventEmitter, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { addCrowd, openBeside, type Beside } from '../support/customers';
import { createPhone } from '../support/phone';
import { randomOf } from '../support/random';
import { launch, makeDataDir, startSystem, waitUntilWorking, type Launched } from '../support/system';
import { createCaller, type Caller } from './system-kill-caller';
import { compare } from './system-kill-check';

export interface KillOptions {
  readonly kills: number;
  readonly seed: number;
  readonly callers?: number;
  /** Waits until every message has left, at most 90 s: a killed sender holds its own for a minute. */
  readonly drain?: boolean;
  readonly log: (line: string) => void;
}

export interface KillReport {
  readonly seed: number;
  /** Of the process alone, of everything (a power cut), and in the middle of a start. */
  readonly kills: Readonly<Record<KillKind, number>>;
  readonly attempts: number;
  readonly acknowledged: number;
  readonly inDoubt: number;
  /** Of these, payments that had been committed although nobody was told. */
  readonly inDoubtPaid: number;
  /** Hops with a PIN that the provider delivered again. */
  readonly deliveredAgain: number;
  readonly lost: number;
  readonly doubled: number;
  readonly failures: readonly string[];
}

type KillKind = 'process' | 'everything' | 'starting';

const openingMinor = 10_000_000n;

/**
 * People send one another money by USSD while the system under them is killed with -9 and started again, at random
 * moments. Whoever had no answer to their PIN sees the provider deliver it again, then dials and reads what came of it.
 */
export async function runKills({ kills, seed, callers = 6, drain, log }: KillOptions): Promise<KillReport> {
  const random = randomOf(seed);
  log(`system-kill: seed ${seed}, ${kills} kills, ${callers} callers`);
  let system = await startSystem({ dataDir: await makeDataDir() });
  const members = await withBeside(system, (beside) => addCrowd(beside, callers, openingMinor));
  const stop = { asked: false, abandoned: false };
  let deaths = 0;
  const moments = new EventEmitter();
  const crowd = members.map((me, index) =>
    createCaller({
      phone: createPhone({ gatewayUrl: () => system.url }),
      me,
      others: members.filter((other) => other !== me),
      random: randomOf(seed * 1_000 + index),
      stopping: () => stop.asked,
      abandoned: () => stop.abandoned,
      deaths: () => deaths,
      onMoment: (moment) => void moments.emit(moment),
    }),
  );
  const calling = Promise.all(crowd.map((caller) => caller.run().finally(() => (stop.asked = true))));
  calling.catch(() => undefined); // looked at below, when the kills are over
  const counts: Record<KillKind, number> = { process: 0, everything: 0, starting: 0 };
  try {
    for (let kill = 1; kill <= kills && !stop.asked; kill += 1) {
      const kind = kindOf(random());
      counts[kind] += 1;
      system = await killAndStart(system, kind, { random, moments, onDeath: () => (deaths += 1) });
      log(`kill ${kill} (${kind}): ${tally(crowd)}`);
    }
    await sleep(1_500); // in peace: whoever was in doubt goes on
  } catch (error) {
    stop.abandoned = true;
    throw error;
  } finally {
    stop.asked = true;
    await Promise.allSettled([calling]);
  }
  await calling;
  if (drain) await withBeside(system, drained);
  const findings = await withBeside(system, (beside) => compare(beside, members, attemptsOf(crowd), openingMinor));
  await system.stop();
  const attempts = attemptsOf(crowd);
  return {
    seed,
    kills: counts,
    attempts: attempts.length,
    acknowledged: attempts.filter(({ outcome }) => outcome === 'acknowledged').length,
    inDoubt: attempts.filter(({ outcome }) => outcome === 'in doubt').length,
    deliveredAgain: attempts.reduce((sum, { deliveries }) => sum + Math.max(0, deliveries - 1), 0),
    ...findings,
  };
}

/** Strikes while a PIN is on its way, before, during or after its commit; or when its answer was lost. */
async function killAndStart(
  system: Launched,
  kind: KillKind,
  { random, moments, onDeath }: { random: () => number; moments: EventEmitter; onDeath: () => void },
): Promise<Launched> {
  const again = { dataDir: system.dataDir, port: system.port, simPort: system.simPort };
  await sleep(300 + random() * 1_700);
  const moment = random() < 0.5 ? 'PIN sent' : 'answer lost';
  await Promise.race([once(moments, moment), sleep(3_000)]);
  if (moment === 'PIN sent') await sleep(random() * 100);
  await system.kill(kind === 'everything' ? 'everything' : 'process');
  onDeath();
  if (kind === 'starting') {
    const short = await launch(again);
    await sleep(200 + random() * 1_500);
    await short.kill('process');
    onDeath();
  }
  const next = await launch(again);
  await waitUntilWorking(next);
  return next;
}

function kindOf(draw: number): KillKind {
  if (draw < 0.6) return 'process';
  return draw < 0.8 ? 'everything' : 'starting';
}

const attemptsOf = (crowd: readonly Caller[]) => crowd.flatMap(({ attempts }) => attempts);

function tally(crowd: readonly Caller[]): string {
  const attempts = attemptsOf(crowd);
  const count = (outcome: string) => attempts.filter((attempt) => attempt.outcome === outcome).length;
  return `${attempts.length} attempts, ${count('acknowledged')} acknowledged, ${count('in doubt')} in doubt`;
}

async function withBeside<T>({ dataDir }: Launched, work: (beside: Beside) => Promise<T>): Promise<T> {
  const beside = await openBeside(dataDir);
  try {
    return await work(beside);
  } finally {
    await beside.close();
  }
}

async function drained({ services: { db } }: Beside): Promise<void> {
  for (let tries = 0; tries < 180; tries += 1) {
    const { n } = await db.one<{ n: bigint }>({
      text: `select count(*) as n from sms_outbox where state in ('queued', 'sending')`,
    });
    if (n === 0n) return;
    await sleep(1_500); // in peace: whoever was in doubt goes on
  }
  throw new Error('90 s after the last start there are messages that have not left');
}
