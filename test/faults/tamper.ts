/**
 * Tampers with the books as an owner of the database can, a thousand times, each undone, and counts what the proofs of
 * log and ledger find: `node --import tsx test/faults/tamper.ts --times 1000 --seed 7`.
 * On the server of DATABASE_URL, else on an embedded one, in a database of its own that is dropped afterwards.
 */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { verify } from '../../src/audit';
import { createRandom, tamperAndUndo, tables, type Table } from '../integration/audit/tamper';
import { live, openTrail, type Trail } from '../integration/audit/trail';
import setUp from '../support/global-setup';
import tearDown from '../support/global-teardown';

interface Count {
  times: number;
  byLog: number;
  byLedger: number;
  unseen: number;
}

async function main(): Promise<void> {
  const options = { times: { type: 'string' }, seed: { type: 'string' } } as const;
  const { values } = parseArgs({ options });
  const times = Number(values.times ?? 1_000);
  const seed = Number(values.seed ?? randomInt(1_000_000));
  await setUp();
  try {
    const trail = await openTrail();
    await live(trail, 3)
      .then(() => run(trail, { times, seed }))
      .finally(() => trail.close());
  } finally {
    await tearDown();
  }
}

async function run(trail: Trail, { times, seed }: { times: number; seed: number }): Promise<void> {
  console.log(`tamper: seed ${seed}, ${times} times`);
  const random = createRandom(seed);
  const counts = new Map<Table, Count>(tables.map((table) => [table, { times: 0, byLog: 0, byLedger: 0, unseen: 0 }]));
  const began = performance.now();
  for (let time = 1; time <= times; time += 1) {
    const { tampering, judged } = await tamperAndUndo(trail.owner, { random }, async (tx) => ({
      byLedger: !(await trail.books.ledger.verify(tx)).clean,
      byLog: !(await verify(tx)).clean,
    }));
    const count = counts.get(tampering.table);
    if (!count) continue;
    count.times += 1;
    if (judged.byLog) count.byLog += 1;
    if (judged.byLedger) count.byLedger += 1;
    if (judged.byLog || judged.byLedger) continue;
    count.unseen += 1;
    console.log(`UNSEEN ${time}: ${tampering.table}: ${tampering.what}`);
  }
  console.table(Object.fromEntries(counts));
  const unseen = [...counts.values()].reduce((sum, count) => sum + count.unseen, 0);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`tamper: ${times - unseen} of ${times} found in ${seconds} s`);
  if (unseen > 0) process.exitCode = 1;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
