/**
 * Kills a process that moves money, again and again: `node --import tsx test/faults/ledger-kill.ts --kills 50 --seed 7`.
 * On the server of DATABASE_URL, else on an embedded one, in a database of its own that is dropped afterwards.
 */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { createTestDatabase } from '../support/database';
import setUp from '../support/global-setup';
import tearDown from '../support/global-teardown';
import { runKills } from './ledger-kill-run';

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { kills: { type: 'string' }, seed: { type: 'string' } } });
  const kills = Number(values.kills ?? 50);
  const seed = Number(values.seed ?? randomInt(1_000_000));
  await setUp();
  try {
    const { db, url, drop } = await createTestDatabase();
    try {
      const report = await runKills({ db, url, kills, seed, log: (line) => console.log(line) });
      console.log(`ledger-kill: nothing lost, nothing doubled, the books verify: ${JSON.stringify(report)}`);
    } finally {
      await drop();
    }
  } finally {
    await tearDown();
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
