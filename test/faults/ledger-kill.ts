/**
 * kill -9 of the processes that post and of PostgreSQL, at random moments under load:
 * `npm run faults:ledger -- --kills 500 --seed 7`. Everything runs on a server of its own, which is thrown away.
 */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { runKills } from './ledger-kill-run';

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { kills: { type: 'string' }, seed: { type: 'string' } } });
  const kills = Number(values.kills ?? 50);
  const seed = Number(values.seed ?? randomInt(1_000_000));
  const report = await runKills({ kills, seed, log: (line) => console.error(line) });
  console.error('ledger-kill: nothing lost, nothing doubled, the books verify');
  console.log(JSON.stringify(report));
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
