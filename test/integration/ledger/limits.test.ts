import type { LimitProfile, Outcome, Transfer } from '../../../src/ledger';
import { plusMs } from '../../../src/platform';
import { actor, dayMs, hourMs, leg, noon, okOf, openBooks, wordOf, type Books } from './books';

let books: Books;
beforeAll(async () => {
  books = await openBooks();
});
afterEach(async () => {
  await books.check();
  if (books.clock.now().getTime() - noon.getTime() < dayMs / 2) return;
  await books.close(); // days went by: the next one begins anew
  books = await openBooks();
});
afterAll(() => books.close());

const counted = { counted: true };
const pay = (from: string, amountMinor: bigint): Promise<Outcome> =>
  books.move(leg(from, books.chart.trust, amountMinor, counted));
const receive = (to: string, amountMinor: bigint): Promise<Outcome> =>
  books.move(leg(books.chart.trust, to, amountMinor, counted));
const hold = async (from: string, amountMinor: bigint): Promise<string> =>
  books.reserve(leg(from, books.chart.trust, amountMinor, counted));
async function limited(out: LimitProfile['out'], into: LimitProfile['in'] = {}): Promise<string> {
  const limitProfile = await books.limits({ out, in: into });
  return books.open({ openingMinor: 1_000_000n, limitProfile });
}
const no = (accountId: string): string => `limit_exceeded ${accountId}`;

test('an amount may be used up to the last unit, and not passed', async () => {
  const payer = await limited({ day: { amountMinor: 100n } });
  okOf(await pay(payer, 60n));
  expect(wordOf(await pay(payer, 41n))).toBe(no(payer));
  okOf(await pay(payer, 40n));
  expect(wordOf(await pay(payer, 1n))).toBe(no(payer));
});

test('a count may be used up to the last one, and not passed', async () => {
  const payer = await limited({ day: { count: 2 } });
  okOf(await pay(payer, 1n));
  okOf(await pay(payer, 1n));
  expect(wordOf(await pay(payer, 1n))).toBe(no(payer));
});

test('what comes in has limits of its own', async () => {
  const payee = await limited({ day: { amountMinor: 0n } }, { day: { amountMinor: 100n, count: 2 } });
  okOf(await receive(payee, 60n));
  expect(wordOf(await receive(payee, 41n))).toBe(no(payee));
  okOf(await receive(payee, 40n));
  expect(wordOf(await pay(payee, 1n))).toBe(no(payee));
});

test('the account whose limit it is is told: the payer’s first', async () => {
  const payer = await limited({ day: { amountMinor: 10n } });
  const payee = await limited({}, { day: { amountMinor: 5n } });
  const move = (amountMinor: bigint) => books.move(leg(payer, payee, amountMinor, counted));
  expect(wordOf(await move(11n))).toBe(no(payer));
  expect(wordOf(await move(6n))).toBe(no(payee));
  okOf(await move(5n));
});

test('a limit of zero lets nothing through, an account without a profile everything', async () => {
  const payer = await limited({ month: { count: 0 } });
  expect(wordOf(await pay(payer, 1n))).toBe(no(payer));
  const free = await books.open({ openingMinor: 500n });
  okOf(await books.move(leg(free, await limited({}), 500n, counted)));
});

test('legs that do not count are free', async () => {
  const payer = await limited({ day: { amountMinor: 100n, count: 1 } });
  const fee = leg(payer, books.chart.feeIncome, 7n, { code: 'fee' });
  okOf(await books.move(leg(payer, books.chart.trust, 100n, counted), fee));
  okOf(await books.move(fee));
  expect(wordOf(await pay(payer, 1n))).toBe(no(payer));
});

test('a transfer of which one leg passes the limit has used nothing of it', async () => {
  const payer = await limited({ day: { amountMinor: 100n, count: 3 } });
  const legs = [60n, 41n].map((amountMinor) => leg(payer, books.chart.trust, amountMinor, counted));
  expect(wordOf(await books.move(...legs))).toBe(no(payer));
  const [refused, passes] = await books.post(
    { kind: 'transfer', transferId: books.ids.uuid(), legs },
    { kind: 'transfer', transferId: books.ids.uuid(), legs: [leg(payer, books.chart.trust, 100n, counted)] },
  );
  expect([wordOf(refused), wordOf(passes)]).toEqual([no(payer), 'done']);
});

test.each<[string, LimitProfile['out'], string, string]>([
  ['day', { day: { amountMinor: 10n } }, '2026-01-15T20:59:59.999Z', '2026-01-15T21:00:00.000Z'],
  ['week', { week: { amountMinor: 10n } }, '2026-01-18T20:59:59.999Z', '2026-01-18T21:00:00.000Z'], // Monday
  ['month', { month: { amountMinor: 10n } }, '2026-01-31T20:59:59.999Z', '2026-01-31T21:00:00.000Z'],
  ['year', { year: { amountMinor: 10n } }, '2025-12-31T20:59:59.999Z', '2025-12-31T21:00:00.000Z'],
  ['day of a count', { day: { count: 1 } }, '2026-01-15T20:59:59.999Z', '2026-01-15T21:00:00.000Z'],
])('a %s turns at midnight in the market', async (_what, out, before, after) => {
  const nairobi = await openBooks({ at: new Date('2025-12-15T12:00:00Z') });
  try {
    await nairobi.owner.run({ text: `update ledger_setting set time_zone = 'Africa/Nairobi'` });
    const payer = await nairobi.open({ openingMinor: 100n, limitProfile: await nairobi.limits({ out }) });
    const payTen = () => nairobi.move(leg(payer, nairobi.chart.trust, 10n, counted));
    nairobi.clock.set(new Date(before));
    okOf(await payTen());
    expect(wordOf(await payTen())).toBe(no(payer));
    nairobi.clock.set(new Date(after));
    okOf(await payTen());
    expect(wordOf(await payTen())).toBe(no(payer));
    await nairobi.check();
  } finally {
    await nairobi.close();
  }
});

test('each period counts for itself', async () => {
  const payer = await limited({ day: { amountMinor: 10n }, week: { amountMinor: 15n }, month: { amountMinor: 22n } });
  okOf(await pay(payer, 10n)); // Thursday
  books.clock.advance(dayMs);
  expect(wordOf(await pay(payer, 6n))).toBe(no(payer));
  okOf(await pay(payer, 5n));
  books.clock.advance(3 * dayMs); // Monday
  expect(wordOf(await pay(payer, 8n))).toBe(no(payer));
  okOf(await pay(payer, 7n));
});

test('no day begins again when a clock steps back over midnight', async () => {
  const payer = await limited({ day: { amountMinor: 10n } });
  books.clock.set(new Date('2026-01-15T23:59:00Z'));
  okOf(await pay(payer, 10n));
  books.clock.set(new Date('2026-01-16T00:01:00Z'));
  okOf(await pay(payer, 10n));
  books.clock.set(new Date('2026-01-15T23:59:30Z'));
  expect(wordOf(await pay(payer, 1n))).toBe(no(payer));
  books.clock.set(new Date('2026-01-16T00:02:00Z'));
  expect(wordOf(await pay(payer, 1n))).toBe(no(payer));
});

describe('Q12: what is not carried out goes back to the limit, and its count stays', () => {
  const resolutions: [string, (pendingId: string) => Promise<Outcome>, bigint][] = [
    ['void', (pendingId) => books.release(pendingId), 100n],
    ['partial post', (pendingId) => books.fulfil(pendingId, [30n]), 70n],
    ['full post', (pendingId) => books.fulfil(pendingId), 0n],
  ];

  test('what is reserved counts at once', async () => {
    const payer = await limited({ day: { amountMinor: 100n } });
    await hold(payer, 60n);
    expect(wordOf(await pay(payer, 41n))).toBe(no(payer));
    okOf(await pay(payer, 40n));
  });

  test.each(resolutions)('after a %s', async (_what, resolve, back) => {
    const payer = await limited({ day: { amountMinor: 100n, count: 3 } });
    okOf(await resolve(await hold(payer, 100n)));
    expect(wordOf(await pay(payer, back + 1n))).toBe(no(payer));
    if (back > 0n) okOf(await pay(payer, back));
    const other = await limited({ day: { amountMinor: 1_000n, count: 1 } });
    okOf(await resolve(await hold(other, 100n)));
    expect(wordOf(await pay(other, 1n))).toBe(no(other));
  });

  test.each(resolutions)('to the payee’s limit too, after a %s', async (_what, resolve, back) => {
    const payee = await limited({}, { day: { amountMinor: 100n } });
    okOf(await resolve(await books.reserve(leg(books.chart.trust, payee, 100n, counted))));
    expect(wordOf(await receive(payee, back + 1n))).toBe(no(payee));
    if (back > 0n) okOf(await receive(payee, back));
  });

  test('after its expiry', async () => {
    const payer = await limited({ day: { amountMinor: 100n, count: 2 } });
    const pendingId = await hold(payer, 100n);
    books.clock.advance(2 * hourMs);
    expect(wordOf(await books.fulfil(pendingId))).toBe('transfer_expired');
    expect(wordOf(await pay(payer, 1n))).toBe(no(payer));
    okOf(await books.release(pendingId));
    okOf(await pay(payer, 100n));
    expect(wordOf(await pay(payer, 0n + 1n))).toBe(no(payer));
  });

  test('not to a day in which it was not held, but to the week that it shares', async () => {
    const payer = await limited({ day: { amountMinor: 100n }, week: { amountMinor: 150n } });
    const transferId = books.ids.uuid();
    const legs = [leg(payer, books.chart.trust, 100n, counted)];
    okOf(await books.one({ kind: 'reserve', transferId, legs, expiresAt: plusMs(noon, 5 * dayMs) }));
    books.clock.advance(dayMs);
    okOf(await pay(payer, 50n)); // the week is full, the day is not
    okOf(await books.release(transferId));
    expect(wordOf(await pay(payer, 51n))).toBe(no(payer));
    okOf(await pay(payer, 50n));
    books.clock.advance(dayMs);
    okOf(await pay(payer, 50n));
    expect(wordOf(await pay(payer, 1n))).toBe(no(payer));
  });

  test('of a leg that does not count nothing goes back', async () => {
    const payer = await limited({ day: { amountMinor: 100n } });
    const pendingId = await books.reserve(leg(payer, books.chart.feeIncome, 50n, { code: 'fee' }));
    okOf(await pay(payer, 100n));
    okOf(await books.release(pendingId));
    expect(wordOf(await pay(payer, 1n))).toBe(no(payer));
  });

  test('what was held before an account had limits gives nothing back to them', async () => {
    const payer = await books.open({ openingMinor: 1_000n });
    const pendingId = await hold(payer, 500n);
    const limitProfile = await books.limits({ out: { day: { amountMinor: 100n } } });
    const bounds = { floorMinor: 0n, ceilingMinor: null, limitProfile };
    await books.db.tx((tx) => books.ledger.setBounds(tx, payer, bounds, actor));
    okOf(await pay(payer, 60n));
    okOf(await books.release(pendingId));
    expect(wordOf(await pay(payer, 41n))).toBe(no(payer));
    okOf(await pay(payer, 40n));
  });
});

test('a profile that is made stricter or looser counts from the next transfer on', async () => {
  const profile = await books.limits({ out: { day: { amountMinor: 100n } } });
  const payer = await books.open({ openingMinor: 1_000n, limitProfile: profile });
  okOf(await pay(payer, 90n));
  const set = (amountMinor: bigint) =>
    books.db.tx((tx) => books.ledger.setLimits(tx, { profile, out: { day: { amountMinor } }, in: {} }, actor));
  await set(50n);
  expect(wordOf(await pay(payer, 1n))).toBe(no(payer));
  await set(91n);
  okOf(await pay(payer, 1n));
  expect(wordOf(await pay(payer, 1n))).toBe(no(payer));
});

describe('R167: parallel transfers cannot slip past a limit', () => {
  test.each([
    ['an amount', { day: { amountMinor: 100n } }],
    ['a count', { week: { count: 100 } }],
  ])('200 at once over four engines, against %s of 100', async (_what, out) => {
    const payer = await limited(out);
    const engines = [books, books.another(), books.another({ lanes: 1 }), books.another({ lanes: 1 })];
    const calls = Array.from({ length: 200 }, (_, n) => {
      const transferId = books.ids.uuid();
      const legs = [leg(payer, books.chart.trust, 1n, counted)];
      const expiresAt = plusMs(noon, hourMs);
      const asked: Transfer =
        n % 3 === 0 ? { kind: 'reserve', transferId, legs, expiresAt } : { kind: 'transfer', transferId, legs };
      return (engines[n % 4] ?? books).ledger.post([asked]);
    });
    const words = (await Promise.all(calls)).flat().map(wordOf);
    expect(words.filter((word) => word === 'done')).toHaveLength(100);
    expect(words.filter((word) => word === no(payer))).toHaveLength(100);
  });

  test('nor those that come in', async () => {
    const payee = await limited({}, { month: { amountMinor: 500n } });
    const engines = [books, books.another(), books.another({ lanes: 1 })];
    const calls = Array.from({ length: 200 }, (_, n) =>
      (engines[n % 3] ?? books).ledger.post([
        { kind: 'transfer', transferId: books.ids.uuid(), legs: [leg(books.chart.trust, payee, 7n, counted)] },
      ]),
    );
    const words = (await Promise.all(calls)).flat().map(wordOf);
    expect(words.filter((word) => word === 'done')).toHaveLength(71);
  });
});
