import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import { leg, okOf, openBooks, type Books } from './books';
import { callOf, cleanBatch, directly, mutated, type Arguments, type Landscape } from './direct';

/** `ledger_post` called past the gateway, as somebody would who had its connection. */
const runs = Number(process.env['FC_RUNS'] ?? 250);

let books: Books;
let land: Landscape;
beforeAll(async () => {
  books = await openBooks();
  const limitProfile = await books.limits({ out: { day: { amountMinor: 10n ** 9n, count: 10_000 } } });
  const customers = [
    await books.open({ openingMinor: 1_000_000n }),
    await books.open({ openingMinor: 1_000_000n, limitProfile }),
    await books.open({ openingMinor: 500n, ceilingMinor: 10_000n }),
    await books.open({ currency: 'UGX', floorMinor: null }),
  ];
  const holds = [
    await books.reserve(
      leg(customers[0] ?? '', customers[1] ?? '', 100n),
      leg(customers[0] ?? '', books.chart.feeIncome, 5n),
    ),
    await books.reserve(leg(customers[1] ?? '', customers[0] ?? '', 70n, { counted: true })),
    await books.reserve(leg(customers[1] ?? '', customers[0] ?? '', 70n)),
  ];
  land = {
    customers,
    holds,
    house: [books.chart.feeIncome, books.chart.trust],
    now: books.clock.now(),
    ids: books.ids,
  };
});
afterEach(() => books.check());
afterAll(() => books.close());

/** The results, or the message with which it refused the whole call. */
const call = (args: Arguments): Promise<readonly number[] | string> => directly(books.db, args);

test('a proper call does what it says', async () => {
  expect(await call(cleanBatch(land))).toEqual([0, 0, 0, 0]);
});

describe('a call is refused as a whole', () => {
  test.each<[string, (args: Arguments) => void]>([
    ['no lane', (args) => (args.lane = null)],
    ['lane 0, which is the log’s own', (args) => (args.lane = 0)],
    ['lane 16', (args) => (args.lane = 16)],
    ['no time', (args) => (args.now = null)],
    ['a time that wraps around', (args) => (args.now = (args.now ?? 0n) + (1n << 60n))],
    ['a time before time', (args) => (args.now = -1n)],
    ['no ids', (args) => (args.ids = null)],
    ['an id that is null', (args) => (args.ids = [null, ...(args.ids ?? []).slice(1)])],
    ['an id twice', (args) => (args.ids = (args.ids ?? []).map(() => args.ids?.[0] ?? null))],
    [
      'an id of long ago',
      (args) => (args.ids = ['019b0000-0000-7000-8000-000000000000', ...(args.ids ?? []).slice(1)]),
    ],
    ['fewer kinds', (args) => args.kinds?.pop()],
    ['no kinds', (args) => (args.kinds = null)],
    ['a kind that is null', (args) => args.kinds?.splice(0, 1, null)],
    ['kind 0', (args) => args.kinds?.splice(0, 1, 0)],
    ['kind 5', (args) => args.kinds?.splice(0, 1, 5)],
    ['a count too few', (args) => args.counts?.splice(0, 1, 0)],
    ['a count too many', (args) => args.counts?.splice(0, 1, 3)],
    ['a negative count', (args) => args.counts?.splice(0, 1, -1)],
    ['a count that is null', (args) => args.counts?.splice(0, 1, null)],
    ['a leg of no transfer', (args) => args.counts?.splice(-1, 1, 0)],
    ['fewer debits', (args) => args.debits?.pop()],
    ['fewer credits', (args) => args.credits?.pop()],
    ['fewer amounts', (args) => args.amounts?.pop()],
    ['fewer codes', (args) => args.codes?.pop()],
    ['place 0', (args) => args.debits?.splice(0, 1, 0)],
    ['a place beyond all', (args) => args.credits?.splice(0, 1, 99)],
    ['a place that is null', (args) => args.credits?.splice(0, 1, null)],
    ['an account on both sides', (args) => args.credits?.splice(0, 1, args.debits?.[0] ?? 1)],
    ['an amount of zero', (args) => args.amounts?.splice(0, 1, 0n)],
    ['a negative amount', (args) => args.amounts?.splice(0, 1, -5n)],
    ['a huge amount', (args) => args.amounts?.splice(0, 1, 10n ** 15n + 1n)],
    ['an amount that is null', (args) => args.amounts?.splice(0, 1, null)],
    ['a code that nobody knows', (args) => args.codes?.splice(0, 1, 77)],
    ['a code that is null', (args) => args.codes?.splice(0, 1, null)],
    ['accounts that descend', (args) => args.accounts?.reverse()],
    ['an account twice', (args) => args.accounts?.push(args.accounts.at(-1) ?? null)],
    ['an account that is null', (args) => args.accounts?.push(null)],
    ['no accounts', (args) => (args.accounts = null)],
    ['a stripe of another lane', (args) => (args.lane = 4)],
    [
      'a reservation named by a transfer',
      (args) => (args.pending = args.kinds?.map(() => land.holds[1] ?? null) ?? null),
    ],
    ['an expiry that wraps around', (args) => (args.expires = args.kinds?.map(() => 1n << 60n) ?? null)],
    ['attachments that are no object', (args) => (args.attached = '[]')],
    ['attachments that are no list', (args) => (args.attached = '{"audit": 1}')],
    ['an attachment of a writer that is not there', (args) => (args.attached = '{"nobody": [{"$": 1}]}')],
  ])('%s', async (_what, spoil) => {
    const args = cleanBatch(land);
    spoil(args);
    expect(typeof (await call(args))).toBe('string');
  });

  test.each(['ids', 'kinds', 'counts', 'accounts', 'debits', 'credits', 'amounts', 'codes'] as const)(
    'an array %s that is numbered from elsewhere or has two dimensions',
    async (name) => {
      for (const shape of ['[0:%]=', '[2:%]=']) {
        expect(typeof (await call({ ...cleanBatch(land), shape: { name, shape } }))).toBe('string');
      }
      expect(typeof (await call({ ...cleanBatch(land), shape: { name, shape: 'nested' } }))).toBe('string');
    },
  );

  test('more than 8 legs', async () => {
    const args = callOf(land, [
      { kind: 1, legs: Array.from({ length: 9 }, () => leg(land.customers[0] ?? '', land.customers[1] ?? '', 1n)) },
    ]);
    expect(typeof (await call(args))).toBe('string');
  });

  test('more than 4,096 transfers', async () => {
    const legs = [leg(land.customers[0] ?? '', land.customers[1] ?? '', 1n)];
    expect(
      typeof (await call(
        callOf(
          land,
          Array.from({ length: 4_097 }, () => ({ kind: 1, legs })),
        ),
      )),
    ).toBe('string');
  });
});

describe('a reservation', () => {
  const legsOf = (hold: number) =>
    hold === 0
      ? [
          leg(land.customers[0] ?? '', land.customers[1] ?? '', 100n),
          leg(land.customers[0] ?? '', books.chart.feeIncome, 5n),
        ]
      : [leg(land.customers[1] ?? '', land.customers[0] ?? '', 70n, { counted: hold === 1 })];
  const resolve = (kind: number, hold: number, legs = legsOf(hold)) =>
    callOf(land, [{ kind, legs, pending: land.holds[hold] ?? '' }]);
  const otherLegs = 102;

  test.each<[string, () => Arguments]>([
    [
      'voided with less than it holds',
      () => resolve(4, 2, [leg(land.customers[1] ?? '', land.customers[0] ?? '', 69n)]),
    ],
    ['posted to somebody else', () => resolve(3, 2, [leg(land.customers[1] ?? '', land.customers[2] ?? '', 70n)])],
    ['posted from somebody else', () => resolve(3, 2, [leg(land.customers[2] ?? '', land.customers[0] ?? '', 70n)])],
    ['posted backwards', () => resolve(3, 2, [leg(land.customers[0] ?? '', land.customers[1] ?? '', 70n)])],
    [
      'posted as a fee',
      () => resolve(3, 2, [leg(land.customers[1] ?? '', land.customers[0] ?? '', 70n, { code: 'fee' })]),
    ],
    [
      'posted as counted',
      () => resolve(3, 2, [leg(land.customers[1] ?? '', land.customers[0] ?? '', 70n, { counted: true })]),
    ],
    ['posted as not counted', () => resolve(3, 1, [leg(land.customers[1] ?? '', land.customers[0] ?? '', 70n)])],
    ['posted with a leg more', () => resolve(3, 2, [...legsOf(2), ...legsOf(2)])],
    ['posted with a leg less', () => resolve(3, 0, legsOf(0).slice(0, 1))],
    ['posted with its legs turned', () => resolve(3, 0, legsOf(0).reverse())],
    [
      'posted to another house account',
      () => resolve(3, 0, [legsOf(0)[0] ?? leg('', '', 0n), leg(land.customers[0] ?? '', books.chart.trust, 5n)]),
    ],
  ])('is not %s', async (_what, make) => {
    expect(await call(make())).toEqual([otherLegs]);
  });

  test('is not posted with more than it holds', async () => {
    expect(await call(resolve(3, 2, [leg(land.customers[1] ?? '', land.customers[0] ?? '', 71n)]))).toEqual([11]);
  });

  test.each([[[3, 3]], [[3, 4]], [[4, 4]]])('is not resolved twice in one batch: kinds %p', async (kinds) => {
    const twice = kinds.map((kind) => ({ kind, legs: legsOf(2), pending: land.holds[2] ?? '' }));
    expect(await call(callOf(land, twice))).toMatch(/resolved twice/);
  });

  test('is not resolved twice under the cover of another that a transfer names', async () => {
    const args = callOf(land, [
      { kind: 4, legs: legsOf(2), pending: land.holds[2] ?? '' },
      { kind: 4, legs: legsOf(2), pending: land.holds[2] ?? '' },
      { kind: 1, legs: [leg(land.customers[0] ?? '', land.customers[1] ?? '', 1n)], pending: land.holds[1] ?? '' },
    ]);
    expect(typeof (await call(args))).toBe('string');
  });

  test('is not posted with nothing', async () => {
    const args = resolve(3, 2);
    args.amounts = [0n];
    expect(await call(args)).toMatch(/posts nothing/);
  });
});

test(
  'R97: whatever is done to the arguments of a batch, it is refused or does what it may',
  async () => {
    const seed = Number(process.env['SEED'] ?? randomInt(2 ** 31));
    const seen = { refused: 0, answered: 0 };
    await fc.assert(
      fc.asyncProperty(
        mutated(() => land),
        async (args) => {
          const answer = await call(args);
          seen[typeof answer === 'string' ? 'refused' : 'answered'] += 1;
          // Its own proof is for the end: this one looks at new rows only.
          await books.oracle.check();
        },
      ),
      { numRuns: runs, seed, verbose: fc.VerbosityLevel.Verbose, endOnFailure: true },
    );
    expect(seen.refused).toBeGreaterThan(runs / 10);
    expect(seen.answered).toBeGreaterThan(runs / 10);
    okOf(await books.move(leg(land.customers[0] ?? '', land.customers[1] ?? '', 1n)));
  },
  runs * 300,
);
