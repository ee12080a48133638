/**
 * Kills the whole system with -9 while people pay, again and again:
 * `node --import tsx test/faults/system-kill.ts --kills 30 --seed 7 --callers 6`.
 */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { cleanUp } from '../support/system';
import { runKills } from './system-kill-run';

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { kills: { type: 'string' }, seed: { type: 'string' }, callers: { type: 'string' } },
  });
  const kills = Number(values.kills ?? 30);
  const seed = Number(values.seed ?? randomInt(1_000_000));
  const callers = Number(values.callers ?? 6);
  try {
    const { failures, ...report } = await runKills({
      kills,
      seed,
      callers,
      drain: true,
      log: (line) => console.log(line),
    });
    console.log(`system-kill: ${JSON.stringify(report)}`);
    for (const failure of failures) console.error(`system-kill: ${failure}`);
    if (failures.length > 0) process.exitCode = 1;
    else console.log('system-kill: nothing lost, nothing doubled, the books verify');
  } finally {
    await cleanUp();
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
