import { plusMs, type Json } from '../../../src/platform';
import { createRules, refusalOfConstraint, type CountedPayment, type Product, type Rules } from '../../../src/rules';
import { dayMs, hourMs, leg, okOf, openBooks, type Books } from '../ledger/books';

/** Limits where they bind: in the transaction of the money, through the ledger, on PostgreSQL. */
let books: Books;
let rules: Rules;
const timeZone = 'Africa/Nairobi';
beforeEach(async () => {
  books = await openBooks({ lanes: 2 });
  const { db, clock } = books;
  rules = createRules({
    db,
    clock,
    market: { country: 'KE', currency: 'KES', timeZone },
    record: () => Promise.resolve(),
    onTier: () => Promise.resolve(),
  });
});
afterEach(async () => {
  await books.check();
  await books.close();
});

/** Two of the staff change the limits; they hold from now on. */
async function limit(...body: Json[]): Promise<void> {
  const proposed = await books.db.tx((tx) =>
    rules.propose(tx, { kind: 'limits', body, reason: 'a test', by: 'amani' }),
  );
  if (!proposed.ok) throw new Error(JSON.stringify(proposed));
  const approved = await books.db.tx((tx) => rules.approve(tx, { version: proposed.value.version, by: 'zuri' }));
  if (!approved.ok) throw new Error(approved.error);
  books.clock.advance(10_000);
  await rules.refresh();
}

interface Person {
  readonly customerId: string;
  readonly accountIds: readonly [string, ...string[]];
}
async function person(openingMinor = 0n, accounts = 1): Promise<Person> {
  const first = await books.open({ openingMinor, ceilingMinor: null });
  const others: string[] = [];
  for (let n = 1; n < accounts; n += 1) others.push(await books.open({ ceilingMinor: null }));
  return { customerId: books.ids.uuid(), accountIds: [first, ...others] };
}

interface Wish {
  readonly amountMinor?: bigint;
  readonly product?: Product;
  /** Which account of the payee. */
  readonly into?: number;
  readonly tier?: string;
}
function counted(payer: Person, payee: Person, wish: Wish): CountedPayment {
  const { amountMinor = 1_000n, product = 'send', tier } = wish;
  const party = { role: 'customer', tier } as const;
  return {
    ...{ product, channel: 'ussd', amountMinor, at: books.clock.now() },
    payer: { ...payer, ...party },
    payee: { ...payee, ...party },
  };
}
async function pay(payer: Person, payee: Person, wish: Wish = {}): Promise<string> {
  const payment = counted(payer, payee, wish);
  const [outcome] = await books.ledger.post([
    {
      kind: 'transfer',
      transferId: books.ids.uuid(),
      legs: [leg(payer.accountIds[0], payee.accountIds[wish.into ?? 0] ?? '', payment.amountMinor)],
      attachments: rules.useAttachments(payment),
    },
  ]);
  if (!outcome) throw new Error('every transfer has an outcome');
  return outcome.ok ? 'ok' : String(outcome.detail?.['reason'] ?? outcome.error);
}
const used = async (who: Person, direction: 'out' | 'in') =>
  books.owner.rows<{ period: string; scope: string; amount_minor: bigint; count: number }>({
    text: `select scope, period, amount_minor, count from limit_use where customer_id = $1 and direction = $2
             and period = 'day' order by scope, period_start`,
    values: [who.customerId, direction],
  });

test('R154, R162, R163: of two a day two pass and the third is refused, until midnight there (Q8, R168)', async () => {
  await limit({ direction: 'out', day: { count: 2 } });
  const [hamim, kani] = [await person(100_000n), await person()];
  books.clock.set(new Date('2026-01-15T20:59:59.998Z')); // 23:59:59.998 in Nairobi
  expect(await pay(hamim, kani)).toBe('ok');
  expect(await pay(hamim, kani)).toBe('ok');
  expect(await pay(hamim, kani)).toBe('limit_out_day_count');
  books.clock.advance(1);
  expect(await pay(hamim, kani)).toBe('limit_out_day_count');
  books.clock.advance(1);
  expect(await pay(hamim, kani)).toBe('ok');
});

test('R156: exactly the most and the least that one transfer may be pass, a unit beyond does not', async () => {
  await limit({ direction: 'out', transferMin: '5', transferMax: '10' }, { direction: 'in', transferMax: '9' });
  const [hamim, kani] = [await person(100_000n), await person()];
  expect(await pay(hamim, kani, { amountMinor: 500n })).toBe('ok');
  expect(await pay(hamim, kani, { amountMinor: 499n })).toBe('limit_out_transfer_min');
  expect(await pay(hamim, kani, { amountMinor: 900n })).toBe('ok');
  expect(await pay(hamim, kani, { amountMinor: 901n })).toBe('limit_in_transfer_max');
  expect(await pay(hamim, kani, { amountMinor: 1_001n })).toBe('limit_out_transfer_max');
  const refusal = rules.transferRefusal(counted(hamim, kani, { amountMinor: 1_001n }));
  expect(refusal).toEqual({ direction: 'out', limit: 'transfer_max', boundMinor: 1_000n });
});

test('R155, R164, R165: exactly the highest balance is reached, one unit more is refused, over all accounts of a person', async () => {
  await limit({ direction: 'in', balanceMax: '100' });
  const [hamim, kani] = [await person(100_000n), await person(4_000n, 2)];
  expect(await pay(hamim, kani, { amountMinor: 6_001n, into: 1 })).toBe('limit_in_balance');
  expect(await pay(hamim, kani, { amountMinor: 6_000n, into: 1 })).toBe('ok');
  expect(await pay(hamim, kani, { amountMinor: 1n })).toBe('limit_in_balance');
  expect(await pay(kani, hamim, { amountMinor: 1n })).toBe('limit_in_balance'); // Hamim has more than is allowed
});

test('R155: what is still held for somebody counts as theirs', async () => {
  await limit({ direction: 'in', balanceMax: '100' });
  const [hamim, kani] = [await person(100_000n), await person()];
  await books.reserve(leg(hamim.accountIds[0], kani.accountIds[0], 9_999n));
  expect(await pay(hamim, kani, { amountMinor: 2n })).toBe('limit_in_balance');
  expect(await pay(hamim, kani, { amountMinor: 1n })).toBe('ok');
});

test('R158, R159, R166: one’s own accounts and refunds count nothing and are never refused', async () => {
  await limit(
    { direction: 'out', transferMax: '1', day: { amount: '1', count: 1 } },
    { direction: 'in', balanceMax: '1' },
  );
  const hamim = await person(100_000n, 2);
  const kani = await person(100_000n);
  expect(await pay(hamim, hamim, { product: 'own', into: 1, amountMinor: 50_000n })).toBe('ok');
  expect(await pay(hamim, hamim, { product: 'sweep', into: 1, amountMinor: 10_000n })).toBe('ok');
  expect(await pay(kani, hamim, { product: 'refund', amountMinor: 20_000n })).toBe('ok');
  expect(await used(hamim, 'out')).toEqual([]);
  expect(await used(kani, 'out')).toEqual([]);
});

test('R160: what is not limited is not refused', async () => {
  await limit();
  const [hamim, kani] = [await person(10n ** 12n), await person()];
  for (let n = 0; n < 60; n += 1) expect(await pay(hamim, kani, { amountMinor: 10n ** 10n })).toBe('ok');
});

test('R168: weeks begin on Monday, months on the first, years in January; the narrowest limit refuses', async () => {
  await limit({
    direction: 'out',
    day: { amount: '10' },
    week: { amount: '15' },
    month: { amount: '25' },
    year: { count: 7 },
  });
  const [hamim, kani] = [await person(1_000_000n), await person()];
  const on = async (date: string, amountMinor: bigint) => {
    books.clock.set(new Date(`${date}T13:00:00Z`));
    return pay(hamim, kani, { amountMinor });
  };
  expect(await on('2026-01-15', 1_000n)).toBe('ok'); // Thursday
  expect(await on('2026-01-15', 1n)).toBe('limit_out_day_amount');
  expect(await on('2026-01-18', 501n)).toBe('limit_out_week_amount'); // Sunday of the same week
  expect(await on('2026-01-18', 500n)).toBe('ok');
  expect(await on('2026-01-19', 1_000n)).toBe('ok'); // Monday
  expect(await on('2026-01-26', 1n)).toBe('limit_out_month_amount');
  expect(await on('2026-02-01', 500n)).toBe('ok'); // a Sunday
  for (const day of ['02', '03', '04']) expect(await on(`2026-02-${day}`, 100n)).toBe('ok');
  expect(await on('2026-02-10', 100n)).toBe('limit_out_year_count');
});

test('R171: what comes in is limited as well, and it is told whose limit it was', async () => {
  await limit({ direction: 'in', day: { amount: '30', count: 5 } });
  const [hamim, kani] = [await person(100_000n), await person()];
  expect(await pay(hamim, kani, { amountMinor: 2_000n })).toBe('ok');
  expect(await pay(hamim, kani, { amountMinor: 1_001n })).toBe('limit_in_day_amount');
  expect(refusalOfConstraint('limit_in_day_amount')).toEqual({ direction: 'in', limit: 'amount', period: 'day' });
  expect(await pay(hamim, kani, { amountMinor: 1_000n })).toBe('ok');
});

test('by product and by channel: each counted apart, all of them hold', async () => {
  await limit(
    { direction: 'out', day: { count: 4 } },
    { direction: 'out', product: 'cash_out', day: { count: 1 } },
    { direction: 'out', channel: 'ussd', day: { count: 3 } },
  );
  const [hamim, kani] = [await person(100_000n), await person()];
  expect(await pay(hamim, kani, { product: 'cash_out' })).toBe('ok');
  expect(await pay(hamim, kani, { product: 'cash_out' })).toBe('limit_out_day_count_product_cash_out');
  expect(await pay(hamim, kani)).toBe('ok');
  expect(await pay(hamim, kani)).toBe('ok');
  expect(await pay(hamim, kani)).toBe('limit_out_day_count_channel_ussd');
  expect(refusalOfConstraint('limit_out_day_count_product_cash_out')).toEqual({
    ...{ direction: 'out', limit: 'count', period: 'day', scope: 'product_cash_out' },
  });
  expect(refusalOfConstraint('payment_one_request')).toBeUndefined();
});

test('by tier: the same use counts for whichever tier somebody has, at once', async () => {
  await limit(
    { direction: 'out', tier: 'basic', day: { count: 1 } },
    { direction: 'out', tier: 'premium', day: { count: 2 } },
  );
  const [hamim, kani] = [await person(100_000n), await person()];
  expect(await pay(hamim, kani)).toBe('ok');
  expect(await pay(hamim, kani)).toBe('limit_out_day_count');
  expect(await pay(hamim, kani, { tier: 'no such tier' })).toBe('limit_out_day_count'); // never bound by nothing
  expect(await pay(hamim, kani, { tier: 'premium' })).toBe('ok');
  expect(await pay(hamim, kani, { tier: 'premium' })).toBe('limit_out_day_count');
});

test('R157, Q12: what is voided gives its amount back and not its count; so does what failed outright', async () => {
  await limit({ direction: 'out', day: { amount: '10', count: 4 } });
  const [hamim, kani] = [await person(100_000n), await person()];
  const payment = counted(hamim, kani, { amountMinor: 1_000n });
  const pendingId = books.ids.uuid();
  const legs = [leg(hamim.accountIds[0], kani.accountIds[0], 1_000n)];
  const expiresAt = plusMs(books.clock.now(), hourMs);
  const attachments = rules.useAttachments(payment);
  const [held] = await books.ledger.post([{ kind: 'reserve', transferId: pendingId, legs, expiresAt, attachments }]);
  okOf(held);
  expect(await pay(hamim, kani, { amountMinor: 1n })).toBe('limit_out_day_amount'); // held is counted
  const back = rules.returnAttachments(payment);
  okOf(await books.one({ kind: 'void', transferId: books.ids.uuid(), pendingId, attachments: back }));
  expect(await used(hamim, 'out')).toEqual([{ scope: 'all', period: 'day', amount_minor: 0n, count: 1 }]);
  expect(await pay(hamim, kani, { amountMinor: 1_000n })).toBe('ok');
  await books.db.tx((tx) => rules.countFailed(tx, payment));
  expect(await used(hamim, 'out')).toEqual([{ scope: 'all', period: 'day', amount_minor: 1_000n, count: 3 }]);
  expect(await used(kani, 'in')).toEqual([{ scope: 'all', period: 'day', amount_minor: 1_000n, count: 3 }]);
  await books.db.tx((tx) => rules.countFailed(tx, payment));
  expect(await pay(hamim, kani, { amountMinor: 1n })).toMatch(/^limit_out_day_(count|amount)$/);
  const request = { direction: 'out', party: { role: 'customer' }, product: 'send', channel: 'ussd' } as const;
  const room = await rules.room(books.db, { ...request, customerId: hamim.customerId, at: books.clock.now() });
  expect(room).toEqual([{ scope: 'all', period: 'day', amountLeftMinor: 0n, countLeft: 0 }]);
});

test('what goes back goes to the day on which it was held, and nothing goes back where nothing was counted', async () => {
  await limit({ direction: 'out', day: { amount: '10' } });
  const [hamim, kani] = [await person(100_000n), await person()];
  const old = counted(hamim, kani, { amountMinor: 700n });
  expect(await pay(hamim, kani, { amountMinor: 700n })).toBe('ok');
  books.clock.advance(dayMs);
  expect(await pay(hamim, kani, { amountMinor: 900n })).toBe('ok');
  const giveBack = async (payment: CountedPayment) => {
    const pendingId = await books.reserve(leg(hamim.accountIds[0], kani.accountIds[0], 1n));
    const attachments = rules.returnAttachments(payment);
    okOf(await books.one({ kind: 'void', transferId: books.ids.uuid(), pendingId, attachments }));
  };
  await giveBack(old);
  await giveBack({ ...old, at: plusMs(old.at, -30 * dayMs) });
  const amounts = (await used(hamim, 'out')).map((use) => use.amount_minor);
  expect(amounts).toEqual([0n, 900n]);
});

describe('R167: payments at the same time', () => {
  const fifty = Array.from({ length: 50 });

  test('of fifty at once over two lanes as many pass as the count allows', async () => {
    await limit({ direction: 'out', day: { count: 20 } });
    const [hamim, kani] = [await person(1_000_000n), await person()];
    const outcomes = await Promise.all(fifty.map(() => pay(hamim, kani)));
    expect(outcomes.filter((one) => one === 'ok')).toHaveLength(20);
    expect(outcomes.filter((one) => one === 'limit_out_day_count')).toHaveLength(30);
  });

  test('and as the amount allows, from two processes and two accounts of one person', async () => {
    await limit({ direction: 'out', day: { amount: '100' } });
    const hamim = await person(500_000n, 2);
    const [kani, juma] = [await person(), await person()];
    expect(await pay(hamim, hamim, { product: 'own', into: 1, amountMinor: 250_000n })).toBe('ok');
    const other = books.another();
    const outcomes = await Promise.all(
      fifty.map(async (_, n) => {
        const even = n % 2 === 0;
        const payment = counted(hamim, even ? kani : juma, { amountMinor: 300n });
        const [outcome] = await (even ? books : other).ledger.post([
          {
            kind: 'transfer',
            transferId: books.ids.uuid(),
            legs: [leg(hamim.accountIds[even ? 0 : 1] ?? '', (even ? kani : juma).accountIds[0], 300n)],
            attachments: rules.useAttachments(payment),
          },
        ]);
        return outcome?.ok;
      }),
    );
    expect(outcomes.filter((one) => one === true)).toHaveLength(33);
    expect((await used(hamim, 'out'))[0]?.amount_minor).toBe(9_900n);
  });

  test('and as the highest balance allows, into two accounts of one person from two processes', async () => {
    await limit({ direction: 'in', balanceMax: '100' });
    const payers = await Promise.all(fifty.map(() => person(1_000n)));
    const kani = await person(0n, 2);
    const other = books.another();
    const outcomes = await Promise.all(
      payers.map(async (payer, n) => {
        const engine = n % 2 === 0 ? books : other;
        const [outcome] = await engine.ledger.post([
          {
            kind: 'transfer',
            transferId: books.ids.uuid(),
            legs: [leg(payer.accountIds[0], kani.accountIds[n % 2] ?? '', 300n)],
            attachments: rules.useAttachments(counted(payer, kani, { amountMinor: 300n })),
          },
        ]);
        return outcome?.ok;
      }),
    );
    expect(outcomes.filter((one) => one === true)).toHaveLength(33);
  });

  test('a transfer that comes again counts once', async () => {
    await limit({ direction: 'out', day: { count: 5 } });
    const [hamim, kani] = [await person(1_000_000n), await person()];
    const payment = counted(hamim, kani, {});
    const transfer = {
      kind: 'transfer',
      transferId: books.ids.uuid(),
      legs: [leg(hamim.accountIds[0], kani.accountIds[0], 1_000n)],
      attachments: rules.useAttachments(payment),
    } as const;
    await Promise.all([books.ledger.post([transfer]), books.ledger.post([transfer]), books.ledger.post([transfer])]);
    expect((await used(hamim, 'out'))[0]?.count).toBe(1);
  });
});

test('old rows are removed, and those of today and of the year are kept', async () => {
  await limit({ direction: 'out', day: { count: 5 }, year: { count: 50 } });
  const [hamim, kani] = [await person(100_000n), await person()];
  expect(await pay(hamim, kani)).toBe('ok');
  expect(await rules.forgetOldUses()).toBe(0);
  books.clock.advance(60 * dayMs);
  expect(await rules.forgetOldUses()).toBe(2);
  const kept = await books.owner.rows<{ period: string }>({ text: 'select distinct period from limit_use order by 1' });
  expect(kept.map(({ period }) => period)).toEqual(['month', 'year']);
});

test('the gateway’s role counts tries and nothing else past the ledger', async () => {
  const row = JSON.stringify([{ kind: 'return', customer_id: books.ids.uuid(), direction: 'out', uses: [] }]);
  await expect(books.db.run({ text: 'select limit_count_tries($1)', values: [row] })).rejects.toThrow('only tries');
  for (const text of [`select attach_limit_use('[]')`, 'delete from limit_use', 'update limit_use set count = 0']) {
    await expect(books.db.run({ text })).rejects.toThrow('permission denied');
  }
});
