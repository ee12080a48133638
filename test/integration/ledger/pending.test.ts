import { plusMs } from '../../../src/platform';
import type { Leg, Transfer } from '../../../src/ledger';
import { actor, hourMs, leg, okOf, openBooks, wordOf, type Books } from './books';

let books: Books;
let payer: string;
let payee: string;
beforeAll(async () => {
  books = await openBooks();
});
beforeEach(async () => {
  [payer, payee] = [await books.open({ openingMinor: 100n }), await books.open()];
});
afterEach(() => books.check());
afterAll(() => books.close());

const pendings = async () => {
  const [out, coming] = [await books.balance(payer), await books.balance(payee)];
  return [out.postedMinor, out.pendingOutMinor, out.availableMinor, coming.postedMinor, coming.pendingInMinor];
};
const both = (): Leg[] => [leg(payer, payee, 60n), leg(payer, books.chart.feeIncome, 5n, { code: 'fee' })];

test('what is reserved is gone for everybody else and on no statement', async () => {
  await books.reserve(...both());
  expect(await pendings()).toEqual([100n, 65n, 35n, 0n, 60n]);
  expect(wordOf(await books.move(leg(payer, payee, 36n)))).toBe(`insufficient_funds ${payer}`);
  expect(await books.ledger.entries(books.db, payee, { limit: 9 })).toEqual([]);
  expect(await books.ledger.entries(books.db, payer, { limit: 9 })).toHaveLength(1);
});

test('posting in full books every leg and frees what was held', async () => {
  const pending = await books.reserve(...both());
  okOf(await books.fulfil(pending));
  expect(await pendings()).toEqual([35n, 0n, 35n, 60n, 0n]);
  const [entry] = await books.ledger.entries(books.db, payee, { limit: 9 });
  expect(entry).toMatchObject({ direction: 'credit', amountMinor: 60n, otherAccountId: payer, balanceAfterMinor: 60n });
});

test('posting in part books what is asked and frees the rest; a leg may be left out', async () => {
  const pending = await books.reserve(...both());
  okOf(await books.fulfil(pending, [20n, 0n]));
  expect(await pendings()).toEqual([80n, 0n, 80n, 20n, 0n]);
  expect(await books.ledger.entries(books.db, payer, { limit: 9 })).toHaveLength(2);
});

test('R186: voiding releases in full', async () => {
  const pending = await books.reserve(...both());
  const house = await books.balance(books.chart.feeIncome);
  okOf(await books.release(pending));
  expect(await pendings()).toEqual([100n, 0n, 100n, 0n, 0n]);
  expect(await books.balance(books.chart.feeIncome)).toEqual(house);
});

test.each<[string, bigint[], string]>([
  ['more than is held', [61n, 5n], 'amount_exceeds_pending'],
  ['more of the second leg', [60n, 6n], 'amount_exceeds_pending'],
  ['fewer amounts than legs', [60n], 'transfer_invalid amountsMinor'],
  ['more amounts than legs', [60n, 5n, 1n], 'transfer_invalid amountsMinor'],
])('posting %s is refused and leaves the reservation open', async (_what, amounts, word) => {
  const pending = await books.reserve(...both());
  expect(wordOf(await books.fulfil(pending, amounts))).toBe(word);
  expect(await pendings()).toEqual([100n, 65n, 35n, 0n, 60n]);
  okOf(await books.fulfil(pending, [60n, 5n]));
});

test.each(['posted', 'posted in part', 'voided'])('a reservation that is %s is gone for good', async (how) => {
  const pending = await books.reserve(...both());
  okOf(
    how === 'voided'
      ? await books.release(pending)
      : await books.fulfil(pending, how === 'posted' ? undefined : [1n, 1n]),
  );
  const before = await pendings();
  expect(wordOf(await books.fulfil(pending))).toBe('pending_gone');
  expect(wordOf(await books.fulfil(pending, [1n, 1n]))).toBe('pending_gone');
  expect(wordOf(await books.release(pending))).toBe('pending_gone');
  expect(await pendings()).toEqual(before);
});

test('what was never reserved, was refused or is no reservation is unknown', async () => {
  const refused = books.ids.uuid();
  const legs = [leg(payer, payee, 101n)];
  await books.one({ kind: 'reserve', transferId: refused, legs, expiresAt: plusMs(books.clock.now(), hourMs) });
  const moved = books.ids.uuid();
  okOf(await books.one({ kind: 'transfer', transferId: moved, legs: [leg(payer, payee, 1n)] }));
  for (const pendingId of [books.ids.uuid(), refused, moved]) {
    expect(wordOf(await books.release(pendingId))).toBe('pending_unknown');
    expect(wordOf(await books.fulfil(pendingId))).toBe('pending_unknown');
    expect(wordOf(await books.fulfil(pendingId, [1n]))).toBe('pending_unknown');
  }
});

test('many reservations resolved in one batch with other transfers', async () => {
  const ids = await Promise.all(Array.from({ length: 10 }, () => books.reserve(leg(payer, payee, 10n))));
  const resolved = ids.map((pendingId, n): Transfer => {
    const transferId = books.ids.uuid();
    if (n % 3 === 0) return { kind: 'void', transferId, pendingId };
    return { kind: 'post', transferId, pendingId, ...(n % 3 === 1 && { amountsMinor: [4n] }) };
  });
  const moves = ids.map((): Transfer => ({
    kind: 'transfer',
    transferId: books.ids.uuid(),
    legs: [leg(payer, payee, 1n)],
  }));
  const outcomes = await books.post(...moves.slice(5), ...resolved, ...moves.slice(0, 5));
  expect(outcomes.slice(5, 15).map(wordOf)).toEqual(ids.map(() => 'done'));
  expect((await books.balance(payer)).pendingOutMinor).toBe(0n);
});

describe('in one call', () => {
  const reserveAnd = (after: (pendingId: string) => Transfer[]): Transfer[] => {
    const transferId = books.ids.uuid();
    const expiresAt = plusMs(books.clock.now(), hourMs);
    return [{ kind: 'reserve', transferId, legs: both(), expiresAt }, ...after(transferId)];
  };
  const fulfil = (pendingId: string): Transfer => ({ kind: 'post', transferId: books.ids.uuid(), pendingId });
  const release = (pendingId: string): Transfer => ({ kind: 'void', transferId: books.ids.uuid(), pendingId });

  test('a reservation can be made and posted', async () => {
    const outcomes = await books.post(...reserveAnd((id) => [fulfil(id)]));
    expect(outcomes.map(wordOf)).toEqual(['done', 'done']);
    expect(await pendings()).toEqual([35n, 0n, 35n, 60n, 0n]);
  });

  test('R123: of many that post and void one reservation, the first does and the others find it gone', async () => {
    const outcomes = await books.post(...reserveAnd((id) => [release(id), fulfil(id), fulfil(id), release(id)]));
    expect(outcomes.map(wordOf)).toEqual(['done', 'done', 'pending_gone', 'pending_gone', 'pending_gone']);
    expect(await pendings()).toEqual([100n, 0n, 100n, 0n, 0n]);
  });
});

test('R123: of many engines that approve and refuse one request at once, exactly one does', async () => {
  const engines = [books.another(), books.another(), books.another({ lanes: 1 })];
  for (let round = 0; round < 10; round += 1) {
    const pendingId = await books.reserve(leg(payer, payee, 5n));
    const outcomes = await Promise.all(
      [...engines, ...engines].map(({ ledger }, n) =>
        ledger.post([{ kind: n % 2 === 0 ? 'post' : 'void', transferId: books.ids.uuid(), pendingId }]),
      ),
    );
    const words = outcomes.map(([outcome]) => wordOf(outcome));
    expect(words.filter((word) => word === 'done')).toHaveLength(1);
    expect(words.filter((word) => word === 'pending_gone')).toHaveLength(5);
  }
});

describe('expiry', () => {
  const expiring = async (ms: number, ...legs: Leg[]): Promise<string> => {
    const transferId = books.ids.uuid();
    okOf(await books.one({ kind: 'reserve', transferId, legs, expiresAt: plusMs(books.clock.now(), ms) }));
    return transferId;
  };

  test('a reservation can be posted until its expiry, and voided after it', async () => {
    const [first, second] = [
      await expiring(1_000, leg(payer, payee, 1n)),
      await expiring(1_000, leg(payer, payee, 2n)),
    ];
    books.clock.advance(999);
    okOf(await books.fulfil(first));
    books.clock.advance(1);
    expect(wordOf(await books.fulfil(second))).toBe('transfer_expired');
    expect((await books.balance(payer)).pendingOutMinor).toBe(2n);
    okOf(await books.release(second));
    expect((await books.balance(payer)).pendingOutMinor).toBe(0n);
  });

  test('what expires before it begins is refused for good', async () => {
    const asked: Transfer = {
      kind: 'reserve',
      transferId: books.ids.uuid(),
      legs: both(),
      expiresAt: books.clock.now(),
    };
    expect(wordOf(await books.one(asked))).toBe('transfer_expired');
    expect(wordOf(await books.one({ ...asked, expiresAt: plusMs(books.clock.now(), hourMs) }))).toBe(
      'transfer_expired',
    );
    expect(await pendings()).toEqual([100n, 0n, 100n, 0n, 0n]);
  });

  test('those whose time has come are listed oldest expiry first, until they are voided', async () => {
    const [late, early, later] = [
      await expiring(2_000, leg(payer, payee, 2n)),
      await expiring(
        1_000,
        leg(payer, payee, 1n),
        leg(payer, books.chart.feeIncome, 1n, { code: 'fee', counted: true }),
      ),
      await expiring(3_000, leg(payer, payee, 3n)),
    ];
    const due = async (ms: number, limit = 10) =>
      (await books.ledger.expired(books.db, plusMs(books.clock.now(), ms), limit)).map(({ transferId }) => transferId);
    expect(await due(999)).toEqual([]);
    expect(await due(2_000)).toEqual([early, late]);
    expect(await due(9_000, 1)).toEqual([early]);
    const [pending] = await books.ledger.expired(books.db, plusMs(books.clock.now(), 1_000), 1);
    expect(pending).toEqual({
      transferId: early,
      legs: [leg(payer, payee, 1n), leg(payer, books.chart.feeIncome, 1n, { code: 'fee', counted: true })],
      expiresAt: plusMs(books.clock.now(), 1_000),
    });
    okOf(await books.release(early));
    expect(await due(9_000)).toEqual([late, later]);
    okOf(await books.release(late));
    okOf(await books.release(later));
  });
});

test('an account with money pending keeps it while its bounds are changed and it is frozen', async () => {
  const pending = await books.reserve(leg(payer, payee, 40n));
  const bounds = { floorMinor: -1n, ceilingMinor: 100n, limitProfile: null };
  expect(await books.db.tx((tx) => books.ledger.setBounds(tx, payer, bounds, actor))).toEqual({ ok: true });
  expect(wordOf(await books.move(leg(payer, payee, 62n)))).toBe(`insufficient_funds ${payer}`);
  okOf(await books.move(leg(payer, payee, 61n)));
  okOf(await books.fulfil(pending));
  expect(await books.posted(payer)).toBe(-1n);
});
