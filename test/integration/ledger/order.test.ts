import { createLedger, type Transfer } from '../../../src/ledger';
import { createMovableClock, hourMs, leg, okOf, openBooks, wordOf, type Books, type Engine } from './books';
import { createIds, createLog, plusMs } from '../../../src/platform';

let books: Books;
let payer: string;
beforeEach(async () => {
  books = await openBooks({ lanes: 1 });
  payer = await books.open({ openingMinor: 100_000n });
});
afterEach(async () => {
  await books.check();
  await books.close();
});

const move = (amountMinor = 1n): Transfer => ({
  ...{ kind: 'transfer', transferId: books.ids.uuid(), legs: [leg(payer, books.chart.trust, amountMinor)] },
});

/** Holds an account's row, so that the batch that is on its way waits, until it is let go. */
async function block(accountId: string): Promise<() => Promise<void>> {
  const session = await books.owner.session();
  await session.run({ text: 'begin' });
  await session.run({ text: `select from ledger_account where account_id = ${accountId} for update` });
  return async () => {
    await session.run({ text: 'rollback' });
    session.end();
  };
}

async function untilBlocked(): Promise<void> {
  for (;;) {
    const { waiting } = await books.owner.one<{ waiting: bigint }>({
      text: `select count(*) as waiting from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    });
    if (waiting > 0n) return;
  }
}

test('R199: under a full queue, what posts and voids held money overtakes new transfers', async () => {
  const pendings = [];
  for (let n = 0; n < 20; n += 1) pendings.push(await books.reserve(leg(payer, books.chart.trust, 1n)));
  const letGo = await block(payer);
  const first = books.one(move());
  await untilBlocked(); // the only lane is on its way
  const order: string[] = [];
  const noted = async (what: string, transfers: Transfer[]) => {
    const outcomes = await Promise.all(
      transfers.map((transfer) => books.one(transfer).then((outcome) => (order.push(what), outcome))),
    );
    return outcomes.map(wordOf);
  };
  const moves = noted(
    'move',
    Array.from({ length: 2_500 }, () => move()),
  );
  await new Promise((resolve) => setImmediate(resolve));
  const resolutions = noted(
    'resolve',
    pendings.map((pendingId, n): Transfer => ({
      kind: n % 2 === 0 ? 'post' : 'void',
      transferId: books.ids.uuid(),
      pendingId,
    })),
  );
  await new Promise((resolve) => setImmediate(resolve));
  await letGo();
  expect(wordOf(await first)).toBe('done');
  expect(new Set(await resolutions)).toEqual(new Set(['done']));
  expect(new Set(await moves)).toEqual(new Set(['done']));
  // They went with the first of three batches, before the thousand that had waited longer, and were booked before all.
  expect(order.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 'resolve'));
  const { earlier } = await books.owner.one<{ earlier: bigint }>({
    text: `select count(*) as earlier from ledger_transfer where kind = 1 and seq > (select min(seq) from ledger_transfer where kind in (3, 4))
             and seq < (select max(seq) from ledger_transfer where kind in (3, 4))`,
  });
  expect(earlier).toBe(0n);
}, 60_000);

describe('later on an account is greater in number, whatever the clocks do', () => {
  const seqsOf = async (): Promise<bigint[]> => {
    const entries = await books.ledger.entries(books.db, payer, { limit: 1_000 });
    return entries.map(({ seq }) => seq).reverse();
  };
  const ascending = (seqs: readonly bigint[]): boolean => seqs.every((seq, n) => n === 0 || seq > (seqs[n - 1] ?? 0n));

  test('a clock that steps back and jumps forward', async () => {
    const booked: bigint[] = [];
    for (const ms of [0, 50 * 60_000, -49 * 60_000, -1, 3, -5_000, 55 * 60_000, -50 * 60_000, 0]) {
      books.clock.advance(ms);
      booked.push(okOf(await books.one(move())).seq);
    }
    expect(ascending(booked)).toBe(true);
    expect((await seqsOf()).slice(1)).toEqual(booked);
  });

  test('two engines whose clocks differ', async () => {
    const ahead = { now: () => plusMs(books.clock.now(), 0.4 * hourMs) };
    const engines = [books, books.another({ lanes: 1, clock: ahead })] as Engine[];
    const booked: bigint[] = [];
    for (let n = 0; n < 12; n += 1) {
      books.clock.advance(10);
      const [outcome] = (await engines[n % 2]?.ledger.post([move()])) ?? [];
      booked.push(okOf(outcome).seq);
    }
    expect(ascending(booked)).toBe(true);
  });

  test('a reservation is numbered before what posts it, though that engine’s clock is behind', async () => {
    const ahead = books.another({ lanes: 1, clock: { now: () => plusMs(books.clock.now(), 0.4 * hourMs) } });
    const transferId = books.ids.uuid();
    const legs = [leg(payer, books.chart.trust, 1n)];
    const [reserved] = await ahead.ledger.post([
      { kind: 'reserve', transferId, legs, expiresAt: plusMs(books.clock.now(), 2 * hourMs) },
    ]);
    const posted = await books.fulfil(transferId);
    expect(okOf(posted).seq).toBeGreaterThan(okOf(reserved).seq);
  });

  test('transfers of one call, in the order asked', async () => {
    const outcomes = await books.post(...Array.from({ length: 200 }, (_, n) => move(BigInt(n + 1))));
    expect(ascending(outcomes.map((outcome) => okOf(outcome).seq))).toBe(true);
  });
});

test.each([61 * 60_000, -61 * 60_000])(
  'a caller whose clock is off by %i ms moves no money, and goes on when it is right again',
  async (ms) => {
    const own = await openBooks({ realTime: true, lanes: 1 });
    try {
      const account = await own.open({ openingMinor: 10n });
      const clock = { now: () => plusMs(new Date(), ms) };
      const off = own.another({ lanes: 1, clock });
      const asked = (): Transfer => ({
        kind: 'transfer',
        transferId: off.ids.uuid(),
        legs: [leg(account, own.chart.trust, 1n)],
      });
      await expect(off.ledger.post([asked()])).rejects.toThrow(/the caller's clock is/);
      expect(await own.posted(account)).toBe(10n);
      clock.now = () => new Date();
      expect((await off.ledger.post([asked()])).map(wordOf)).toEqual(['done']);
      clock.now = () => plusMs(new Date(), ms > 0 ? 59 * 60_000 : -59 * 60_000);
      expect((await off.ledger.post([asked()])).map(wordOf)).toEqual(['done']);
      await own.check();
    } finally {
      await own.close();
    }
  },
);

test('a machine whose clock jumps by more than an hour moves no money until it is right again', async () => {
  let elapsedMs = 0;
  const wall = createMovableClock(books.clock.now());
  const monotonicMs = () => elapsedMs;
  const ledger = createLedger({ db: books.db, clock: wall, log: createLog('silent'), lanes: 1, monotonicMs });
  try {
    for (const ms of [hourMs, -hourMs]) {
      expect((await ledger.post([move()])).map(wordOf)).toEqual(['done']);
      const before = wall.now();
      wall.advance(ms + Math.sign(ms));
      const asked: Transfer = { ...move(), transferId: createIds(wall).uuid() };
      await expect(ledger.post([asked])).rejects.toThrow('clock jumped');
      wall.set(before);
      expect((await ledger.post([move()])).map(wordOf)).toEqual(['done']);
    }
    elapsedMs += 2 * hourMs; // time that went by is no jump
    wall.advance(2 * hourMs);
    expect((await ledger.post([{ ...move(), transferId: createIds(wall).uuid() }])).map(wordOf)).toEqual(['done']);
  } finally {
    await ledger.close();
  }
});
