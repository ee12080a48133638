/**
 * People walk through all menus at random, many at once, and what must hold is looked at:
 * `node --import tsx test/faults/random-walk.ts --hops 100000 --seed 1 --sessions 40`.
 */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import startServer, { handover, testServer } from '../support/global-setup';
import { walkAtRandom } from './random-walk-run';

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { hops: { type: 'string' }, seed: { type: 'string' }, sessions: { type: 'string' } },
  });
  const hops = Number(values.hops ?? 100_000);
  const seed = Number(values.seed ?? randomInt(1_000_000));
  const sessions = Number(values.sessions ?? 40);
  await startServer();
  try {
    const report = await walkAtRandom({ hops, seed, sessions, log: (line) => console.log(line) });
    const { checks, violations, states, payments, kinds, ...counts } = report;
    console.log(`random-walk: ${JSON.stringify(counts)}`);
    console.log(`random-walk: screens ${JSON.stringify(states)}`);
    console.log(`random-walk: payments ${JSON.stringify(payments)}`);
    console.log(`random-walk: kinds of things ${JSON.stringify(kinds)}`);
    for (const check of checks) console.log(`random-walk: ${check}`);
    for (const violation of violations) console.error(`random-walk: VIOLATION ${violation}`);
    if (violations.length > 0) process.exitCode = 1;
    else console.log('random-walk: everything holds');
  } finally {
    await testServer[handover]?.stop();
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
