import { createWorld, type World } from '../../support/world';
import { actorOf, addAgent, amina, available, freshHop, hamim, told, valueOf, type Actor } from './people';

/** Cash-out by a one-time code: the money is held, the code opens it once, for one agent, and leaves no trace. */
describe('a code that holds money', () => {
  let world: World;
  let customer: Actor;
  let agent: Actor;
  beforeEach(async () => {
    world = await createWorld();
    customer = await actorOf(world, hamim);
    agent = await actorOf(world, amina);
  });
  afterEach(async () => {
    const books = await world.services.ledger.verify(world.services.db);
    expect(books.deviation).toBeUndefined();
    await world.close();
  });

  /** Gets a code; it is read where the customer reads it. */
  async function getCode(amountMinor = 100_000n): Promise<{ paymentId: string; code: string }> {
    const { agents } = world.services;
    const { customerId, accountId, pin } = customer;
    const to = { customerId: agent.customerId };
    const quote = valueOf(await agents.quoteWithdrawal({ customerId, accountId, to, amountMinor, held: true }));
    const { quoteId } = quote;
    valueOf(await agents.submitWithdrawal({ quoteId, customerId, pin, hopKey: freshHop() }));
    const [sms = ''] = await told(world, customer);
    return { paymentId: quoteId, code: /^Code (\d{6}) /.exec(sms)?.[1] ?? '' };
  }
  const present = (code: string, by = agent, hopKey = freshHop()) => {
    const { customerId, accountId } = by;
    const shown = { customer: { userNumber: customer.userNumber }, code, hopKey };
    return world.services.agents.presentCode({ customerId, accountId, ...shown });
  };
  const redeem = (paymentId: string, by = agent, hopKey = freshHop()) => {
    const { customerId, accountId, pin } = by;
    return world.services.agents.redeem({ customerId, accountId, pin, hopKey, paymentId });
  };
  const cancel = (paymentId: string, customerId = customer.customerId) =>
    world.services.agents.cancelCode({ customerId, paymentId, hopKey: freshHop() });
  const held = async () => {
    const balance = await world.services.ledger.balance(world.services.db, customer.accountId);
    return balance?.pendingOutMinor;
  };

  test('B9: it is in no row that anybody can read, and gone once it is used', async () => {
    const { paymentId, code } = await getCode();
    const row = () =>
      world.owner.one<{ text: string; sealed: boolean }>({
        text: `select agent_code::text as text, code is not null as sealed from agent_code where payment_id = $1`,
        values: [paymentId],
      });
    expect(code).toMatch(/^\d{6}$/);
    const before = await row();
    expect(before.sealed).toBe(true);
    expect(before.text).not.toContain(code);
    expect(before.text).not.toContain(Buffer.from(code).toString('hex'));
    const events = await world.owner.rows<{ text: string }>({
      text: 'select audit_event::text as text from audit_event',
    });
    expect(events.filter(({ text }) => text.includes(code) && text.includes('code.'))).toEqual([]);
    const bodies = await world.owner.rows({ text: `select 1 from sms_outbox where body is not null` });
    expect(bodies).toEqual([]); // wiped once sent
    valueOf(await present(code));
    valueOf(await redeem(paymentId));
    expect((await row()).sealed).toBe(false);
  });

  test('used twice at once, in two calls: paid once, and both say the same', async () => {
    const { paymentId, code } = await getCode();
    const before = await available(world, agent.accountId);
    const shown = await Promise.all([present(code), present(code)]);
    expect(shown.map(({ ok }) => ok)).toEqual([true, true]);
    const paid = await Promise.all([redeem(paymentId), redeem(paymentId)]);
    expect(new Set(paid.map((one) => valueOf(one).reference)).size).toBe(1);
    expect(await available(world, agent.accountId)).toBe(before + 100_000n);
    expect((await told(world, agent)).filter((body) => body.includes('Approved'))).toHaveLength(1);
  });

  test('cancelled while it is redeemed: one of the two happens, never both, never neither', async () => {
    for (let round = 0; round < 8; round += 1) {
      const { paymentId, code } = await getCode(10_000n);
      valueOf(await present(code));
      const before = await available(world, agent.accountId);
      const [paid, cancelled] = await Promise.all([redeem(paymentId), cancel(paymentId)]);
      expect([paid.ok, cancelled.ok].filter(Boolean)).toHaveLength(1);
      expect(paid.ok || paid.error === 'request_gone').toBe(true);
      expect(cancelled.ok || cancelled.error === 'request_gone').toBe(true);
      expect((await available(world, agent.accountId)) - before).toBe(paid.ok ? 10_000n : 0n);
      expect(await held()).toBe(0n);
    }
  });

  test('another agent, another customer and a code that was used, cancelled or is over are refused', async () => {
    const other = await addAgent(world, 'Baraka', 1_000_000n);
    const { paymentId, code } = await getCode();
    expect(await present(code, other)).toMatchObject({ error: 'code_unknown' });
    valueOf(await present(code));
    expect(await redeem(paymentId, other)).toMatchObject({ error: 'code_needed' });
    const stranger = await actorOf(world, amina);
    expect(await cancel(paymentId, stranger.customerId)).toMatchObject({ error: 'request_gone' });
    valueOf(await cancel(paymentId));
    expect(await present(code)).toMatchObject({ error: 'code_unknown' });
    const next = await getCode();
    world.clock.advance(601_000);
    expect(await present(next.code)).toMatchObject({ error: 'code_unknown' });
    await world.settle();
    expect(await held()).toBe(0n);
  });

  test('a forged hop that skips the code moves nothing, and a right one opens the way for minutes only', async () => {
    const { paymentId, code } = await getCode();
    expect(await redeem(paymentId)).toMatchObject({ error: 'code_needed' });
    valueOf(await present(code));
    world.clock.advance(5 * 60_000 + 1);
    expect(await redeem(paymentId)).toMatchObject({ error: 'code_needed' });
    expect(await held()).toBe(101_000n);
    const { payments } = world.services;
    const { customerId, pin } = customer;
    expect(await payments.approve({ paymentId, customerId, pin, hopKey: freshHop() })).toMatchObject({
      error: 'request_gone',
    });
  });

  test('three wrong ones free the money; guesses in parallel get no more than three, one delivered again costs nothing', async () => {
    const { code } = await getCode();
    const wrong = code === '000000' ? '000001' : '000000';
    const hop = freshHop();
    expect(await present(wrong, agent, hop)).toMatchObject({ error: 'code_wrong', detail: { left: 2 } });
    expect(await present(wrong, agent, hop)).toMatchObject({ error: 'code_wrong', detail: { left: 2 } });
    const guesses = await Promise.all(Array.from({ length: 20 }, () => present(wrong)));
    const errors = guesses.map((guess) => (guess.ok ? '' : guess.error));
    expect(errors.filter((error) => error === 'code_wrong')).toHaveLength(1);
    expect(errors.filter((error) => error === 'code_spent')).toHaveLength(1);
    expect(errors.filter((error) => error === 'code_unknown')).toHaveLength(18);
    expect(await held()).toBe(0n);
    expect(await present(code)).toMatchObject({ error: 'code_unknown' });
    expect((await told(world, customer))[0]).toContain('has ended. The money is free again.');
  });

  test('one at a time: two that are asked for at once leave one', async () => {
    const other = await addAgent(world, 'Chiku', 1_000_000n);
    const { agents } = world.services;
    const { customerId, accountId, pin } = customer;
    const ask = async (to: Actor) => {
      const request = { customerId, accountId, to: { customerId: to.customerId }, amountMinor: 5_000n, held: true };
      return valueOf(await agents.quoteWithdrawal(request));
    };
    const quotes = [await ask(agent), await ask(other)];
    const outcomes = await Promise.all(
      quotes.map(({ quoteId }) => agents.submitWithdrawal({ quoteId, customerId, pin, hopKey: freshHop() })),
    );
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
    expect(outcomes.filter((one) => !one.ok && one.error === 'code_open')).toHaveLength(1);
    expect(await held()).toBe(6_000n);
  });
});
