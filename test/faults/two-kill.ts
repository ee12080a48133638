/**
 * Kills either of two providers, and the scheme between them, with -9 while people pay one another:
 * `node --import tsx test/faults/two-kill.ts --kills 200 --seed 7 --callers 8`.
 */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { cleanUp } from '../support/system';
import { runTwoKills } from './two-kill-run';

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { kills: { type: 'string' }, seed: { type: 'string' }, callers: { type: 'string' } },
  });
  const kills = Number(values.kills ?? 200);
  const seed = Number(values.seed ?? randomInt(1_000_000));
  const callers = Number(values.callers ?? 8);
  try {
    const { failures, ...report } = await runTwoKills({ kills, seed, callers, log: (line) => console.log(line) });
    console.log(`two-kill: ${JSON.stringify(report)}`);
    for (const failure of failures) console.error(`two-kill: ${failure}`);
    if (failures.length > 0) process.exitCode = 1;
    else console.log('two-kill: nothing lost, nothing doubled, the three ledgers agree');
  } finally {
    await cleanUp();
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
