import { untilResolved, type Leg, type Outcome, type Transfer } from '../../../src/ledger';
import { plusMs } from '../../../src/platform';
import { actor, dayMs, hourMs, leg, noon, okOf, openBooks, wordOf, type Books } from './books';

let books: Books;
beforeAll(async () => {
  books = await openBooks({ lanes: 1 }); // one lane: what is asked in one call is carried out in that order
});
afterEach(() => books.check());
afterAll(() => books.close());

/** Accounts of every sort, by name. */
async function cast(): Promise<Record<string, string>> {
  const { db, ledger } = books;
  const people: Record<string, string> = {
    rich: await books.open({ openingMinor: 1_000n }),
    poor: await books.open({ openingMinor: 10n }),
    full: await books.open({ ceilingMinor: 50n, openingMinor: 45n }),
    foreign: await books.open({ currency: 'UGX', floorMinor: null }),
    closed: await books.open(),
    nobody: '999999999999',
    trust: books.chart.trust,
    noHouse: '160',
  };
  for (const status of ['frozen_debit', 'frozen_credit', 'frozen'] as const) {
    const accountId = await books.open({ openingMinor: 500n });
    people[status] = accountId;
    await db.tx((tx) => ledger.setStatus(tx, accountId, status, actor));
  }
  await db.tx((tx) => ledger.setStatus(tx, people['closed'] ?? '', 'closed', actor));
  return people;
}

test('R97: money is conserved: a transfer with a fee and a commission changes no total', async () => {
  const [payer, payee] = [await books.open({ openingMinor: 10_000n }), await books.open()];
  const agent = await books.open({ kind: 'commission' });
  const accounts = [payer, payee, agent, ...(Object.values(books.chart) as string[])];
  const total = async () => {
    const balances = await Promise.all(accounts.map((id) => books.posted(id)));
    return balances.reduce((sum, posted) => sum + posted, 0n);
  };
  const before = await total();
  const outcome = await books.move(
    leg(payer, payee, 7_001n),
    leg(payer, books.chart.feeIncome, 33n, { code: 'fee' }),
    leg(books.chart.commissionExpense, agent, 11n, { code: 'commission' }),
  );
  expect(outcome).toMatchObject({ ok: true, value: { repeated: false } });
  expect(await books.posted(payer)).toBe(10_000n - 7_034n);
  expect(await books.posted(payee)).toBe(7_001n);
  expect(await books.posted(agent)).toBe(11n);
  expect(await total()).toBe(before);
});

describe.each(['transfer', 'reserve'] as const)('a %s', (kind) => {
  let people: Record<string, string>;
  beforeAll(async () => {
    people = await cast();
  });

  const ask = (...legs: Leg[]): Promise<Outcome> => {
    const transferId = books.ids.uuid();
    const asked: Transfer =
      kind === 'transfer'
        ? { kind, transferId, legs }
        : { kind, transferId, legs, expiresAt: plusMs(books.clock.now(), hourMs) };
    return books.one(asked);
  };

  test.each([
    { error: 'insufficient_funds', reason: 'poor', from: 'poor', to: 'rich', amountMinor: 11n },
    { error: 'ceiling_exceeded', reason: 'full', from: 'rich', to: 'full', amountMinor: 6n },
    { error: 'account_unknown', reason: 'nobody', from: 'nobody', to: 'rich', amountMinor: 1n },
    { error: 'account_unknown', reason: 'nobody', from: 'rich', to: 'nobody', amountMinor: 1n },
    { error: 'account_unknown', reason: 'noHouse', from: 'noHouse', to: 'rich', amountMinor: 1n },
    { error: 'account_unknown', reason: 'noHouse', from: 'rich', to: 'noHouse', amountMinor: 1n },
    { error: 'account_closed', reason: 'closed', from: 'closed', to: 'rich', amountMinor: 1n },
    { error: 'account_closed', reason: 'closed', from: 'rich', to: 'closed', amountMinor: 1n },
    { error: 'account_frozen', reason: 'frozen', from: 'frozen', to: 'rich', amountMinor: 1n },
    { error: 'account_frozen', reason: 'frozen', from: 'rich', to: 'frozen', amountMinor: 1n },
    { error: 'account_frozen', reason: 'frozen_debit', from: 'frozen_debit', to: 'rich', amountMinor: 1n },
    { error: 'account_frozen', reason: 'frozen_credit', from: 'rich', to: 'frozen_credit', amountMinor: 1n },
    { error: 'currency_mismatch', reason: 'foreign', from: 'rich', to: 'foreign', amountMinor: 1n },
    { error: 'currency_mismatch', reason: 'rich', from: 'foreign', to: 'rich', amountMinor: 1n },
  ])(
    'is refused with $error because of $reason ($from to $to), for good',
    async ({ error, reason, from, to, amountMinor }) => {
      const balances = () =>
        Promise.all([people[from], people[to]].map((id) => books.ledger.balance(books.db, id ?? '')));
      const before = await balances();
      const legs = [leg(people[from] ?? '', people[to] ?? '', amountMinor)];
      const transferId = books.ids.uuid();
      const asked: Transfer =
        kind === 'transfer' ? { kind, transferId, legs } : { kind, transferId, legs, expiresAt: plusMs(noon, hourMs) };
      const expected = { ok: false, error, detail: { accountId: people[reason] } };
      expect(await books.one(asked)).toEqual(expected);
      expect(await balances()).toEqual(before);
      expect(await books.ledger.find(books.db, transferId)).toMatchObject({ kind, refusal: error, legs });
      expect(await books.one(asked)).toEqual(expected);
    },
  );

  test('takes the direction that is not frozen', async () => {
    const { frozen_debit: takes = '', frozen_credit: gives = '', rich = '' } = people;
    okOf(await ask(leg(rich, takes, 1n), leg(gives, rich, 1n)));
  });

  test.each([1, 4, 8])('of 8 legs of which number %i cannot be has no effect at all', async (wrong) => {
    const [payer, other] = [await books.open({ openingMinor: 100n }), await books.open()];
    const legs = Array.from({ length: 8 }, (_, index) =>
      index + 1 === wrong ? leg(other, payer, 101n) : leg(payer, other, 10n),
    );
    const house = await books.balance(books.chart.trust);
    expect(wordOf(await ask(...legs))).toBe(`insufficient_funds ${other}`);
    expect(await books.balance(payer)).toMatchObject({ postedMinor: 100n, pendingOutMinor: 0n, pendingInMinor: 0n });
    expect(await books.balance(other)).toMatchObject({ postedMinor: 0n, pendingOutMinor: 0n, pendingInMinor: 0n });
    expect(await books.balance(books.chart.trust)).toEqual(house);
    expect(await books.ledger.entries(books.db, other, { limit: 10 })).toEqual([]);
  });

  test('that is refused harms nobody in its batch, before or behind it', async () => {
    const [payer, payee] = [await books.open({ openingMinor: 30n }), await books.open()];
    const outcomes = await books.ledger.post(
      [10n, 31n, 10n, 11n, 10n, 1n].map((amountMinor): Transfer => {
        const asked = { transferId: books.ids.uuid(), legs: [leg(payer, payee, amountMinor)] };
        return kind === 'transfer' ? { kind, ...asked } : { kind, ...asked, expiresAt: plusMs(noon, hourMs) };
      }),
    );
    const no = `insufficient_funds ${payer}`;
    expect(outcomes.map(wordOf)).toEqual(['done', no, 'done', no, 'done', no]);
    expect((await books.balance(payer)).availableMinor).toBe(0n);
  });
});

test('legs apply in order: a leg may spend what the leg before brought in, not what the next one will', async () => {
  const [first, middle, last] = [await books.open({ openingMinor: 50n }), await books.open(), await books.open()];
  const onward = leg(middle, last, 50n);
  expect(wordOf(await books.move(onward, leg(first, middle, 50n)))).toBe(`insufficient_funds ${middle}`);
  okOf(await books.move(leg(first, middle, 50n), onward));
  expect(await books.posted(last)).toBe(50n);
});

test('what is only reserved cannot be spent on, not even by the next leg', async () => {
  const [first, middle, last] = [await books.open({ openingMinor: 50n }), await books.open(), await books.open()];
  const legs = [leg(first, middle, 50n), leg(middle, last, 50n)];
  const reserve = { kind: 'reserve', transferId: books.ids.uuid(), legs, expiresAt: plusMs(noon, hourMs) } as const;
  expect(wordOf(await books.one(reserve))).toBe(`insufficient_funds ${middle}`);
});

test('legs there and back end where they began, with every balance on the way', async () => {
  const [one, other] = [await books.open({ openingMinor: 8n }), await books.open()];
  const there = Array.from({ length: 8 }, (_, n) => (n % 2 === 0 ? leg(one, other, 8n) : leg(other, one, 8n)));
  okOf(await books.move(...there));
  const entries = await books.ledger.entries(books.db, other, { limit: 8 });
  expect(entries.map(({ legNumber, balanceAfterMinor }) => [legNumber, balanceAfterMinor])).toEqual(
    [8, 7, 6, 5, 4, 3, 2, 1].map((n) => [n, n % 2 === 0 ? 0n : 8n]),
  );
});

test('R147: a transfer of exactly the balance, fee included, leaves zero', async () => {
  const payer = await books.open({ openingMinor: 1_010n });
  okOf(
    await books.move(leg(payer, await books.open(), 1_000n), leg(payer, books.chart.feeIncome, 10n, { code: 'fee' })),
  );
  expect(await books.posted(payer)).toBe(0n);
});

test('R148: more than the balance because of the fee is refused, and the leg that fitted has no effect', async () => {
  const [payer, payee] = [await books.open({ openingMinor: 1_009n }), await books.open()];
  const outcome = await books.move(leg(payer, payee, 1_000n), leg(payer, books.chart.feeIncome, 10n, { code: 'fee' }));
  expect(wordOf(outcome)).toBe(`insufficient_funds ${payer}`);
  expect(await books.posted(payer)).toBe(1_009n);
  expect(await books.ledger.entries(books.db, payee, { limit: 1 })).toEqual([]);
});

test('house accounts have no bounds and may be on both sides', async () => {
  const { feeIncome, commissionExpense } = books.chart;
  const before = await books.posted(feeIncome);
  okOf(await books.move(leg(feeIncome, commissionExpense, 10n ** 15n)));
  okOf(await books.move(leg(commissionExpense, feeIncome, 10n ** 15n)));
  expect(await books.posted(feeIncome)).toBe(before);
});

describe('what is malformed is told by its field and leaves no trace', () => {
  const good = (): Extract<Transfer, { kind: 'transfer' }> => ({
    kind: 'transfer',
    transferId: books.ids.uuid(),
    legs: [leg('1000001', '1000002', 1n)],
  });
  const reserve = (expiresAt: Date): Transfer => ({ ...good(), kind: 'reserve', expiresAt });
  const post = (amountsMinor: bigint[]): Transfer => ({
    ...{ kind: 'post', transferId: books.ids.uuid(), pendingId: books.ids.uuid(), amountsMinor },
  });
  const idAt = (ms: number): string => {
    const hex = (noon.getTime() + ms).toString(16).padStart(12, '0');
    return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
  };
  const attachment = { writer: 'test_row', row: {} };

  test.each<[string, string, () => Transfer]>([
    [
      'transferId',
      'an id that is no UUIDv7',
      () => ({ ...good(), transferId: '5afab7d4-683c-475d-9602-708552aebf2e' }),
    ],
    ['transferId', 'an id that is nothing', () => ({ ...good(), transferId: '' })],
    ['transferId', 'capitals', () => ({ ...good(), transferId: books.ids.uuid().toUpperCase() })],
    ['transferId', 'an id of more than a day ago', () => ({ ...good(), transferId: idAt(-dayMs - 1) })],
    ['transferId', 'an id from later', () => ({ ...good(), transferId: idAt(hourMs + 1) })],
    ['legs', 'no leg', () => ({ ...good(), legs: [] })],
    ['legs', 'nine legs', () => ({ ...good(), legs: Array.from({ length: 9 }, () => leg('1000001', '1000002', 1n)) })],
    ['amountMinor', 'nothing', () => ({ ...good(), legs: [leg('1000001', '1000002', 0n)] })],
    ['amountMinor', 'less than nothing', () => ({ ...good(), legs: [leg('1000001', '1000002', -1n)] })],
    ['amountMinor', 'too much', () => ({ ...good(), legs: [leg('1000001', '1000002', 10n ** 15n + 1n)] })],
    ['debitAccountId', 'no number', () => ({ ...good(), legs: [leg('one', '1000002', 1n)] })],
    ['debitAccountId', 'account zero', () => ({ ...good(), legs: [leg('0', '1000002', 1n)] })],
    ['debitAccountId', 'a number beyond all', () => ({ ...good(), legs: [leg('9999999999999999999', '1000002', 1n)] })],
    [
      'debitAccountId',
      'a stripe',
      () => ({ ...good(), legs: [leg(`${Number(books.chart.trust) + 1}`, '1000002', 1n)] }),
    ],
    [
      'creditAccountId',
      'a stripe',
      () => ({ ...good(), legs: [leg('1000001', `${Number(books.chart.trust) + 15}`, 1n)] }),
    ],
    ['creditAccountId', 'a leading zero', () => ({ ...good(), legs: [leg('1000001', '01000002', 1n)] })],
    ['creditAccountId', 'the same account', () => ({ ...good(), legs: [leg('1000001', '1000001', 1n)] })],
    ['expiresAt', 'more than 30 days', () => reserve(plusMs(noon, 30 * dayMs + 1))],
    ['expiresAt', 'long before it would be resolved', () => reserve(plusMs(untilResolved, -1))],
    ['expiresAt', 'no date', () => reserve(new Date(Number.NaN))],
    ['pendingId', 'no id', () => ({ kind: 'void', transferId: books.ids.uuid(), pendingId: 'x' })],
    ['amountsMinor', 'no amounts', () => post([])],
    ['amountsMinor', 'zeros only', () => post([0n, 0n])],
    ['amountsMinor', 'a negative one', () => post([5n, -1n])],
    ['attachments', 'more than 16', () => ({ ...good(), attachments: Array.from({ length: 17 }, () => attachment) })],
    ['attachments', 'a writer that is no name', () => ({ ...good(), attachments: [{ writer: 'x"y', row: {} }] })],
  ])('%s: %s', async (field, _what, make) => {
    const asked = make();
    const [outcome, neighbour] = await books.post(asked, {
      ...good(),
      legs: [leg(books.chart.trust, books.chart.feeIncome, 1n)],
    });
    expect(outcome).toEqual({ ok: false, error: 'transfer_invalid', detail: { field } });
    okOf(neighbour);
    if (/^[0-9a-f-]{36}$/i.test(asked.transferId)) {
      expect(await books.ledger.find(books.db, asked.transferId)).toBeUndefined();
    }
  });

  test('an id from within the last day and one from within the next hour are taken', async () => {
    const legs = [leg(books.chart.trust, books.chart.feeIncome, 1n)];
    for (const ms of [-dayMs, hourMs]) okOf(await books.one({ kind: 'transfer', transferId: idAt(ms), legs }));
  });
});

test('asking for nothing gives nothing', async () => {
  expect(await books.post()).toEqual([]);
});

test('a transfer is found as it was asked for, with its number and its time', async () => {
  const [payer, payee] = [await books.open({ openingMinor: 10n }), await books.open()];
  const legs = [leg(payer, payee, 3n, { counted: true }), leg(payer, books.chart.feeIncome, 1n, { code: 'fee' })];
  const transferId = books.ids.uuid();
  const { seq, at } = okOf(await books.one({ kind: 'transfer', transferId, legs }));
  expect(await books.ledger.find(books.db, transferId)).toMatchObject({
    ...{ transferId, kind: 'transfer', seq, at, legs },
    ...{ refusal: undefined, pendingId: undefined },
  });
  expect(await books.ledger.find(books.db, books.ids.uuid())).toBeUndefined();
});
