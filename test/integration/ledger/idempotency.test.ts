import { plusMs } from '../../../src/platform';
import type { Leg, Outcome, Transfer } from '../../../src/ledger';
import { actor, createEngine, dayMs, hourMs, leg, okOf, openBooks, wordOf, type Books, type Engine } from './books';

let books: Books;
let other: Engine;
let payer: string;
let payee: string;
beforeAll(async () => {
  books = await openBooks();
  other = books.another();
});
beforeEach(async () => {
  [payer, payee] = [await books.open({ openingMinor: 100n }), await books.open()];
});
afterEach(() => books.check());
afterAll(() => books.close());

const moveOf = (amountMinor: bigint, ...more: Leg[]): Extract<Transfer, { kind: 'transfer' }> => ({
  ...{ kind: 'transfer', transferId: books.ids.uuid(), legs: [leg(payer, payee, amountMinor), ...more] },
});
const reserveOf = (amountMinor: bigint): Extract<Transfer, { kind: 'reserve' }> => ({
  ...{ kind: 'reserve', transferId: books.ids.uuid(), legs: [leg(payer, payee, amountMinor)] },
  expiresAt: plusMs(books.clock.now(), hourMs),
});
const postOf = (pendingId: string, amountsMinor?: bigint[]): Transfer => ({
  ...{ kind: 'post', transferId: books.ids.uuid(), pendingId, ...(amountsMinor && { amountsMinor }) },
});
const voidOf = (pendingId: string): Transfer => ({ kind: 'void', transferId: books.ids.uuid(), pendingId });

/** The same to this engine, to another one that never saw it, and to one that has forgotten it. */
async function again(asked: Transfer): Promise<Outcome[]> {
  const forgetful = createEngine({ url: books.url, clock: books.clock, lanes: 1, spareConnections: 1 });
  try {
    const engines = [books, other, forgetful];
    return (await Promise.all(engines.map(({ ledger }) => ledger.post([asked])))).flat();
  } finally {
    await forgetful.close();
  }
}

describe('the same id with the same content gives the first outcome again (R197: retries make one transaction)', () => {
  test.each<[string, (pendingId: string) => Transfer]>([
    ['a transfer', () => moveOf(10n, leg(payer, books.chart.feeIncome, 1n, { code: 'fee' }))],
    ['a reservation', () => reserveOf(10n)],
    ['a post in full', (pendingId) => postOf(pendingId)],
    ['a post in part', (pendingId) => postOf(pendingId, [4n])],
    ['a void', (pendingId) => voidOf(pendingId)],
  ])('%s', async (_what, make) => {
    const asked = make(await books.reserve(leg(payer, payee, 20n)));
    const { seq, at } = okOf(await books.one(asked));
    const before = [await books.balance(payer), await books.balance(payee)];
    books.clock.advance(hourMs);
    const expected = { ok: true, value: { repeated: true, seq, at } };
    expect(await again(asked)).toEqual([expected, expected, expected]);
    expect([await books.balance(payer), await books.balance(payee)]).toEqual(before);
  });

  test('R95: a post in full is the same as one that says all its amounts', async () => {
    const pendingId = await books.reserve(leg(payer, payee, 20n));
    const asked = postOf(pendingId);
    okOf(await books.one(asked));
    expect((await again({ ...asked, amountsMinor: [20n] } as Transfer)).map(wordOf)).toEqual([
      'again',
      'again',
      'again',
    ]);
  });

  test('a reservation that is posted, voided or expired is still the same reservation', async () => {
    const asked = reserveOf(10n);
    okOf(await books.one(asked));
    okOf(await books.release(asked.transferId));
    books.clock.advance(2 * hourMs);
    expect((await again(asked)).map(wordOf)).toEqual(['again', 'again', 'again']);
    const later = { ...asked, expiresAt: plusMs(books.clock.now(), hourMs) };
    expect((await again(later)).map(wordOf)).toEqual(['again', 'again', 'again']);
    expect((await books.balance(payer)).pendingOutMinor).toBe(0n);
  });
});

describe('a refusal sticks to its id, even if it could pass now', () => {
  test('a transfer that the account can pay by now, and that an account would take by now', async () => {
    const tooMuch = moveOf(101n);
    const no = `insufficient_funds ${payer}`;
    expect(wordOf(await books.one(tooMuch))).toBe(no);
    okOf(await books.move(leg(books.chart.trust, payer, 1_000n)));
    expect((await again(tooMuch)).map(wordOf)).toEqual([no, no, no]);

    await books.db.tx((tx) => books.ledger.setStatus(tx, payee, 'frozen', actor));
    const frozen = moveOf(1n);
    expect(wordOf(await books.one(frozen))).toBe(`account_frozen ${payee}`);
    await books.db.tx((tx) => books.ledger.setStatus(tx, payee, 'open', actor));
    expect((await again(frozen)).map(wordOf)).toEqual([1, 2, 3].map(() => `account_frozen ${payee}`));
    expect(await books.posted(payee)).toBe(0n);
  });

  test('a post that came before its reservation', async () => {
    const reserve = reserveOf(10n);
    const early = postOf(reserve.transferId);
    expect(wordOf(await books.one(early))).toBe('pending_unknown');
    okOf(await books.one(reserve));
    expect((await again(early)).map(wordOf)).toEqual([1, 2, 3].map(() => 'pending_unknown'));
    okOf(await books.fulfil(reserve.transferId));
  });

  test('a post that asked for too much, or came too late', async () => {
    const first = await books.reserve(leg(payer, payee, 10n));
    const tooMuch = postOf(first, [11n]);
    expect(wordOf(await books.one(tooMuch))).toBe('amount_exceeds_pending');
    const late = postOf(first);
    books.clock.advance(2 * hourMs);
    expect(wordOf(await books.one(late))).toBe('transfer_expired');
    books.clock.advance(-2 * hourMs);
    expect((await again(late)).map(wordOf)).toEqual([1, 2, 3].map(() => 'transfer_expired'));
    expect((await again(tooMuch)).map(wordOf)).toEqual([1, 2, 3].map(() => 'amount_exceeds_pending'));
    okOf(await books.release(first));
  });
});

describe('R198: the same id with other content is refused, whatever became of it', () => {
  const others = (first: Extract<Transfer, { legs: unknown }>): Transfer[] => {
    const [head, ...rest] = first.legs as readonly [Leg, ...Leg[]];
    const withLegs = (...legs: Leg[]): Transfer => ({ ...first, legs });
    const { transferId } = first;
    return [
      withLegs({ ...head, amountMinor: head.amountMinor + 1n }, ...rest),
      withLegs({ ...head, creditAccountId: books.chart.feeIncome }, ...rest),
      withLegs({ ...head, debitAccountId: books.chart.trust }, ...rest),
      withLegs({ ...head, code: 'fee' }, ...rest),
      withLegs({ ...head, counted: true }, ...rest),
      withLegs(head, head, ...rest),
      first.kind === 'transfer'
        ? { ...first, kind: 'reserve', expiresAt: plusMs(books.clock.now(), hourMs) }
        : { kind: 'transfer', transferId, legs: first.legs },
      { kind: 'void', transferId, pendingId: books.ids.uuid() },
      { kind: 'post', transferId, pendingId: books.ids.uuid() },
    ];
  };

  test.each([
    ['an accepted transfer', () => moveOf(10n)],
    ['a refused transfer', () => moveOf(1_000n)],
    ['a reservation', () => reserveOf(10n)],
    ['a refused reservation', () => reserveOf(1_000n)],
  ])('%s', async (_what, make) => {
    const first = make();
    await books.one(first);
    const before = [await books.balance(payer), await books.balance(payee)];
    for (const asked of others(first)) {
      const words = (await again(asked)).map(wordOf);
      expect([asked, words]).toEqual([asked, [1, 2, 3].map(() => 'transfer_exists_different')]);
    }
    expect([await books.balance(payer), await books.balance(payee)]).toEqual(before);
    expect((await again(first)).map((outcome) => outcome.ok)).not.toContain(first.legs[0]?.amountMinor !== 10n);
  });

  test('a post or a void', async () => {
    const [one, two] = [await books.reserve(leg(payer, payee, 10n)), await books.reserve(leg(payer, payee, 10n))];
    const different = 'transfer_exists_different';
    const post = postOf(one, [5n]);
    okOf(await books.one(post));
    const variants = [
      { ...post, amountsMinor: [6n] },
      { ...post, pendingId: two },
      { kind: 'void', transferId: post.transferId, pendingId: one },
      { kind: 'post', transferId: post.transferId, pendingId: one },
    ];
    for (const asked of variants as Transfer[])
      expect((await again(asked)).map(wordOf)).toEqual([different, different, different]);
    const release = voidOf(two);
    okOf(await books.one(release));
    expect((await again({ ...release, pendingId: one } as Transfer)).map(wordOf)).toEqual([
      different,
      different,
      different,
    ]);
    expect((await again({ ...release, kind: 'post' } as Transfer)).map(wordOf)).toEqual([
      different,
      different,
      different,
    ]);
  });

  test('an id of a reservation that comes as what resolves it', async () => {
    const pendingId = await books.reserve(leg(payer, payee, 10n));
    const self: Transfer = { kind: 'post', transferId: pendingId, pendingId };
    expect((await again(self)).map(wordOf)).toEqual([1, 2, 3].map(() => 'transfer_exists_different'));
    okOf(await books.release(pendingId));
  });
});

describe('at once', () => {
  const times = 20;

  test('R95: one id twenty times in one call moves money once', async () => {
    const asked = moveOf(60n);
    const words = (await books.post(...Array.from({ length: times }, () => asked))).map(wordOf);
    expect(words).toEqual(['done', ...Array.from({ length: times - 1 }, () => 'again')]);
    expect(await books.posted(payee)).toBe(60n);
  });

  test('R197: one id twenty times in two engines has one effect', async () => {
    for (const asked of [moveOf(60n), reserveOf(40n)]) {
      const calls = Array.from({ length: times }, (_, n) => (n % 2 === 0 ? books : other).ledger.post([asked]));
      const outcomes = (await Promise.all(calls)).flat();
      expect(outcomes.filter((outcome) => !okOf(outcome).repeated)).toHaveLength(1);
      expect(new Set(outcomes.map((outcome) => okOf(outcome).seq)).size).toBe(1);
    }
    expect(await books.balance(payer)).toMatchObject({ postedMinor: 40n, pendingOutMinor: 40n });
  });

  test('R123: approving twice pays once: one post twenty times in two engines', async () => {
    const asked = postOf(await books.reserve(leg(payer, payee, 30n)));
    const calls = Array.from({ length: times }, (_, n) => (n % 2 === 0 ? books : other).ledger.post([asked]));
    const outcomes = (await Promise.all(calls)).flat();
    expect(outcomes.filter((outcome) => !okOf(outcome).repeated)).toHaveLength(1);
    expect(await books.balance(payer)).toMatchObject({ postedMinor: 70n, pendingOutMinor: 0n });
  });

  test('R198: of many contents under one new id, in one engine or in two, exactly one is taken', async () => {
    for (const engines of [[books], [books, other]]) {
      const { transferId } = moveOf(1n);
      const calls = Array.from({ length: times }, (_, n) =>
        (engines[n % engines.length] ?? books).ledger.post([
          { kind: 'transfer', transferId, legs: [leg(payer, payee, BigInt(n + 1))] },
        ]),
      );
      const words = (await Promise.all(calls)).flat().map(wordOf);
      expect(words.filter((word) => word === 'done')).toHaveLength(1);
      expect(words.filter((word) => word === 'transfer_exists_different')).toHaveLength(times - 1);
    }
  });

  test('a post in full and one that says all its amounts, under one id, are one', async () => {
    const asked = postOf(await books.reserve(leg(payer, payee, 30n)));
    const outcomes = await books.post(asked, { ...asked, amountsMinor: [30n] } as Transfer, asked);
    expect(outcomes.map(wordOf)).toEqual(['done', 'again', 'again']);
  });

  test('two engines with the same thousand ids in opposite orders', async () => {
    const asked = Array.from({ length: 300 }, () => moveOf(1n, leg(payee, payer, 1n)));
    const outcomes = await Promise.all([books.ledger.post(asked), other.ledger.post([...asked].reverse())]);
    expect(outcomes.flat().filter((outcome) => !okOf(outcome).repeated)).toHaveLength(300);
    expect(await books.posted(payer)).toBe(100n);
  });
});

test('an id stays known for as long as it may come, a day on and after a restart', async () => {
  const asked = moveOf(10n);
  okOf(await books.one(asked));
  books.clock.advance(dayMs - 1);
  expect((await again(asked)).map(wordOf)).toEqual(['again', 'again', 'again']);
  books.clock.advance(2);
  expect((await again(asked)).map(wordOf)).toEqual([1, 2, 3].map(() => 'transfer_invalid transferId'));
  expect(await books.posted(payee)).toBe(10n);
});
