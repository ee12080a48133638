import { randomInt } from 'node:crypto';
import { walkAtRandom } from '../faults/random-walk-run';

jest.setTimeout(300_000);

test('R20, R123, R155, R163, R167, B1, B2, B5, B6: many people walk at random through all menus at once, and all that must hold holds', async () => {
  const lines: string[] = [];
  const seed = Number(process.env['SEED'] ?? randomInt(1_000_000));
  const report = await walkAtRandom({
    hops: 400,
    seed,
    sessions: 12,
    hopsBetweenLeaps: 150,
    log: (line) => lines.push(line),
  });
  const story = `${lines.join('\n')}\n${JSON.stringify(report.states)}`;
  expect({ story, violations: report.violations }).toEqual({ story, violations: [] });
  expect(Object.keys(report.states).length).toBeGreaterThan(15);
  expect(report.leaps).toBeGreaterThan(0);
});
