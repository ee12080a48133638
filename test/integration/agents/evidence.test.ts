import { createWorld, type World } from '../../support/world';
import { actorOf, amina, available, freshHop, hamim, kani, told, valueOf, type Actor } from './people';

/** What an agent must have been shown before cash changes hands. A hop that skips its screen moves nothing. */
describe('evidence', () => {
  let world: World;
  let agent: Actor;
  let customer: Actor;
  beforeEach(async () => {
    world = await createWorld();
    agent = await actorOf(world, amina);
    customer = await actorOf(world, hamim);
    const { db, rules } = world.services;
    const floats = { floatLow: '5000', floatHigh: '500000' };
    const body = { cashInCode: true, idDigitsAbove: '500', ...floats };
    const proposed = valueOf(
      await db.tx((tx) => rules.propose(tx, { kind: 'conduct', body, reason: 'the regulator asks', by: 'amani' })),
    );
    valueOf(await db.tx((tx) => rules.approve(tx, { version: proposed.version, by: 'farida' })));
    world.clock.advance(10_000);
    await rules.refresh();
  });
  afterEach(() => world.close());

  async function quoteCashIn(amountMinor: bigint): Promise<string> {
    const request = {
      product: 'cash_in',
      initiatorId: agent.customerId,
      to: { customerId: customer.customerId },
    } as const;
    return valueOf(await world.services.payments.quote({ ...request, amountMinor })).quoteId;
  }
  async function quoteCashOut(amountMinor: bigint): Promise<string> {
    const { customerId: initiatorId, accountId } = agent;
    const request = { product: 'cash_out', as: 'payee', initiatorId, accountId } as const;
    const to = { customerId: customer.customerId };
    return valueOf(await world.services.payments.quote({ ...request, to, amountMinor })).quoteId;
  }
  const submit = (quoteId: string, by = agent) =>
    world.services.payments.submit({ quoteId, customerId: by.customerId, pin: by.pin, hopKey: freshHop() });
  const tellCode = async (quoteId: string) => {
    const { agents } = world.services;
    const { customerId } = agent;
    valueOf(await agents.sendDepositCode({ customerId, quoteId }));
    const [sms = ''] = await told(world, customer);
    const code = /code (\d{6})/.exec(sms)?.[1] ?? '';
    return (typed = code) => agents.proveDepositCode({ customerId, quoteId, code: typed, hopKey: freshHop() });
  };
  const showId = (paymentId: string, digits: string, idType: 'national_id' | 'passport' = 'national_id', by = agent) =>
    world.services.agents.noteId({ customerId: by.customerId, paymentId, idType, digits });

  test('cash-in needs the code of this very quote, told right; sent once, however often it is asked for', async () => {
    const [skipped, other, quoteId] = [await quoteCashIn(100n), await quoteCashIn(200n), await quoteCashIn(300n)];
    expect(await submit(skipped)).toMatchObject({ error: 'code_needed' });
    const tellOther = await tellCode(other);
    const tell = await tellCode(quoteId);
    await tellCode(quoteId);
    expect((await told(world, customer)).filter((body) => body.includes('puts KES 3.00'))).toHaveLength(1);
    expect(await tell('999999')).toMatchObject({ error: 'code_wrong' });
    valueOf(await tellOther());
    expect(await submit(quoteId)).toMatchObject({ error: 'code_needed' });
    valueOf(await submit(other));
  });

  test('it is wiped when the money has moved, and when nobody used it', async () => {
    const [used, left] = [await quoteCashIn(100n), await quoteCashIn(200n)];
    valueOf(await (await tellCode(used))());
    await tellCode(left);
    valueOf(await submit(used));
    const open = () => world.owner.rows({ text: 'select 1 from agent_code where code is not null' });
    expect(await open()).toHaveLength(1);
    world.clock.advance(2 * 3_600_000);
    expect(await world.services.agents.wipeOldCodes()).toBe(1);
    expect(await open()).toEqual([]);
  });

  test('above the amount an ID is looked at: in cash-in and in cash-out, or nothing moves and nothing is held', async () => {
    const before = await available(world, customer.accountId);
    const cashIn = await quoteCashIn(50_001n);
    valueOf(await (await tellCode(cashIn))());
    expect(await submit(cashIn)).toMatchObject({ error: 'id_needed' });
    expect(await submit(await quoteCashOut(50_001n))).toMatchObject({ error: 'customer_cannot_pay' });
    expect(await available(world, customer.accountId)).toBe(before);
    valueOf(await submit(await quoteCashOut(50_000n))); // that much needs none
  });

  test('a national ID must end as the one that the person registered with; only the agent of the payment shows one', async () => {
    const quoteId = await quoteCashOut(60_000n);
    expect(await showId(quoteId, '9999')).toMatchObject({ error: 'id_mismatch' });
    expect(await showId(quoteId, '0001', 'national_id', await actorOf(world, kani))).toMatchObject({
      error: 'not_allowed',
    });
    expect(await showId(freshUuid, '0001')).toMatchObject({ error: 'not_allowed' });
    valueOf(await showId(quoteId, '0001'));
    valueOf(await submit(quoteId));
  });

  test('Q13: the digits are readable with the key only, and the log knows that they were seen, not what they are', async () => {
    const quoteId = await quoteCashOut(60_000n);
    valueOf(await showId(quoteId, 'ZX81', 'passport'));
    const { text } = await world.owner.one<{ text: string }>({ text: 'select id_check::text as text from id_check' });
    expect(text).toContain('passport');
    for (const form of ['ZX81', Buffer.from('ZX81').toString('hex')]) expect(text).not.toContain(form);
    const seen = await world.owner.rows<{ text: string }>({
      text: `select audit_event::text as text from audit_event where action = 'id.seen'`,
    });
    expect(seen).toHaveLength(1);
    expect(seen[0]?.text).not.toContain('ZX81');
  });

  test('a code that holds much is paid out when the ID was looked at, and at once it is not to be had', async () => {
    const { agents } = world.services;
    const { customerId, accountId, pin } = customer;
    const ask = { customerId, accountId, to: { customerId: agent.customerId }, amountMinor: 60_000n };
    expect(await agents.quoteWithdrawal({ ...ask, held: false })).toMatchObject({ error: 'id_needed' });
    const { payments } = world.services;
    const { to, amountMinor } = ask;
    const forged = { product: 'cash_out', as: 'payer', initiatorId: customerId, accountId, to, amountMinor } as const;
    const past = valueOf(await payments.quote(forged));
    expect(await submit(past.quoteId, customer)).toMatchObject({ error: 'id_needed' });
    const { quoteId } = valueOf(await agents.quoteWithdrawal({ ...ask, held: true }));
    valueOf(await agents.submitWithdrawal({ quoteId, customerId, pin, hopKey: freshHop() }));
    const [sms = ''] = await told(world, customer);
    const shown = { customer: { customerId }, code: /^Code (\d{6})/.exec(sms)?.[1] ?? '', hopKey: freshHop() };
    const who = { customerId: agent.customerId, accountId: agent.accountId };
    expect(valueOf(await agents.presentCode({ ...who, ...shown })).needsId).toBe(true);
    const redeem = () => agents.redeem({ ...who, pin: agent.pin, hopKey: freshHop(), paymentId: quoteId });
    expect(await redeem()).toMatchObject({ error: 'id_needed' });
    valueOf(await showId(quoteId, '0001'));
    valueOf(await redeem());
  });
});

const freshUuid = '01900000-0000-7000-8000-000000000000';
