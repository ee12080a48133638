/**
 * The process that is killed: moves money as fast as it can and tells the parent, one line each,
 *   try N               before the first statement of job N
 *   ack N CALL OUTCOME  after a commit, never before
 *   done N              when nothing of job N is left to do
 */
import { writeSync } from 'node:fs';
import { createLedger } from '../../src/ledger';
import { createDb, type Db, type Tx } from '../../src/platform';
import { jobOf, planNow, type ChildOrder, type Job } from './ledger-kill-plan';

const concurrency = 16;
const ledger = createLedger();

async function main(order: ChildOrder): Promise<void> {
  process.stdin.on('end', () => process.exit(2)).resume(); // the parent is gone
  const db = createDb({ url: order.url, connectionsMax: concurrency, onError: () => undefined });
  const inDoubt = [...order.inDoubt];
  let { next } = order;
  const nextJob = () => {
    const index = inDoubt.shift() ?? (order.endless ? next++ : undefined);
    return index === undefined ? undefined : jobOf(order.seed, index);
  };
  const worker = async () => {
    for (let job = nextJob(); job; job = nextJob()) await run(db, job);
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  await db.close();
  process.exit(0);
}

async function run(db: Db, { index, transfer, settle }: Job): Promise<void> {
  say(`try ${index}`);
  const accepted = await acknowledged(db, `ack ${index} transfer`, (tx) => ledger.transfer(tx, transfer, planNow));
  if (settle && accepted) {
    await acknowledged(db, `ack ${index} ${settle}`, (tx) => ledger[settle](tx, transfer.transferId, planNow));
  }
  say(`done ${index}`);
}

async function acknowledged(
  db: Db,
  line: string,
  work: (tx: Tx) => ReturnType<typeof ledger.transfer>,
): Promise<boolean> {
  const outcome = await db.tx(work);
  say(`${line} ${outcome.ok ? outcome.value.state : outcome.error}`);
  return outcome.ok;
}

/** Straight to the pipe: nothing that was said may sit in a buffer of ours when we are killed. */
function say(line: string): void {
  writeSync(1, `${line}\n`);
}

main(JSON.parse(process.argv[2] ?? '') as ChildOrder).catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
