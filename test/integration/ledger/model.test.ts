import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import { openBooks, type Books } from './books';
import { createPlayer, type Player } from './player';
import { programs } from './programs';

/** `LEDGER_MODEL_RUNS=20000 SEED=7 npx jest test/integration/ledger/model` for a long one. */
const runs = Number(process.env['LEDGER_MODEL_RUNS'] ?? 50);
const seed = Number(process.env['SEED'] ?? randomInt(2 ** 31));
const runMsMax = 2_000; // of one program on a busy machine
/** Clocks only go forward in one database, a few days a program; it has partitions for some months. */
const runsOfOneDatabase = 400;

/** How often each outcome came up, to be sure that the programs reach them all. */
const seen = new Map<string, number>();
const common = [
  'done',
  'again',
  'insufficient_funds',
  'limit_exceeded',
  'pending_unknown',
  'transfer_exists_different',
];
const rare = [
  ...[
    'ceiling_exceeded',
    'account_unknown',
    'account_frozen',
    'account_closed',
    'currency_mismatch',
    'transfer_expired',
  ],
  ...['pending_gone', 'amount_exceeds_pending', 'transfer_invalid', 'swept', 'bounds_exceeded', 'account_not_empty'],
];

let books: Books | undefined;
let played = 0;
async function freshBooks(): Promise<Books> {
  if (books && played % runsOfOneDatabase !== 0) return books;
  await books?.close();
  books = await openBooks({ lanes: 1 });
  for (const [table, bound] of [
    ['ledger_transfer', 'transfer_id_floor'],
    ['audit_link', 'seq_of'],
    ['audit_event', 'seq_of'],
  ]) {
    const text = `select make_month_partitions($1, $2, '2026-01-15', 30)`;
    await books.owner.rows({ text, values: [table, bound] });
  }
  return books;
}
afterAll(() => books?.close());

test(
  'R97, R197, R198: any program of calls over two engines gives the outcomes, balances and histories of the model',
  async () => {
    let player: Player | undefined;
    await fc.assert(
      fc.asyncProperty(programs, async (program) => {
        const own = await freshBooks();
        if (player?.books !== own) player = createPlayer(own, (what) => seen.set(what, (seen.get(what) ?? 0) + 1));
        played += 1;
        await player.play(program);
        await own.oracle.check();
        if (played % 50 === 0) await own.check();
      }),
      { numRuns: runs, seed },
    );
    await books?.check();
    if (runs < 50) return; // too few to meet them
    for (const outcome of runs < 400 ? common : [...common, ...rare])
      expect([outcome, seen.get(outcome) ?? 0]).not.toEqual([outcome, 0]);
  },
  runs * runMsMax,
);
