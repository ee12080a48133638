import { createIds } from '../../../src/platform';
import { createTestDatabase, type TestDatabase } from '../../support/database';
import {
  foundCell,
  openCell,
  pay,
  proveCells,
  resume,
  settle,
  type Cell,
  type Crossing,
} from '../../faults/ledger-cells-saga';
import { createMovableClock, hourMs } from './books';

/** The driver's end, wherever it was. */
class Cut extends Error {}

const clock = createMovableClock(new Date('2026-01-15T12:00:00Z'));
const ids = createIds(clock);
let databases: [TestDatabase, TestDatabase];
let cells: [Cell, Cell];

beforeAll(async () => {
  databases = [await createTestDatabase(), await createTestDatabase()];
  for (const [index, { db }] of databases.entries()) {
    await db.run({ text: 'update ledger_setting set clock_tolerance = null' });
    await foundCell(db, clock, index + 1, 20);
  }
  cells = await openBoth();
});
afterAll(async () => {
  await Promise.all(cells.map((cell) => cell.close()));
  await Promise.all(databases.map((database) => database.drop()));
});

async function openBoth(): Promise<[Cell, Cell]> {
  return [await openCell(databases[0].url, clock), await openCell(databases[1].url, clock)];
}

/** A driver that starts anew: it remembers nothing. */
async function restart(): Promise<void> {
  await Promise.all(cells.map((cell) => cell.close()));
  cells = await openBoth();
}

let turn = 0;
function someCrossing(): Crossing {
  turn += 1;
  const [from, to] = turn % 3 === 0 ? [cells[1], cells[0]] : cells;
  const payer = from.customers[(turn * 7) % from.customers.length] ?? '';
  const payee = to.customers[(turn * 11) % to.customers.length] ?? '';
  return { from, to, transferId: ids.uuid(), payer, payee, amountMinor: BigInt(1 + ((turn * 37) % 900)) };
}

test('account numbers carry the cell', () => {
  expect(cells.map(({ customers }) => BigInt(customers[0] ?? 0) >> 48n)).toEqual([1n, 2n]);
});

test('payments cross both ways, drivers are cut anywhere, and nothing is lost, made or paid twice', async () => {
  for (let round = 0; round < 8; round += 1) {
    const steps = ['begin', 'reserved', 'credited', 'resolved'] as const;
    const crossings = Array.from({ length: 50 }, someCrossing);
    const ends = await Promise.allSettled(
      crossings.map((crossing, index) =>
        pay(crossing, (step) => {
          if (index % 2 === 0 && step === steps[(index / 2 + round) % 4]) throw new Cut();
        }),
      ),
    );
    for (const end of ends) if (end.status === 'rejected') expect(end.reason).toBeInstanceOf(Cut);
    clock.advance(1_000);
    await restart();
    const [one, other] = cells;
    // Two drivers at once do what one would.
    await Promise.all([resume(one, other), resume(other, one), round % 2 === 0 ? resume(one, other) : 0]);
  }
  const report = await proveCells(cells);
  expect(report.posted).toBeGreaterThan(200);
  expect(report.voided).toBeGreaterThan(5); // the ceilings
  expect(report.transitMinor).not.toBe('0');
});

test('a driver that was away for days pays nobody twice, and gives back what was never paid', async () => {
  const [unpaid, paid] = [someCrossing(), someCrossing()];
  await expect(pay(unpaid, cutAt('reserved'))).rejects.toThrow(Cut);
  await expect(pay(paid, cutAt('credited'))).rejects.toThrow(Cut);
  clock.advance(30 * hourMs); // too late to be paid, too early to be sure that nobody is about to
  await restart();
  const again = ({ transferId, payee, amountMinor, from }: Crossing) => {
    const [here, there] = from.number === 1 ? cells : [cells[1], cells[0]];
    return settle({ from: here, to: there, transferId, payee, amountMinor });
  };
  expect(await again(unpaid)).toBe('pending');
  expect(await again(paid)).toBe('posted');
  clock.advance(10 * hourMs);
  expect(await again(unpaid)).toBe('voided');
  await proveCells(cells);
});

function cutAt(at: string): (step: string) => void {
  return (step) => {
    if (step === at) throw new Cut();
  };
}
