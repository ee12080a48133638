/**
 * Kills either of two providers, and the scheme between them, with -9 while people pay one another:
 * `node --import tsx test/faults/two-kill.ts --scheme fspiop --kills 200 --seed 7 --callers 24`.
 */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { cleanUp } from '../support/system';
import { runTwoKills } from './two-kill-run';

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      scheme: { type: 'string', default: 'fspiop' },
      kills: { type: 'string', default: '200' },
      seed: { type: 'string', default: String(randomInt(1_000_000)) },
      callers: { type: 'string', default: '24' },
    },
  });
  const { scheme } = values;
  if (scheme !== 'fspiop' && scheme !== 'l1p') throw new Error('--scheme must be fspiop or l1p');
  const [kills = 0, seed = 0, callers = 0] = [values.kills, values.seed, values.callers].map(Number);
  try {
    const log = (line: string): void => console.log(line);
    const { failures, ...report } = await runTwoKills({ scheme, kills, seed, callers, log });
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
