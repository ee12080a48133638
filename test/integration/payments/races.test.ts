import type { Msisdn } from '../../../src/platform';
import { createCall, createWorld, type Call, type World } from '../../support/world';

/** What happens when two people, or two calls of one, decide at the same moment; and what a redial says of it. */
const hamim = '+254700000001';
const agent = '+254700000009';

describe('decisions at the same moment', () => {
  let world: World;
  beforeEach(async () => {
    world = await createWorld();
  });
  afterEach(() => world.close());

  async function callAt(msisdn: string, ...typed: string[]): Promise<Call> {
    const call = createCall(world, msisdn);
    await call.dial();
    for (const answer of typed) await call.answer(answer);
    return call;
  }
  const requestCashOut = async () => {
    const call = await callAt(agent, '10', '0700000001', '100');
    return call.answer('9462');
  };
  async function pendingRows(): Promise<number> {
    return (await world.services.db.rows({ text: `select 1 from payment where state = 'pending'` })).length;
  }
  async function heldMinor(): Promise<bigint> {
    const { db, accounts, identity, ledger } = world.services;
    const customer = await identity.byMsisdn(hamim as Msisdn);
    const account = (await accounts.primaryOf(db, customer?.customerId ?? ''))?.accountId;
    return (await ledger.balance(db, account ?? ''))?.pendingOutMinor ?? -1n;
  }

  test('R65: an agent who asks one customer twice at once holds the money once', async () => {
    for (let round = 0; round < 5; round += 1) {
      const calls = [await callAt(agent, '10', '0700000001', '100'), await callAt(agent, '10', '0700000001', '100')];
      const replies = await Promise.all(calls.map((call) => call.answer('9462')));
      expect(replies.filter((text) => text.includes('must approve'))).toHaveLength(1);
      expect(await pendingRows()).toBe(1);
      expect(await heldMinor()).toBe(11_000n);
      world.clock.advance(601_000);
      await world.settle();
      expect(await heldMinor()).toBe(0n);
    }
  });

  test('R123: approved in two calls at once: paid once, both calls say so', async () => {
    await requestCashOut();
    const calls = [await callAt(hamim, '2', '1'), await callAt(hamim, '2', '1')];
    const replies = await Promise.all(calls.map((call) => call.answer('4071')));
    expect(replies.every((text) => text.startsWith('END Approved: KES 100.00'))).toBe(true);
    await world.settle();
    expect(world.sms.sent.filter(({ body }) => body.includes('Cash out of KES 100.00 at Amina'))).toHaveLength(1);
    expect(await heldMinor()).toBe(0n);
  });

  test('R125: refused in one call after it was approved in another: told that it is over, and nothing of where money is', async () => {
    await requestCashOut();
    const [one, other] = [await callAt(hamim, '2', '1'), await callAt(hamim, '2', '1')];
    expect(await one.answer('4071')).toContain('Approved');
    const late = await other.answer('1');
    expect(late).toMatch(/^END This request is no longer open\.$/);
  });

  test('R186: one request that cannot be released keeps no other waiting', async () => {
    await requestCashOut();
    const other = await callAt(agent, '10', '0700000002', '50');
    await other.answer('9462');
    // Whatever the reason, nothing of the first customer can be read for as long as the sweep lasts.
    const { identity } = world.services;
    const first = await identity.byMsisdn(hamim as Msisdn);
    const byId = identity.byId.bind(identity);
    const broken = jest
      .spyOn(identity, 'byId')
      .mockImplementation((sql, id) => (id === first?.customerId ? Promise.reject(new Error('away')) : byId(sql, id)));
    world.clock.advance(601_000);
    await expect(world.services.payments.expireDue()).rejects.toThrow();
    expect(await pendingRows()).toBe(1);
    broken.mockRestore();
    await world.services.payments.expireDue();
    expect(await pendingRows()).toBe(0);
    expect(await heldMinor()).toBe(0n);
  });

  test('R54, R49: one number signs up in two calls at once: one account, the other is told to dial again', async () => {
    const answers = ['1', 'Mary', 'Ann', '25121990', '23456789', '7391', '7391'];
    const calls = [await callAt('+254711000001', ...answers), await callAt('+254711000001', ...answers)];
    const replies = await Promise.all(calls.map((call) => call.answer('1')));
    expect(replies.filter((text) => text.startsWith('END Your account is open'))).toHaveLength(1);
    expect(replies.filter((text) => text.startsWith('END This phone already has an account'))).toHaveLength(1);
  });

  test('R54: a sign-up that fails half-way leaves nothing behind, says so, and can be done again', async () => {
    const { db, ledger } = world.services;
    const answers = ['1', 'Mary', 'Ann', '25121990', '23456789', '7391', '7391'];
    const broken = jest.spyOn(ledger, 'openAccount').mockRejectedValue(new Error('the ledger is gone'));
    const failing = await callAt('+254711000001', ...answers);
    expect(await failing.answer('1')).toMatch(/^END Something went wrong on our side\./);
    broken.mockRestore();
    const traces = await db.one<{ n: bigint }>({
      text: `select (select count(*) from customer where first_name = 'Mary') + (select count(*) from sms_outbox)
                  + (select count(*) from phone_assignment where msisdn = '+254711000001') as n`,
    });
    expect(traces.n).toBe(0n);
    const again = await callAt('+254711000001', ...answers);
    expect(await again.answer('1')).toMatch(/^END Your account is open/);
  });

  test('B2: a payment whose PIN was right and of which nothing is known yet is being checked; past its price it was not made', async () => {
    const { db } = world.services;
    await callAt(hamim, '1', '0700000002', '100');
    // What a kill -9 between the PIN and the payment leaves behind.
    await db.run({ text: 'update quote set accepted_at = $1', values: [world.clock.now()] });
    const redial = createCall(world, hamim);
    expect(await redial.dial()).toMatch(/^CON Your last payment of KES 100\.00 to Kani Achieng is being checked\./);
    world.clock.advance(121_000);
    expect(await createCall(world, hamim).dial()).toMatch(
      /^CON Your last payment of KES 100\.00 to Kani Achieng was not made\./,
    );
  });

  test('R57: a PIN changed in one call cannot be changed again by another that proved the old one', async () => {
    const [one, other] = [await callAt(hamim, '7', '2', '4071', '5826'), await callAt(hamim, '7', '2', '4071', '9317')];
    expect(await one.answer('5826')).toMatch(/^END Your PIN is changed/);
    expect(await other.answer('9317')).toMatch(/^END Your PIN was not changed/);
    const check = await callAt(hamim, '4');
    expect(await check.answer('5826')).toContain('Your balance');
  });

  test('R60: a PIN change does not unlock', async () => {
    const change = await callAt(hamim, '7', '2', '4071', '5826');
    for (const wrong of ['1111', '2222', '3333']) await callAt(hamim, '4', wrong);
    expect(await change.answer('5826')).toMatch(/^END Your PIN was not changed/);
    const check = await callAt(hamim, '4');
    expect(await check.answer('4071')).toMatch(/^END Your PIN is locked/);
  });
});
