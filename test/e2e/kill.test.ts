import { randomInt } from 'node:crypto';
import { runKills } from '../faults/system-kill-run';
import { cleanUp } from '../support/system';

jest.setTimeout(120_000);
afterAll(cleanUp);

test('R205, B1, B2: a system killed with -9 loses no payment it acknowledged, doubles none, and tells on redial what came of it', async () => {
  const lines: string[] = [];
  const seed = Number(process.env['SEED'] ?? randomInt(1_000_000));
  const report = await runKills({ kills: 3, seed, log: (line) => lines.push(line) });
  const story = `${lines.join('\n')}\n${JSON.stringify(report)}`;
  expect({ story, failures: report.failures }).toEqual({ story, failures: [] });
  expect({ story, enough: report.acknowledged > 5 }).toEqual({ story, enough: true });
  expect(report).toMatchObject({ lost: 0, doubled: 0 });
});
