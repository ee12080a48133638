/**
 * What the ledger does in a second, and how long one waits for it, held against TPC-B on the same server in the same
 * run: `node --import tsx test/bench/ledger.ts [--quick] [--json] [--rows fee,pairs] [--books 50000000]`. On the server
 * of DATABASE_URL, where databases are made and dropped again, else on an embedded one in a temporary folder.
 */
import type { Sample } from './ledger/figures';
import type { Timing } from './ledger/load';
import { machineOf } from './ledger/machine';
import { openLoop, type OpenRound } from './ledger/open-loop';
import { watchOthers } from './ledger/others';
import { planOf, type Plan } from './ledger/plan';
import { jsonOf, markdownOf, type Report } from './ledger/report';
import { openServer, type BenchServer } from './ledger/server';
import { makeTrials, type Trial, type Trials } from './ledger/trials';
import { verifyBooks, type Verified } from './ledger/verify-books';
import { payment } from './ledger/workloads';

async function main(): Promise<void> {
  const plan = planOf(process.argv.slice(2));
  const server = await openServer();
  const stop = (): void => {
    process.exitCode = 130;
    void server.stop().finally(() => process.exit());
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    const report = await bench(server, plan);
    console.log(plan.json ? jsonOf(report) : markdownOf(report));
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
    await server.stop();
  }
}

async function bench(server: BenchServer, plan: Plan): Promise<Report> {
  const machine = await machineOf();
  const trials = await makeTrials(server, plan);
  try {
    plan.say('filling the log');
    await server.prefillLog(plan.prefillBytes);
    const others = await watchOthers(server.url);
    for (const trial of trials.list) await trial.run(plan.warmUp);
    // Before the rounds, which leave much in this process's memory that a gateway would not have.
    const open = await openRounds(trials, plan);
    const { samples, shortestMs } = await runRounds(trials.list, plan);
    const othersShare = await others();
    const verified: Verified[] = [];
    for (const books of trials.books) verified.push(await verifyBooks(books));
    const { tpcb, grown } = trials;
    const measured = { samples, grown };
    const seconds = performance.now() / 1_000;
    return { server, machine, plan, tpcb, measured, shortestMs, open, verified, othersShare, seconds };
  } finally {
    await trials.close();
  }
}

/**
 * Every workload once a round, so that a slow minute of the machine is nobody's alone; every other round backwards.
 * Where time is short, what is left of it is shared out evenly.
 */
async function runRounds(list: readonly Trial[], plan: Plan): Promise<Rounds> {
  const samples = new Map<string, Sample[]>(list.map(({ name }) => [name, []]));
  let shortestMs = plan.timing.measureMs;
  for (let round = 1; round <= plan.rounds; round += 1) {
    for (const [index, trial] of (round % 2 === 1 ? list : [...list].reverse()).entries()) {
      const shareMs = (plan.budgetMs - performance.now()) / (list.length - index);
      const timing = timingWithin(shareMs, plan);
      shortestMs = Math.min(shortestMs, timing.measureMs);
      const sample = await trial.run(timing);
      samples.get(trial.name)?.push(sample);
      plan.say(`round ${round} ${trial.name}: ${sample.perSecond.toFixed(0)} a second`);
    }
  }
  return { samples, shortestMs };
}

interface Rounds {
  readonly samples: ReadonlyMap<string, readonly Sample[]>;
  readonly shortestMs: number;
}

const leastMs = 150;

function timingWithin(shareMs: number, { timing }: Plan): Timing {
  if (timing.warmUpMs + timing.measureMs <= shareMs) return timing;
  const measureMs = Math.max(leastMs, Math.min(timing.measureMs, shareMs * 0.8));
  return { warmUpMs: measureMs / 5, measureMs };
}

async function openRounds({ main }: Trials, plan: Plan): Promise<OpenRound[]> {
  const rounds: OpenRound[] = [];
  if (!plan.wants('open')) return rounds;
  for (const rate of plan.rates) {
    plan.say(`arrivals at random, ${rate} a second`);
    rounds.push(await openLoop(main, payment(main), rate, plan.openSeconds));
  }
  return rounds;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error && process.env['DEBUG'] === undefined ? error.message : error);
  process.exitCode = 1;
});
