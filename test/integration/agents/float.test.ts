import type { Payments } from '../../../src/payments';
import { createWorld, type World } from '../../support/world';
import {
  actorOf,
  addAgent,
  amina,
  available,
  freshHop,
  hamim,
  kani,
  merchant,
  putUnder,
  told,
  valueOf,
  type Actor,
} from './people';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});
afterEach(async () => {
  const books = await world.services.ledger.verify(world.services.db);
  expect(books.deviation).toBeUndefined();
  await world.close();
});

const submit = (by: Actor, quoteId: string) =>
  world.services.payments.submit({ quoteId, customerId: by.customerId, pin: by.pin, hopKey: freshHop() });

async function cashIn(agent: Actor, to: Actor, amountMinor: bigint) {
  const { payments } = world.services;
  const request = { product: 'cash_in', initiatorId: agent.customerId, to: { customerId: to.customerId } } as const;
  return submit(agent, valueOf(await payments.quote({ ...request, amountMinor })).quoteId);
}

describe('B14: who may move float to whom', () => {
  let top: Actor;
  let below: Actor;
  let beside: Actor;
  let other: Actor;
  beforeEach(async () => {
    top = await addAgent(world, 'Rehema', 50_000_000n);
    below = await addAgent(world, 'Baraka', 10_000_000n);
    beside = await addAgent(world, 'Chiku', 10_000_000n);
    other = await addAgent(world, 'Dalila', 10_000_000n);
    await putUnder(world, top, below, beside);
  });

  test('up and down one step, and nowhere else: asked of the service, and forged past it', async () => {
    const { agents, payments } = world.services;
    const customer = await actorOf(world, hamim);
    const shop = await actorOf(world, merchant);
    const everybody = { top, below, beside, other, customer, shop };
    const allowed: string[] = [];
    for (const [from, payer] of Object.entries(everybody)) {
      for (const [to, payee] of Object.entries(everybody)) {
        const ask = { amountMinor: 1_000n, to: { customerId: payee.customerId } };
        const asked = await agents.quoteFloat({ customerId: payer.customerId, accountId: payer.accountId, ...ask });
        const forged = await payments.quote({ product: 'float', initiatorId: payer.customerId, ...ask });
        const moved = forged.ok && (await submit(payer, forged.value.quoteId)).ok;
        expect([from, to, moved]).toEqual([from, to, asked.ok]);
        if (moved) allowed.push(`${from} ${to}`);
      }
    }
    expect(allowed).toEqual(['top below', 'top beside', 'below top', 'beside top']);
  });

  test('a quote from before the agent was taken away moves nothing', async () => {
    const { agents, db } = world.services;
    const to = { customerId: top.customerId };
    const quote = valueOf(await agents.quoteFloat({ ...who(below), to, amountMinor: 1_000n }));
    const agentId = below.customerId;
    valueOf(await db.tx((tx) => agents.setSuperAgent(tx, { agentId, superAgentId: null })));
    expect(await submit(below, quote.quoteId)).toMatchObject({ error: 'float_unrelated' });
  });

  test('two levels: nobody stands above a super-agent, and who stands below one has nobody below', async () => {
    const { agents, db } = world.services;
    const put = (agent: Actor, above: Actor) =>
      db.tx((tx) =>
        agents.setSuperAgent(tx, { agentId: agent.customerId, superAgentId: above.customerId }).then(({ ok }) => ok),
      );
    expect(await put(top, other)).toBe(false);
    expect(await put(other, below)).toBe(false);
    expect(await put(top, top)).toBe(false);
    expect(await put(other, await actorOf(world, hamim))).toBe(false);
    expect(await put(other, top)).toBe(true);
    const forged = { text: `update agent set super_agent_id = $2 where agent_id = $1` };
    await expect(world.owner.run({ ...forged, values: [top.customerId, other.customerId] })).rejects.toThrow();
  });

  test('a request is answered once, by the super-agent it went to, whoever answers at the same moment', async () => {
    const { agents } = world.services;
    const { requestId } = valueOf(await agents.superOf(who(below)));
    valueOf(await agents.askFloat({ ...who(below), requestId, amountMinor: 500_000n }));
    valueOf(await agents.askFloat({ ...who(below), requestId, amountMinor: 500_000n })); // the hop came twice
    const second = valueOf(await agents.superOf(who(below))).requestId;
    expect(await agents.askFloat({ ...who(below), requestId: second, amountMinor: 1n })).toMatchObject({
      error: 'float_asked',
    });
    expect(await agents.askFloat({ ...who(other), requestId: second, amountMinor: 1n })).toMatchObject({
      error: 'super_missing',
    });
    expect((await told(world, top)).filter((body) => body.includes('asks you for KES 5,000.00'))).toHaveLength(1);
    expect(await agents.quoteRequest({ ...who(beside), requestId })).toMatchObject({ error: 'request_gone' });
    expect(await agents.refuseFloat({ ...who(beside), requestId })).toMatchObject({ error: 'request_gone' });

    const before = await available(world, below.accountId);
    const giver = top;
    const give = async () => {
      const { quoteId } = valueOf(await agents.quoteRequest({ ...who(giver), requestId }));
      return () => submit(giver, quoteId);
    };
    const [one, two] = [await give(), await give()];
    const [given, again, refused] = await Promise.all([one(), two(), agents.refuseFloat({ ...who(top), requestId })]);
    expect([given.ok, again.ok, refused.ok].filter(Boolean)).toHaveLength(1);
    const isPaid = given.ok || again.ok;
    expect((await available(world, below.accountId)) - before).toBe(isPaid ? 500_000n : 0n);
    expect(valueOf(await agents.floatRequests(who(top)))).toEqual([]);
  });
});

describe('alarms', () => {
  test('B14: told once a crossing, however many look at it at once, and again after the next one', async () => {
    const { agents } = world.services;
    const top = await addAgent(world, 'Rehema', 5_000_000n);
    const agent = await actorOf(world, amina);
    const customer = await actorOf(world, hamim);
    await putUnder(world, top, agent);
    await agents.reportDays();
    const look = async () => {
      await Promise.all(Array.from({ length: 6 }, () => agents.watchFloats()));
      return (await told(world, agent)).filter((body) => body.startsWith('Your float is low')).length;
    };
    expect(await look()).toBe(0);
    valueOf(await agents.setAlarm({ ...who(agent), side: 'low', amountMinor: 9_900_000n }));
    expect(await look()).toBe(0);
    valueOf(await cashIn(agent, customer, 200_000n)); // 98,000 of 100,000 are left
    expect(await look()).toBe(1);
    valueOf(await cashIn(agent, customer, 100_000n));
    expect(await look()).toBe(1);
    valueOf(await agents.setAlarm({ ...who(agent), side: 'low', amountMinor: 1_000n }));
    expect(await look()).toBe(1);
    valueOf(await agents.setAlarm({ ...who(agent), side: 'low', amountMinor: 9_900_000n }));
    expect(await look()).toBe(2);
    expect((await told(world, top)).filter((body) => body.includes('of your agent Amina'))).toHaveLength(2);
  });

  test('B14: and when there is more than an agent wants to have', async () => {
    const { agents } = world.services;
    const agent = await actorOf(world, amina);
    await agents.reportDays();
    expect(await agents.setAlarm({ ...who(agent), side: 'high', amountMinor: 100n })).toMatchObject({
      error: 'alarms_crossed',
    });
    valueOf(await agents.setAlarm({ ...who(agent), side: 'high', amountMinor: 9_000_000n }));
    await agents.watchFloats();
    expect((await told(world, agent))[0]).toMatch(/^Your float is high: KES 100,000.00/);
    expect(await agents.setAlarm({ ...who(await actorOf(world, hamim)), side: 'low', amountMinor: 1n })).toMatchObject({
      error: 'not_allowed',
    });
  });
});

describe('the day of an agent', () => {
  test('B14: reported once, with what was refused for want of float, also by two who report at once and after a stop', async () => {
    const { agents } = world.services;
    const agent = await addAgent(world, 'Baraka', 100_000n);
    const [one, two] = [await actorOf(world, hamim), await actorOf(world, kani)];
    await agents.reportDays(); // the day on which they are agents begins
    valueOf(await cashIn(agent, one, 60_000n));
    expect(await cashIn(agent, two, 60_000n)).toMatchObject({ error: 'funds_insufficient' });
    const withdrawal = { customerId: one.customerId, accountId: one.accountId, to: { customerId: agent.customerId } };
    const quote = valueOf(await agents.quoteWithdrawal({ ...withdrawal, amountMinor: 10_000n, held: false }));
    valueOf(await submit(one, quote.quoteId));
    const shown = valueOf(await agents.desk({ ...who(agent), pin: agent.pin, hopKey: freshHop() }));
    expect(shown.shortOfFloat).toBe(1);
    const { commissionMinor } = shown;

    const days = async () => (await told(world, agent)).filter((body) => body.startsWith('15/01 in:'));
    expect(await days()).toEqual([]);
    world.clock.advance(12 * 3_600_000 + 1); // past midnight in Nairobi
    await Promise.all([agents.reportDays(), agents.reportDays(), agents.reportDays()]);
    await agents.reportDays();
    const [report = '', ...more] = await days();
    expect(more).toEqual([]);
    expect(report).toContain('15/01 in: 1, KES 600.00. Out: 1, KES 100.00.');
    expect(report).toContain('Refused for float: 1. Float KES 500.00');
    expect(commissionMinor).toBeGreaterThan(0n);

    world.clock.advance(3 * 24 * 3_600_000); // nobody was there to report
    await agents.reportDays();
    const reports = await told(world, agent);
    expect(reports.map((body) => body.slice(0, 5)).slice(0, 3)).toEqual(['18/01', '17/01', '16/01']);
  });
});

describe('commission', () => {
  const held = async (agent: Actor) => {
    const { accounts, db } = world.services;
    const found = (await accounts.of(db, agent.customerId)).find(({ purpose }) => purpose === 'commission');
    return found?.accountId ?? '';
  };

  test('R66, R99: starts apart from the float, and is filled by commissions only, each a leg of its own', async () => {
    const agent = await addAgent(world, 'Baraka', 1_000_000n);
    const customer = await actorOf(world, hamim);
    const commissionId = await held(agent);
    expect(await available(world, commissionId)).toBe(0n);
    const paid = valueOf(await cashIn(agent, customer, 100_000n));
    expect(paid.commissionMinor).toBeGreaterThan(0n);
    expect(await available(world, commissionId)).toBe(paid.commissionMinor);
    expect(await available(world, agent.accountId)).toBe(900_000n);
    const { payments } = world.services;
    const to = { accountId: commissionId };
    const request = { product: 'send', initiatorId: customer.customerId, to, amountMinor: 1_000n } as const;
    expect(await payments.quote(request)).toMatchObject({ error: 'payee_unknown' });
    expect(await payments.quote({ ...request, product: 'own', initiatorId: agent.customerId })).toMatchObject({
      error: 'payee_unknown',
    });
  });

  test('R70: nothing but a sweep goes out of it, whatever a forged hop asks for', async () => {
    const agent = await addAgent(world, 'Baraka', 1_000_000n);
    const customer = await actorOf(world, hamim);
    valueOf(await cashIn(agent, customer, 100_000n));
    const accountId = await held(agent);
    const { payments } = world.services;
    type Product = Parameters<Payments['quote']>[0]['product'];
    const products: readonly Product[] = ['send', 'own', 'cash_in', 'cash_out', 'purchase', 'float', 'refund', 'topup'];
    for (const product of products) {
      for (const as of ['payer', 'payee'] as const) {
        const to = { customerId: customer.customerId };
        const asked = { product, as, initiatorId: agent.customerId, accountId, to, amountMinor: 100n };
        expect([product, as, (await payments.quote(asked)).ok]).toEqual([product, as, false]);
      }
    }
  });

  test('B14: swept to the float, in part or all, by its owner and after the PIN', async () => {
    const { agents } = world.services;
    const agent = await addAgent(world, 'Baraka', 1_000_000n);
    const customer = await actorOf(world, hamim);
    expect(await agents.quoteSweep({ ...who(agent), amountMinor: 'all' })).toMatchObject({ error: 'commission_none' });
    const { commissionMinor } = valueOf(await cashIn(agent, customer, 100_000n));
    expect(await agents.quoteSweep({ ...who(customer), amountMinor: 'all' })).toMatchObject({ error: 'not_allowed' });
    const part = valueOf(await agents.quoteSweep({ ...who(agent), amountMinor: 100n }));
    valueOf(await submit(agent, part.quoteId));
    const all = valueOf(await agents.quoteSweep({ ...who(agent), amountMinor: 'all' }));
    expect(all.amountMinor).toBe(commissionMinor - 100n);
    valueOf(await submit(agent, all.quoteId));
    expect(await available(world, await held(agent))).toBe(0n);
    expect(await available(world, agent.accountId)).toBe(900_000n + commissionMinor);
    const more = valueOf(await agents.quoteSweep({ ...who(agent), amountMinor: 1_000n }));
    expect(await submit(agent, more.quoteId)).toMatchObject({ error: 'funds_insufficient' });
  });
});

function who({ customerId, accountId }: Actor): { customerId: string; accountId: string } {
  return { customerId, accountId };
}
