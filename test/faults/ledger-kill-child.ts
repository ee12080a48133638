/**
 * The process that is killed: moves money as fast as it can and tells the parent, one line each,
 *   try N               before the first call of job N
 *   ack N STEP WORD     after an outcome came, never before: `done` or the refusal
 *   fail N STEP WHY     when a call was rejected, which a killed server is no reason for
 *   done N              when nothing of job N is left to do
 *   paused              when it was told to pause and nothing is under way
 */
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { createLedger, type Ledger } from '../../src/ledger';
import { createDb, createLog, systemClock } from '../../src/platform';
import { jobOf, type Job, type Order } from './ledger-kill-plan';

const concurrency = 24;

interface Work {
  readonly inDoubt: number[];
  next: number;
  paused: boolean;
  finishing: boolean;
  parked: number;
}

/** Straight to the pipe: nothing that was said may sit in a buffer of ours when we are killed. */
function say(line: string): void {
  writeSync(1, `${line}\n`);
}

async function begin({ plan, inDoubt, next }: Extract<Order, { say: 'begin' }>, work: Work): Promise<void> {
  const db = createDb({ url: plan.url, connectionsMax: 8, role: 'starhash_app', onError: () => undefined });
  const ledger = createLedger({ db, clock: systemClock, log: createLog('silent'), lanes: 2 });
  work.inDoubt.push(...inDoubt);
  work.next = next;
  const worker = async (): Promise<void> => {
    for (;;) {
      if (work.paused) await park(work);
      const index = work.inDoubt.shift() ?? (work.finishing ? undefined : work.next++);
      if (index === undefined) return;
      await run(ledger, jobOf(plan, index));
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  await ledger.close();
  await db.close();
  process.exit(0);
}

async function park(work: Work): Promise<void> {
  work.parked += 1;
  if (work.parked === concurrency) say('paused');
  while (work.paused) await new Promise((resolve) => setTimeout(resolve, 5));
  work.parked -= 1;
}

async function run(ledger: Ledger, { index, steps }: Job): Promise<void> {
  say(`try ${index}`);
  for (const [step, transfer] of steps.entries()) {
    try {
      const [outcome] = await ledger.post([transfer]);
      say(`ack ${index} ${step} ${outcome?.ok === true ? 'done' : (outcome?.error ?? 'nothing')}`);
      if (outcome?.ok !== true) break;
    } catch (error) {
      say(`fail ${index} ${step} ${String(error)}`);
      return;
    }
  }
  say(`done ${index}`);
}

function main(): void {
  const work: Work = { inDoubt: [], next: 0, paused: false, finishing: false, parked: 0 };
  const lines = createInterface({ input: process.stdin });
  lines.on('close', () => process.exit(2)); // the parent is gone
  lines.on('line', (line) => {
    const order = JSON.parse(line) as Order;
    if (order.say === 'pause') work.paused = true;
    if (order.say === 'resume') work.paused = false;
    if (order.say === 'finish') work.finishing = true;
    if (order.say !== 'begin') return;
    begin(order, work).catch((error: unknown) => {
      console.error(error);
      process.exit(1);
    });
  });
  say('ready');
}

main();
