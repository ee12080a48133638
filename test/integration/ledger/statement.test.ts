import fc from 'fast-check';
import { plusMs } from '../../../src/platform';
import type { Entry, Transfer } from '../../../src/ledger';
import { dayMs, hourMs, leg, okOf, openBooks, type Books } from './books';

let books: Books;
beforeAll(async () => {
  books = await openBooks({ at: new Date('2026-01-10T08:00:00Z') });
});
afterEach(() => books.check());
afterAll(() => books.close());

/** All entries, in pages of `limit`. */
async function pagesOf(accountId: string, limit: number): Promise<Entry[][]> {
  const pages: Entry[][] = [];
  for (let before: bigint | undefined; ;) {
    const page = await books.ledger.entries(books.db, accountId, { limit, ...(before !== undefined && { before }) });
    if (page.length === 0) return pages;
    pages.push(page);
    before = page.at(-1)?.seq;
  }
}

const signed = ({ direction, amountMinor }: Entry): bigint => (direction === 'debit' ? -amountMinor : amountMinor);

test('entries come newest first, with the balance after each and the other side', async () => {
  const [payer, payee] = [await books.open({ openingMinor: 500n }), await books.open()];
  const transferId = books.ids.uuid();
  const legs = [leg(payer, payee, 100n), leg(payer, books.chart.feeIncome, 7n, { code: 'fee', counted: true })];
  const { seq, at } = okOf(await books.one({ kind: 'transfer', transferId, legs }));
  const common = { accountId: payer, transferId, seq, postedAt: at, direction: 'debit' };
  const entries = await books.ledger.entries(books.db, payer, { limit: 2 });
  expect(entries).toEqual([
    {
      ...common,
      legNumber: 2,
      code: 'fee',
      amountMinor: 7n,
      balanceAfterMinor: 393n,
      otherAccountId: books.chart.feeIncome,
    },
    { ...common, legNumber: 1, code: 'principal', amountMinor: 100n, balanceAfterMinor: 400n, otherAccountId: payee },
  ]);
  expect(await books.ledger.entries(books.db, payer, { limit: 10 })).toHaveLength(3);
  expect(await books.ledger.entries(books.db, await books.open(), { limit: 10 })).toEqual([]);
  expect(await books.ledger.entries(books.db, '999999999999', { limit: 10 })).toEqual([]);
});

test('reservations, releases and refusals are on no statement; a post is, with its own time', async () => {
  const payer = await books.open({ openingMinor: 100n });
  const [posted, voided] = [
    await books.reserve(leg(payer, books.chart.trust, 5n)),
    await books.reserve(leg(payer, books.chart.trust, 6n)),
  ];
  await books.move(leg(payer, books.chart.trust, 1_000n));
  books.clock.advance(1_000);
  okOf(await books.fulfil(posted, [4n]));
  okOf(await books.release(voided));
  const [entry, ...rest] = await books.ledger.entries(books.db, payer, { limit: 10 });
  expect(entry).toMatchObject({ amountMinor: 4n, balanceAfterMinor: 96n, postedAt: books.clock.now() });
  expect(rest).toHaveLength(1);
});

describe('a busy account', () => {
  let busy: string;
  let opening: Date;
  beforeAll(async () => {
    busy = await books.open({ openingMinor: 1_000n });
    opening = books.clock.now();
    const friend = await books.open({ openingMinor: 1_000n });
    for (let n = 1; n <= 40; n += 1) {
      books.clock.advance(n % 5 === 0 ? 0 : 61_000);
      const legs = Array.from({ length: 1 + (n % 8) }, (_, index) =>
        (n + index) % 3 === 0 ? leg(friend, busy, BigInt(n)) : leg(busy, friend, BigInt(index + 1)),
      );
      if (n % 4 === 0) okOf(await books.fulfil(await books.reserve(...legs)));
      else okOf(await books.move(...legs));
    }
  });

  test.each([1, 2, 3, 7, 100])('is paged by %i without losing or repeating an entry', async (limit) => {
    const whole = await books.ledger.entries(books.db, busy, { limit: 1_000 });
    const pages = await pagesOf(busy, limit);
    expect(pages.flat()).toEqual(whole);
    expect(pages.slice(0, -1).every((page) => page.length >= limit && page.length < limit + 8)).toBe(true);
  });

  test('has a balance after each entry that follows from the one before', async () => {
    const entries = (await books.ledger.entries(books.db, busy, { limit: 1_000 })).reverse();
    let balance = 0n;
    for (const entry of entries) {
      balance += signed(entry);
      expect(entry.balanceAfterMinor).toBe(balance);
    }
    expect(balance).toBe(await books.posted(busy));
    expect(entries.every(({ seq }, n) => n === 0 || seq >= (entries[n - 1]?.seq ?? 0n))).toBe(true);
  });

  test('has at every moment the balance that its entries add up to', async () => {
    const entries = await books.ledger.entries(books.db, busy, { limit: 1_000 });
    const endMs = books.clock.now().getTime() - opening.getTime();
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: -60_000, max: endMs + 60_000 }), async (ms) => {
        const at = plusMs(opening, ms);
        const due = entries.filter(({ postedAt }) => postedAt <= at).reduce((sum, entry) => sum + signed(entry), 0n);
        // The rows of one instant take a microsecond each: just after it all of them are there.
        const found = await books.ledger.balanceAt(books.db, busy, plusMs(at, 0));
        const instant = entries.some(({ postedAt }) => postedAt.getTime() === at.getTime());
        if (!instant) expect(found).toBe(due);
      }),
      { numRuns: 60 },
    );
    expect(await books.ledger.balanceAt(books.db, busy, plusMs(opening, -1))).toBe(0n);
    expect(await books.ledger.balanceAt(books.db, busy, plusMs(books.clock.now(), dayMs))).toBe(
      await books.posted(busy),
    );
  });
});

test('a house account has one history over all its stripes, however unevenly they are used', async () => {
  const { commissionExpense: house, trust } = books.chart;
  const engines = [books.another({ lanes: 1 }), books.another({ lanes: 1 })];
  const start = books.clock.now();
  for (let n = 0; n < 60; n += 1) {
    books.clock.advance(100);
    // The second lane books a lot at first, the first one later.
    const engine = n < 25 === (n % 7 !== 0) ? engines[1] : engines[0];
    const legs = [leg(trust, house, BigInt(n + 1)), ...(n % 4 === 0 ? [leg(house, trust, 1n)] : [])];
    const [outcome] = (await engine?.ledger.post([{ kind: 'transfer', transferId: books.ids.uuid(), legs }])) ?? [];
    okOf(outcome);
  }
  const whole = await books.ledger.entries(books.db, house, { limit: 1_000 });
  expect(whole).toHaveLength(75);
  expect(whole.every(({ seq }, n) => n === 0 || seq <= (whole[n - 1]?.seq ?? 0n))).toBe(true);
  for (const limit of [1, 2, 5]) expect((await pagesOf(house, limit)).flat()).toEqual(whole);
  for (const n of [0, 10, 33, 59]) {
    const at = plusMs(start, n * 100 + 150);
    const due = whole.filter(({ postedAt }) => postedAt <= at).reduce((sum, entry) => sum + signed(entry), 0n);
    expect(await books.ledger.balanceAt(books.db, house, at)).toBe(due);
  }
  expect(await books.ledger.balanceAt(books.db, house, plusMs(start, -hourMs))).toBe(0n);
});

test('a history goes on over a month border and over partitions, with ids made the day before', async () => {
  const own = await openBooks({ at: new Date('2026-01-31T12:00:00Z') });
  try {
    const account = await own.open({ openingMinor: 100n });
    const made: string[] = [];
    for (let n = 0; n < 6; n += 1) {
      made.push(own.ids.uuid()); // on 31 January, booked hours later
      own.clock.advance(4.5 * hourMs);
      const transferId = n % 2 === 0 ? own.ids.uuid() : (made.shift() ?? '');
      okOf(await own.one({ kind: 'transfer', transferId, legs: [leg(account, own.chart.trust, 1n)] }));
    }
    for (const day of ['2026-02-15T12:00:00Z', '2026-03-15T12:00:00Z', '2026-04-15T12:00:00Z']) {
      own.clock.set(new Date(day));
      okOf(await own.move(leg(account, own.chart.trust, 1n)));
    }
    const entries = await own.ledger.entries(own.db, account, { limit: 100 });
    expect(entries.map(({ balanceAfterMinor }) => balanceAfterMinor)).toEqual([
      91n,
      92n,
      93n,
      94n,
      95n,
      96n,
      97n,
      98n,
      99n,
      100n,
    ]);
    const partitions = await own.owner.rows<{ name: string }>({
      text: `select distinct tableoid::regclass::text as name from ledger_transfer order by 1`,
    });
    expect(partitions.map(({ name }) => name)).toEqual(
      ['202601', '202602', '202603', '202604'].map((month) => `ledger_transfer_${month}`),
    );
    const at = async (when: string) => own.ledger.balanceAt(own.db, account, new Date(when));
    expect(await at('2026-01-31T11:00:00Z')).toBe(0n);
    expect(await at('2026-01-31T17:00:00Z')).toBe(99n);
    expect(await at('2026-02-01T00:00:00Z')).toBe(98n);
    expect(await at('2026-02-28T00:00:00Z')).toBe(93n);
    expect(await at('2026-12-01T00:00:00Z')).toBe(91n);
    await own.check();
  } finally {
    await own.close();
  }
});

test('a history stays whole when clocks differ by nearly an hour and ids are nearly a day old', async () => {
  const own = await openBooks({ at: new Date('2026-01-20T12:00:00Z') });
  try {
    const [late, early] = [0, 1].map(() => own.another({ lanes: 1 }));
    const account = await own.open({ openingMinor: 100n });
    const old = own.ids.uuid();
    own.clock.set(new Date('2026-01-21T12:58:00Z')); // an hour ahead
    const move = (): Transfer => ({
      kind: 'transfer',
      transferId: own.ids.uuid(),
      legs: [leg(account, own.chart.trust, 1n)],
    });
    okOf((await late?.ledger.post([move()]))?.[0]);
    own.clock.set(new Date('2026-01-21T11:59:00Z'));
    okOf((await early?.ledger.post([{ ...move(), transferId: old }]))?.[0]);
    okOf((await early?.ledger.post([move()]))?.[0]);
    const entries = await own.ledger.entries(own.db, account, { limit: 10 });
    expect(entries.map(({ balanceAfterMinor }) => balanceAfterMinor)).toEqual([97n, 98n, 99n, 100n]);
    await own.check();
  } finally {
    await own.close();
  }
});
