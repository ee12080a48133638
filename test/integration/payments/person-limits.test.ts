import { assert, ok, type Json, type Msisdn } from '../../../src/platform';
import { createWorld, type World } from '../../support/world';

/** Limits of people, as payments meet them: nobody passes one by hurry, and one's own accounts are free. */
let world: World;
let hamim: string;
beforeEach(async () => {
  world = await createWorld();
  jest.spyOn(world.services.identity, 'verifyPin').mockResolvedValue(ok(undefined)); // proven elsewhere
  hamim = await personOf('+254700000001');
});
afterEach(async () => {
  jest.restoreAllMocks();
  expect((await world.services.ledger.verify(world.services.db)).deviation).toBeUndefined();
  await world.close();
});

async function personOf(msisdn: string): Promise<string> {
  const customer = await world.services.identity.byMsisdn(msisdn as Msisdn);
  assert(customer, 'the sandbox has this person');
  return customer.customerId;
}
async function limit(...body: Json[]): Promise<void> {
  const { db, rules } = world.services;
  const proposed = await db.tx((tx) => rules.propose(tx, { kind: 'limits', body, reason: 'a test', by: 'amani' }));
  assert(proposed.ok, 'the limits can be proposed');
  const approved = await db.tx((tx) => rules.approve(tx, { version: proposed.value.version, by: 'farida' }));
  assert(approved.ok, 'the limits can be approved');
  world.clock.advance(10_000);
  await rules.refresh();
}
async function quoteOf(to: { msisdn: Msisdn } | { accountId: string }, amountMinor: bigint): Promise<string> {
  const quoted = await world.services.payments.quote({ product: 'send', initiatorId: hamim, to, amountMinor });
  assert(quoted.ok, 'it can be quoted');
  return quoted.value.quoteId;
}
async function submit(quoteId: string): Promise<string> {
  const done = await world.services.payments.submit({ quoteId, customerId: hamim, pin: '0000', hopKey: quoteId });
  return done.ok ? 'ok' : done.error;
}
const fifty = Array.from({ length: 50 });
const kani = { msisdn: '+254700000002' as Msisdn };

test('R154, R167: of fifty payments submitted at once no more pass than the count allows', async () => {
  await limit({ direction: 'out', day: { count: 7 } });
  const quotes = await Promise.all(fifty.map(() => quoteOf(kani, 100n)));
  const outcomes = await Promise.all(quotes.map(submit));
  expect(outcomes.filter((one) => one === 'ok')).toHaveLength(7);
  expect(outcomes.filter((one) => one === 'limit_count_day')).toHaveLength(43);
  // The same hops again answer the same, and count nothing.
  expect(await Promise.all(quotes.map(submit))).toEqual(outcomes);
});

test('R155, R167: nor more into one account than its owner may hold', async () => {
  await limit({ direction: 'in', role: 'customer', balanceMax: '1210' });
  const quotes = await Promise.all(fifty.map(() => quoteOf(kani, 300n)));
  const outcomes = await Promise.all(quotes.map(submit));
  expect(outcomes.filter((one) => one === 'ok')).toHaveLength(3);
  expect(outcomes.filter((one) => one === 'payee_refused')).toHaveLength(47);
});

test('Q11, R159, R166: to another account of one’s own anything is allowed, free of charge, and counts nothing', async () => {
  const { db, ledger, accounts } = world.services;
  const [accountId = ''] = await ledger.newAccountIds(db, 1);
  await db.tx(async (tx) => {
    const bounds = { floorMinor: 0n, ceilingMinor: null, limitProfile: null };
    const by = { kind: 'customer', id: hamim } as const;
    await ledger.openAccount(tx, { accountId, kind: 'customer', currency: 'KES', ...bounds }, by);
    await accounts.create(tx, { accountId, ownerId: hamim, name: 'School', purpose: 'main', isPrimary: false });
  });
  await limit(
    { direction: 'out', transferMax: '1', day: { amount: '1', count: 1 } },
    { direction: 'in', balanceMax: '1', day: { count: 1 } },
  );
  for (const amountMinor of [10_000n, 20_000n, 30_000n]) {
    expect(await submit(await quoteOf({ accountId }, amountMinor))).toBe('ok');
  }
  expect(await ledger.balance(db, accountId)).toMatchObject({ postedMinor: 60_000n });
  expect(await submit(await quoteOf(kani, 100n))).toBe('payee_refused'); // Kani has more than she may
  await limit({ direction: 'out', day: { count: 2 } });
  expect(await submit(await quoteOf(kani, 100n))).toBe('ok'); // R157: what Kani could not receive was a try, and the first
  expect(await submit(await quoteOf(kani, 100n))).toBe('limit_count_day');
});
