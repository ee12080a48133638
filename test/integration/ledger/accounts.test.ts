import { chartOf, openChart, type AccountStatus } from '../../../src/ledger';
import { actor, customer, leg, okOf, openBooks, wordOf, type Books } from './books';

let books: Books;
beforeAll(async () => {
  books = await openBooks();
});
afterEach(() => books.check());
afterAll(() => books.close());

const setStatus = (accountId: string, status: AccountStatus) =>
  books.db.tx((tx) => books.ledger.setStatus(tx, accountId, status, actor));
const setBounds = (accountId: string, floorMinor: bigint | null, ceilingMinor: bigint | null) =>
  books.db.tx((tx) => books.ledger.setBounds(tx, accountId, { floorMinor, ceilingMinor, limitProfile: null }, actor));

test('an account opens at zero, and opening it again with the same content does nothing', async () => {
  const accountId = await books.open();
  await books.open({ accountId });
  expect(await books.balance(accountId)).toEqual({
    ...{ accountId, currency: 'KES', status: 'open' },
    ...{ postedMinor: 0n, pendingOutMinor: 0n, pendingInMinor: 0n, availableMinor: 0n },
  });
});

test('opening one account from many connections at once opens it once', async () => {
  const [accountId = ''] = await books.ledger.newAccountIds(books.db, 1);
  await Promise.all(Array.from({ length: 10 }, () => books.open({ accountId })));
  const { count } = await books.owner.one<{ count: bigint }>({
    text: `select count(*) from audit_event where action = 'account.opened' and subject_id = $1`,
    values: [accountId],
  });
  expect(count).toBe(1n);
});

test.each([
  { what: 'kind', changed: { kind: 'agent' } },
  { what: 'currency', changed: { currency: 'UGX' } },
  { what: 'floor', changed: { floorMinor: null } },
  { what: 'ceiling', changed: { ceilingMinor: 5n } },
] as const)('an account that is open with another $what is a bug', async ({ changed }) => {
  const accountId = await books.open();
  await expect(books.open({ accountId, ...changed })).rejects.toThrow('was opened before with other content');
});

test.each([
  { floorMinor: 1n },
  { ceilingMinor: -1n },
  { floorMinor: -(10n ** 18n) - 1n },
  { ceilingMinor: 10n ** 18n + 1n },
  { limitProfile: 32_767 },
  { accountId: '160', floorMinor: 0n },
  { accountId: '161', floorMinor: null },
  { accountId: '-32', floorMinor: null },
])('terms that cannot be are a bug: %p', async (terms) => {
  await expect(books.open(terms)).rejects.toThrow();
});

test('new numbers are above those of the house, and never come twice', async () => {
  const ids = (await Promise.all([1, 2, 3].map(() => books.ledger.newAccountIds(books.db, 50)))).flat();
  expect(new Set(ids).size).toBe(150);
  expect(ids.every((id) => Number(id) > 1_000_000)).toBe(true);
});

test('there is no balance where there is no account', async () => {
  expect(await books.ledger.balance(books.db, '999999999999')).toBeUndefined();
  expect(await books.ledger.balanceAt(books.db, '999999999999', new Date())).toBeUndefined();
});

test('the chart of a currency has the same numbers everywhere and opens once', async () => {
  expect(chartOf('KES')).toEqual({
    ...{ feeIncome: '206864', commissionExpense: '206880', trust: '206896', clearing: '206912' },
    ...{ remainders: '206928', losses: '206944', suspense: '206960' },
  });
  const ids = [chartOf('KES'), chartOf('UGX')].flatMap((chart) => Object.values(chart) as string[]);
  expect(new Set(ids).size).toBe(14);
  await books.db.tx((tx) => openChart(books.ledger, tx, 'UGX'));
  await books.db.tx((tx) => openChart(books.ledger, tx, 'UGX'));
  expect((await books.balance(chartOf('UGX').trust)).currency).toBe('UGX');
});

describe('bounds', () => {
  test('a floor below zero may be used up and not passed', async () => {
    const payer = await books.open({ floorMinor: -100n });
    okOf(await books.move(leg(payer, books.chart.trust, 100n)));
    expect(wordOf(await books.move(leg(payer, books.chart.trust, 1n)))).toBe(`insufficient_funds ${payer}`);
    expect((await books.balance(payer)).availableMinor).toBe(-100n);
  });

  test('a ceiling may be reached and not passed', async () => {
    const payee = await books.open({ ceilingMinor: 100n, openingMinor: 99n });
    expect(wordOf(await books.move(leg(books.chart.trust, payee, 2n)))).toBe(`ceiling_exceeded ${payee}`);
    okOf(await books.move(leg(books.chart.trust, payee, 1n)));
  });

  test('count what is pending out as gone and what is pending in as there', async () => {
    const account = await books.open({ openingMinor: 50n, ceilingMinor: 100n });
    const other = await books.open({ openingMinor: 1_000n });
    const out = await books.reserve(leg(account, other, 30n));
    expect(wordOf(await books.move(leg(account, other, 21n)))).toBe(`insufficient_funds ${account}`);
    // What is pending out is still there for the ceiling, because it may come back.
    const incoming = await books.reserve(leg(other, account, 50n));
    expect(wordOf(await books.move(leg(other, account, 1n)))).toBe(`ceiling_exceeded ${account}`);
    okOf(await books.release(incoming));
    okOf(await books.fulfil(out));
    okOf(await books.move(leg(other, account, 80n)));
    expect(await books.posted(account)).toBe(100n);
  });

  test('can be moved to where the balance lies, and no closer', async () => {
    const account = await books.open({ openingMinor: 50n });
    await books.reserve(leg(account, books.chart.trust, 20n));
    await books.reserve(leg(books.chart.trust, account, 7n));
    expect(await setBounds(account, null, 56n)).toEqual({ ok: false, error: 'bounds_exceeded' });
    expect(await setBounds(account, null, 57n)).toEqual({ ok: true });
    expect(await setBounds(account, 1n, null)).toEqual({ ok: false, error: 'bounds_exceeded' });
    expect(await setBounds(account, -10n, null)).toEqual({ ok: true });
    okOf(await books.move(leg(account, books.chart.trust, 40n)));
    expect(await setBounds(account, -9n, null)).toEqual({ ok: false, error: 'bounds_exceeded' });
    expect(await setBounds(account, 0n, null)).toEqual({ ok: false, error: 'bounds_exceeded' });
  });

  test('are those of an account that is there and not closed', async () => {
    expect(await setBounds('999999999999', 0n, null)).toEqual({ ok: false, error: 'account_unknown' });
    const account = await books.open();
    await setStatus(account, 'closed');
    expect(await setBounds(account, 0n, 5n)).toEqual({ ok: false, error: 'account_closed' });
  });

  test('the money of the whole world does not break the counters', async () => {
    const [one, other] = [await books.open({ floorMinor: null }), await books.open({ floorMinor: null })];
    const huge = Array.from({ length: 8 }, () => leg(one, other, 10n ** 15n));
    const back = Array.from({ length: 8 }, () => leg(other, one, 10n ** 15n));
    const moves = [...huge.map(() => huge), ...back.map(() => back)];
    const transfers = moves.map((legs) => ({ kind: 'transfer' as const, transferId: books.ids.uuid(), legs }));
    expect((await books.post(...transfers)).map(wordOf)).toEqual(moves.map(() => 'done'));
    expect(await books.posted(one)).toBe(0n);
  });
});

describe('status', () => {
  test.each<[AccountStatus, boolean, boolean]>([
    ['open', true, true],
    ['frozen_debit', false, true],
    ['frozen_credit', true, false],
    ['frozen', false, false],
    ['open', true, true],
  ])('an account that becomes %s pays: %s, is paid: %s', async (status, pays, isPaid) => {
    const account = await books.open({ openingMinor: 10n });
    const word = (allowed: boolean) => (allowed ? 'done' : `account_frozen ${account}`);
    await setStatus(account, 'frozen');
    expect(await setStatus(account, status)).toEqual({ ok: true });
    expect((await books.balance(account)).status).toBe(status);
    expect(wordOf(await books.move(leg(account, books.chart.trust, 1n)))).toBe(word(pays));
    expect(wordOf(await books.move(leg(books.chart.trust, account, 1n)))).toBe(word(isPaid));
  });

  test('money that is pending can be posted and voided while the account is frozen', async () => {
    const account = await books.open({ openingMinor: 10n });
    const [one, other] = [
      await books.reserve(leg(account, books.chart.trust, 4n)),
      await books.reserve(leg(account, books.chart.trust, 3n)),
    ];
    await setStatus(account, 'frozen');
    okOf(await books.fulfil(one));
    okOf(await books.release(other));
    expect(await books.posted(account)).toBe(6n);
  });

  test('only an account without balance and reservations can be closed, and then for good', async () => {
    const account = await books.open({ openingMinor: 5n });
    const notEmpty = { ok: false, error: 'account_not_empty' };
    expect(await setStatus(account, 'closed')).toEqual(notEmpty);
    okOf(await books.move(leg(account, books.chart.trust, 5n)));
    const pending = await books.reserve(leg(books.chart.trust, account, 1n));
    expect(await setStatus(account, 'closed')).toEqual(notEmpty);
    okOf(await books.release(pending));
    expect(await setStatus(account, 'closed')).toEqual({ ok: true });
    expect(await setStatus(account, 'closed')).toEqual({ ok: true });
    expect(await setStatus(account, 'open')).toEqual({ ok: false, error: 'account_closed' });
    expect(await setStatus('999999999999', 'frozen')).toEqual({ ok: false, error: 'account_unknown' });
  });

  test('a house account is frozen with all its stripes, and is not closed while one of them holds money', async () => {
    const { feeIncome } = chartOf('TZS');
    await books.db.tx((tx) => openChart(books.ledger, tx, 'TZS'));
    const { trust } = chartOf('TZS');
    okOf(await books.move(leg(trust, feeIncome, 5n)));
    expect(await setStatus(feeIncome, 'frozen')).toEqual({ ok: true });
    const outcomes = await Promise.all([1, 2, 3, 4].map(() => books.move(leg(trust, feeIncome, 1n))));
    expect(outcomes.map(wordOf)).toEqual([1, 2, 3, 4].map(() => `account_frozen ${feeIncome}`));
    expect(await setStatus(feeIncome, 'closed')).toEqual({ ok: false, error: 'account_not_empty' });
    expect((await books.balance(feeIncome)).status).toBe('frozen');
  });
});

test('every change of an account is in the log with who made it, before and after', async () => {
  const accountId = await books.open();
  await setStatus(accountId, 'frozen');
  await setStatus(accountId, 'frozen'); // changes nothing, so says nothing
  await setBounds(accountId, -5n, 10n);
  const events = await books.owner.rows<Record<string, unknown>>({
    text: `select action, actor_kind || ' ' || actor_id as actor, old_value as old, new_value as new from audit_event
           where subject_kind = 'account' and subject_id = $1 order by seq, number`,
    values: [accountId],
  });
  const terms = { kind: 'customer', currency: 404, status: 0, floor: '0', ceiling: null, limitProfile: null };
  const by = 'staff tester';
  expect(events).toEqual([
    { action: 'account.opened', actor: by, old: null, new: terms },
    { action: 'account.status_changed', actor: by, old: terms, new: { ...terms, status: 3 } },
    {
      action: 'account.bounds_changed',
      actor: by,
      old: { ...terms, status: 3 },
      new: { ...terms, status: 3, floor: '-5', ceiling: '10' },
    },
  ]);
  expect(customer(accountId).kind).toBe('customer');
});
