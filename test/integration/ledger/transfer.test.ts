import { randomUUID } from 'node:crypto';
import { chartOf, openChart } from '../../../src/ledger';
import { afterNoon, customer, expectOk, leg, noon, openBooks, type Books } from './books';

let books: Books;
beforeAll(async () => {
  books = await openBooks();
});
afterAll(() => books.close());

afterEach(async () => {
  expect(await books.ledger.verify(books.db)).toMatchObject({ clean: true });
});

describe('accounts', () => {
  test('an account opens at zero, and opening it again with the same content does nothing', async () => {
    const account = customer();
    await books.open(account);
    await books.open(account);
    expect(await books.balance(account.accountId)).toEqual({
      accountId: account.accountId,
      currency: 'KES',
      postedMinor: 0n,
      pendingOutMinor: 0n,
      pendingInMinor: 0n,
      availableMinor: 0n,
    });
  });

  test.each([
    { what: 'kind', changed: { kind: 'agent' } },
    { what: 'currency', changed: { currency: 'UGX' } },
    { what: 'floor', changed: { floorMinor: null } },
    { what: 'ceiling', changed: { ceilingMinor: 5n } },
  ] as const)('an account that is open with another $what is a bug', async ({ changed }) => {
    const account = customer();
    await books.open(account);
    await expect(books.open({ ...account, ...changed })).rejects.toThrow('already open with other content');
  });

  test.each([{ floorMinor: 1n }, { ceilingMinor: -1n }, { ceilingMinor: 10n ** 18n + 1n }])(
    'bounds that zero does not fit between are a bug: %p',
    async (bounds) => {
      await expect(books.open(bounds)).rejects.toThrow('assertion failed');
    },
  );

  test('there is no balance where there is no account', async () => {
    expect(await books.ledger.balance(books.db, randomUUID())).toBeUndefined();
  });

  test('the chart of a currency has the same ids everywhere and opens once', async () => {
    expect(chartOf('KES')).toEqual(books.chart);
    expect(chartOf('KES').trust).toBe('5afab7d4-683c-875d-9602-708552aebf2e');
    const ids = [chartOf('KES'), chartOf('UGX')].flatMap((chart) => Object.values(chart) as string[]);
    expect(new Set(ids).size).toBe(6);
    await books.db.tx((tx) => openChart(books.ledger, tx, 'UGX'));
    await books.db.tx((tx) => openChart(books.ledger, tx, 'UGX'));
    expect((await books.balance(chartOf('UGX').trust)).currency).toBe('UGX');
  });
});

describe('moving money', () => {
  test('R97: money is conserved: a transfer with a fee and a commission changes no total', async () => {
    const payer = await books.open({ openingMinor: 10_000n });
    const payee = await books.open();
    const agent = await books.open({ kind: 'commission' });
    const accounts = [payer, payee, agent, ...(Object.values(books.chart) as string[])];
    const total = async () => {
      const balances = await Promise.all(accounts.map((id) => books.balance(id)));
      return balances.reduce((sum, { postedMinor }) => sum + postedMinor, 0n);
    };
    const before = await total();
    const moved = await books.transfer({
      legs: [
        leg(payer, payee, 7_001n),
        leg(payer, books.chart.feeIncome, 33n, 'fee'),
        leg(books.chart.commissionExpense, agent, 11n, 'commission'),
      ],
    });
    expect(moved).toMatchObject({ ok: true, value: { state: 'posted', repeated: false } });
    expect((await books.balance(payer)).postedMinor).toBe(10_000n - 7_034n);
    expect((await books.balance(payee)).postedMinor).toBe(7_001n);
    expect((await books.balance(agent)).postedMinor).toBe(11n);
    expect(await total()).toBe(before);
  });

  test('entries come newest first, with the balance before and after and the other side', async () => {
    const payer = await books.open({ openingMinor: 500n });
    const payee = await books.open();
    const transferId = randomUUID();
    const legs = [leg(payer, payee, 100n), leg(payer, books.chart.feeIncome, 7n, 'fee')];
    expectOk(await books.transfer({ transferId, legs }, afterNoon(5)));
    const entries = await books.ledger.entries(books.db, payer, 2);
    const common = { accountId: payer, transferId, direction: 'debit', postedAt: afterNoon(5) };
    const fee = { ...common, version: 3n, legNumber: 2, code: 'fee', otherAccountId: books.chart.feeIncome };
    const principal = { ...common, version: 2n, legNumber: 1, code: 'principal', otherAccountId: payee };
    expect(entries).toEqual([
      { ...fee, amountMinor: 7n, balanceBeforeMinor: 400n, balanceAfterMinor: 393n },
      { ...principal, amountMinor: 100n, balanceBeforeMinor: 500n, balanceAfterMinor: 400n },
    ]);
    expect(await books.ledger.entries(books.db, payer, 10)).toHaveLength(3);
  });

  test('legs apply in order: a leg may spend what the leg before brought in, not what the next one will', async () => {
    const [first, middle, last] = [await books.open({ openingMinor: 50n }), await books.open(), await books.open()];
    const onward = leg(middle, last, 50n);
    expect(await books.transfer({ legs: [onward, leg(first, middle, 50n)] })).toEqual({
      ok: false,
      error: 'insufficient_funds',
      detail: { accountId: middle },
    });
    expectOk(await books.transfer({ legs: [leg(first, middle, 50n), onward] }));
    expect((await books.balance(last)).postedMinor).toBe(50n);
  });

  test('R147: a transfer of exactly the balance, fee included, leaves zero', async () => {
    const payer = await books.open({ openingMinor: 1_010n });
    const legs = [leg(payer, await books.open(), 1_000n), leg(payer, books.chart.feeIncome, 10n, 'fee')];
    expectOk(await books.transfer({ legs }));
    expect((await books.balance(payer)).postedMinor).toBe(0n);
  });

  test('R148: more than the balance because of the fee is refused, and the leg that fitted has no effect', async () => {
    const payer = await books.open({ openingMinor: 1_009n });
    const payee = await books.open();
    const legs = [leg(payer, payee, 1_000n), leg(payer, books.chart.feeIncome, 10n, 'fee')];
    expect(await books.transfer({ legs })).toMatchObject({ error: 'insufficient_funds' });
    expect((await books.balance(payer)).postedMinor).toBe(1_009n);
    expect((await books.balance(payee)).postedMinor).toBe(0n);
    expect(await books.ledger.entries(books.db, payee, 1)).toEqual([]);
  });

  test('a floor below zero may be used up and not passed', async () => {
    const payer = await books.open({ floorMinor: -100n });
    const payee = await books.open();
    expectOk(await books.transfer({ legs: [leg(payer, payee, 100n)] }));
    expect(await books.transfer({ legs: [leg(payer, payee, 1n)] })).toMatchObject({ error: 'insufficient_funds' });
    expect((await books.balance(payer)).availableMinor).toBe(-100n);
  });

  test('a ceiling may be reached and not passed', async () => {
    const payee = await books.open({ ceilingMinor: 100n, openingMinor: 99n });
    const legs = (amountMinor: bigint) => [leg(books.chart.trust, payee, amountMinor)];
    expect(await books.transfer({ legs: legs(2n) })).toEqual({
      ok: false,
      error: 'ceiling_exceeded',
      detail: { accountId: payee },
    });
    expectOk(await books.transfer({ legs: legs(1n) }));
  });

  test.each(['debit', 'credit'])('an unknown account on the %s side is refused', async (side) => {
    const [known, unknown] = [await books.open({ openingMinor: 10n }), randomUUID()];
    const legs = [side === 'debit' ? leg(unknown, known, 1n) : leg(known, unknown, 1n)];
    expect(await books.transfer({ legs })).toEqual({
      ok: false,
      error: 'account_unknown',
      detail: { accountId: unknown },
    });
  });

  test('two currencies in one leg are refused', async () => {
    const [kes, ugx] = [await books.open({ openingMinor: 10n }), await books.open({ currency: 'UGX' })];
    expect(await books.transfer({ legs: [leg(kes, ugx, 1n)] })).toMatchObject({ error: 'currency_mismatch' });
  });

  test('a refusal leaves the caller its transaction', async () => {
    const [payer, payee] = [await books.open({ openingMinor: 5n }), await books.open()];
    const outcomes = await books.db.tx(async (tx) => [
      await books.ledger.transfer(tx, { transferId: randomUUID(), legs: [leg(payer, payee, 6n)] }, noon),
      await books.ledger.transfer(tx, { transferId: randomUUID(), legs: [leg(payer, payee, 5n)] }, noon),
    ]);
    expect(outcomes.map(({ ok }) => ok)).toEqual([false, true]);
    expect((await books.balance(payee)).postedMinor).toBe(5n);
  });

  test('what the caller rolls back never happened', async () => {
    const [payer, payee] = [await books.open({ openingMinor: 5n }), await books.open()];
    const transfer = { transferId: randomUUID(), legs: [leg(payer, payee, 5n)] };
    const work = books.db.tx(async (tx) => {
      expectOk(await books.ledger.transfer(tx, transfer, noon));
      throw new Error('the payment failed');
    });
    await expect(work).rejects.toThrow('the payment failed');
    expect(await books.transfer(transfer)).toMatchObject({ value: { repeated: false } });
  });

  test('balances of 10^17 and amounts of 10^15 keep every digit', async () => {
    const [from, to] = [await books.open({ floorMinor: null }), await books.open()];
    const most = 10n ** 15n;
    for (let n = 0; n < 13; n += 1) {
      expectOk(await books.transfer({ legs: Array.from({ length: 8 }, () => leg(from, to, most)) }));
    }
    expectOk(await books.transfer({ legs: [leg(from, to, 1n)] }));
    expect((await books.balance(to)).postedMinor).toBe(104n * most + 1n);
    expect((await books.balance(from)).availableMinor).toBe(-104n * most - 1n);
  });

  test('a counter that is full refuses instead of overflowing', async () => {
    const [full, other] = [await books.open({ floorMinor: null }), await books.open({ floorMinor: null })];
    const limit = 4n * 10n ** 18n;
    const attempt = (column: 'debits' | 'credits', ...[debit, credit]: [string, string]) =>
      books.db
        .tx(async (tx) => {
          await tx.run({
            text: `update ledger_account set ${column}_posted_minor = $1 where account_id = $2`,
            values: [limit - 9n, full],
          });
          const move = (amountMinor: bigint) =>
            books.ledger.transfer(tx, { transferId: randomUUID(), legs: [leg(debit, credit, amountMinor)] }, noon);
          const [tooMuch, fits] = [await move(10n), await move(9n)];
          throw Object.assign(new Error('roll it back'), { codes: [!tooMuch.ok && tooMuch.error, fits.ok] });
        })
        .catch((error: unknown) => (error as { codes: unknown }).codes);
    expect(await attempt('credits', other, full)).toEqual(['ceiling_exceeded', true]);
    expect(await attempt('debits', full, other)).toEqual(['insufficient_funds', true]);
  });

  test.each([
    ['no legs', []],
    ['nine legs', Array.from({ length: 9 }, () => leg(randomUUID(), randomUUID(), 1n))],
    ['nothing moved', [leg(randomUUID(), randomUUID(), 0n)]],
    ['a negative amount', [leg(randomUUID(), randomUUID(), -1n)]],
    ['an amount over 10^15', [leg(randomUUID(), randomUUID(), 10n ** 15n + 1n)]],
    ['one account on both sides', [leg(chartOf('KES').trust, chartOf('KES').trust, 1n)]],
  ])('a malformed transfer is a bug: %s', async (_what, legs) => {
    await expect(books.transfer({ legs })).rejects.toThrow('assertion failed');
  });
});

describe('frozen and closed accounts', () => {
  const setStatus = (accountId: string, status: 'open' | 'frozen' | 'closed') =>
    books.db.tx((tx) => books.ledger.setStatus(tx, accountId, status));

  test.each(['debit', 'credit'])(
    'a frozen account takes no new transfer on the %s side until reopened',
    async (side) => {
      const [frozen, other] = [await books.open({ openingMinor: 10n }), await books.open({ openingMinor: 10n })];
      const legs = [side === 'debit' ? leg(frozen, other, 1n) : leg(other, frozen, 1n)];
      expect(await setStatus(frozen, 'frozen')).toEqual({ ok: true });
      expect(await books.transfer({ legs })).toEqual({
        ok: false,
        error: 'account_frozen',
        detail: { accountId: frozen },
      });
      await setStatus(frozen, 'open');
      expectOk(await books.transfer({ legs }));
    },
  );

  test('what was pending before a freeze can still be posted or voided', async () => {
    const [payer, payee] = [await books.open({ openingMinor: 10n }), await books.open()];
    const [posted, voided] = [await books.reserve(leg(payer, payee, 4n)), await books.reserve(leg(payer, payee, 5n))];
    await setStatus(payer, 'frozen');
    expectOk(await books.post(posted));
    expectOk(await books.void(voided));
    expect(await books.balance(payer)).toMatchObject({ postedMinor: 6n, availableMinor: 6n });
  });

  test('R12: an account with a balance or with anything pending cannot be closed', async () => {
    const [payer, payee] = [await books.open({ openingMinor: 10n }), await books.open()];
    const pending = await books.reserve(leg(payer, payee, 10n));
    expect(await setStatus(payer, 'closed')).toEqual({ ok: false, error: 'account_not_empty' });
    expect(await setStatus(payee, 'closed')).toEqual({ ok: false, error: 'account_not_empty' });
    expectOk(await books.post(pending));
    expect(await setStatus(payer, 'closed')).toMatchObject({ ok: true });
    expect(await setStatus(payee, 'closed')).toMatchObject({ error: 'account_not_empty' });
  });

  test('closed is for good, and refuses transfers', async () => {
    const closed = await books.open();
    await setStatus(closed, 'closed');
    expect(await setStatus(closed, 'closed')).toMatchObject({ ok: true });
    expect(await setStatus(closed, 'open')).toEqual({ ok: false, error: 'account_closed' });
    const legs = [leg(books.chart.trust, closed, 1n)];
    expect(await books.transfer({ legs })).toMatchObject({ error: 'account_closed' });
    expect(await setStatus(randomUUID(), 'frozen')).toEqual({ ok: false, error: 'account_unknown' });
  });
});
