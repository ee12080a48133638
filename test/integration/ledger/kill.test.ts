import { randomInt } from 'node:crypto';
import { runKills } from '../../faults/ledger-kill-run';

test('R205: kill -9 of posters and of PostgreSQL under load loses nothing that was acknowledged and doubles nothing', async () => {
  const lines: string[] = [];
  const seed = Number(process.env['SEED'] ?? randomInt(1_000_000));
  try {
    const report = await runKills({ kills: 10, seed, log: (line) => lines.push(line) });
    expect(report.byVictim).toEqual({ poster: 2, posters: 2, backend: 2, server: 2, everything: 2 });
    expect(report.outcomes).toBeGreaterThan(500);
    expect(report.inDoubt).toBeGreaterThan(0);
  } catch (error) {
    console.error(lines.join('\n'));
    throw error;
  }
}, 120_000);
