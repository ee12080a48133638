import { randomInt } from 'node:crypto';
import { createTestDatabase } from '../../support/database';
import { runKills } from '../../faults/ledger-kill-run';

test('R205: a process killed in the middle loses nothing that it acknowledged, and a retry doubles nothing', async () => {
  const { db, url, drop } = await createTestDatabase();
  const lines: string[] = [];
  const seed = Number(process.env['SEED'] ?? randomInt(1_000_000));
  try {
    const report = await runKills({ db, url, kills: 4, seed, log: (line) => lines.push(line) });
    expect(report.jobs).toBeGreaterThan(16);
    expect(report.inDoubt).toBeGreaterThan(0);
  } catch (error) {
    console.error(lines.join('\n'));
    throw error;
  } finally {
    await drop();
  }
}, 60_000);
