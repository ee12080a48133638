import { assert, ok, type Json, type Msisdn } from '../../../src/platform';
import { createWorld, type World } from '../../support/world';

/** Who may do how much: the first tier for everybody, better ones by time and money, another by an auditor's hand. */
let world: World;
beforeEach(async () => {
  world = await createWorld();
});
afterEach(async () => {
  jest.restoreAllMocks();
  await world.close();
});

const hamim = '+254700000001';
const kani = '+254700000002';
const dayMs = 86_400_000;
const personOf = async (msisdn: string) => {
  const customer = await world.services.identity.byMsisdn(msisdn as Msisdn);
  assert(customer, 'the sandbox has this person');
  return customer;
};
const tierOf = async (msisdn: string) => (await personOf(msisdn)).tier;
const amina = { reason: 'known for years', by: 'amina.auditor' };
const override = async (msisdn: string, tier: string, reason = amina.reason) => {
  const { customerId } = await personOf(msisdn);
  return world.services.db.tx((tx) => world.services.rules.overrideTier(tx, { ...amina, reason, customerId, tier }));
};
const lift = async (msisdn: string) => {
  const { customerId } = await personOf(msisdn);
  return world.services.db.tx((tx) => world.services.rules.liftTier(tx, { ...amina, customerId }));
};
async function change(kind: string, body: Json): Promise<void> {
  const { db, rules } = world.services;
  const proposed = await db.tx((tx) => rules.propose(tx, { kind, body, reason: 'a test', by: 'amani' }));
  assert(proposed.ok, 'the rules can be proposed');
  const approved = await db.tx((tx) => rules.approve(tx, { version: proposed.value.version, by: 'zuri' }));
  assert(approved.ok, 'the rules can be approved');
  world.clock.advance(10_000);
  await rules.refresh();
}
/** Payments to somebody who has no money. */
async function pay(msisdn: string, times: number): Promise<void> {
  const { payments, identity } = world.services;
  jest.spyOn(identity, 'verifyPin').mockResolvedValue(ok(undefined)); // proven elsewhere
  const { customerId } = await personOf(msisdn);
  for (let n = 0; n < times; n += 1) {
    const to = { msisdn: '+254700000003' as Msisdn };
    const quoted = await payments.quote({ product: 'send', initiatorId: customerId, to, amountMinor: 100n });
    assert(quoted.ok, 'it can be quoted');
    const { quoteId } = quoted.value;
    const paid = await payments.submit({ quoteId, customerId, pin: '0000', hopKey: quoteId });
    assert(paid.ok, 'it can be paid');
  }
}
const told = async () => {
  await world.settle();
  return world.sms.sent.filter(({ body }) => body.startsWith('Your limits')).map(({ to, body }) => `${to} ${body}`);
};
async function use(msisdn: string, count: number, amountMinor: bigint): Promise<void> {
  const { customerId } = await personOf(msisdn);
  const uses = [{ scope: 'all', period: 'day', period_start: '2026-01-15' }];
  const row = { customer_id: customerId, direction: 'out', kind: 'use', amount_minor: amountMinor.toString(), uses };
  const rows = JSON.stringify(Array.from({ length: count }, () => row));
  await world.owner.run({ text: 'select attach_limit_use($1)', values: [rows] });
}

describe('R170: a tier improves by itself', () => {
  test('with age, balance and payments, all three; one step at a time; the owner is told', async () => {
    const { rules } = world.services;
    await pay(hamim, 5);
    world.clock.advance(30 * dayMs - 1_000);
    expect(await rules.promoteDue()).toBe(0);
    world.clock.advance(1_000);
    expect(await rules.promoteDue()).toBe(1);
    expect(await rules.promoteDue()).toBe(0);
    expect(await tierOf(hamim)).toBe('standard');
    expect(await tierOf('+254700000003')).toBe('basic'); // was paid, and has no money
    expect(await tierOf(kani)).toBe('basic'); // has paid nothing
    expect(await told()).toEqual([
      `${hamim} Your limits have changed. You can now send up to KES 150,000.00 in one payment.`,
    ]);
    const events = await world.owner.rows<{ actor_id: string; old_value: Json; new_value: Json }>({
      text: `select actor_id, old_value, new_value from audit_event where action = 'tier.changed'`,
    });
    expect(events).toEqual([
      { actor_id: 'promotion', old_value: { tier: 'basic' }, new_value: { tier: 'standard', reason: 'due' } },
    ]);
  });

  test('and no further than what it asks for is there; by two workers at once, once', async () => {
    await change('tiers', [
      { tier: 'basic' },
      { tier: 'standard', promotion: { accountAgeDays: 0, balanceMin: '5000', paymentsMin: 0 } },
      { tier: 'premium', promotion: { accountAgeDays: 0, balanceMin: '5000.01', paymentsMin: 0 } },
    ]);
    const { rules } = world.services;
    const promoted = await Promise.all([rules.promoteDue(), rules.promoteDue(), rules.promoteDue()]);
    expect(promoted.reduce((sum, one) => sum + one, 0)).toBe(1);
    expect(await rules.promoteDue()).toBe(0);
    expect(await tierOf(hamim)).toBe('standard');
  });
});

describe('R173: an auditor puts somebody into a tier', () => {
  test('it holds at once, for limits too, until it is lifted, and no promotion changes it', async () => {
    const { rules } = world.services;
    expect(await tierOf(hamim)).toBe('basic'); // R169
    expect(await override(hamim, 'premium')).toEqual({ ok: true, value: { before: 'basic' } });
    const { role, tier } = await personOf(hamim);
    const request = { direction: 'out', product: 'send', channel: 'ussd', at: world.clock.now() } as const;
    expect(rules.limits({ ...request, party: { role, tier } })[0]).toMatchObject({ transferMaxMinor: 25_000_000n });
    await pay(hamim, 5);
    world.clock.advance(31 * dayMs);
    expect(await override(hamim, 'basic', 'was a mistake')).toEqual({ ok: true, value: { before: 'premium' } });
    expect(await rules.promoteDue()).toBe(0);
    expect(await lift(hamim)).toEqual({ ok: true, value: { tier: 'basic' } });
    expect(await lift(hamim)).toMatchObject({ ok: false, error: 'not_overridden' });
    expect(await rules.promoteDue()).toBe(1);
  });

  test('with a reason, logged with who it was and what was before', async () => {
    expect(await override(hamim, 'gold')).toMatchObject({ ok: false, error: 'tier_unknown' });
    expect(await override(hamim, 'premium', '  ')).toMatchObject({ ok: false, error: 'reason_missing' });
    const nobody = { ...amina, tier: 'premium', customerId: '01900000-0000-7000-8000-000000000000' };
    const { db, rules } = world.services;
    expect(await db.tx((tx) => rules.overrideTier(tx, nobody))).toMatchObject({ ok: false, error: 'customer_unknown' });
    await override(hamim, 'premium');
    const event = await world.owner.one<Record<string, unknown>>({
      text: `select actor_kind, actor_id, subject_id, old_value, new_value from audit_event where action = 'tier.changed'`,
    });
    expect(event).toEqual({
      ...{ actor_kind: 'staff', actor_id: 'amina.auditor', subject_id: (await personOf(hamim)).customerId },
      ...{ old_value: { tier: 'basic' }, new_value: { tier: 'premium', reason: 'known for years' } },
    });
    expect(await told()).toEqual([
      `${hamim} Your limits have changed. You can now send up to KES 250,000.00 in one payment.`,
    ]);
  });
});

describe('R172: the auditor’s report of who exceeds their tier', () => {
  const report = async () => {
    const found = await world.services.rules.exceeding(world.services.db, world.clock.now());
    return found.map((one) => ({ ...one, customerId: undefined }));
  };

  test('32 payments where 25 are allowed: found after the limit was lowered, with what and how much', async () => {
    await use(hamim, 32, 1_000n);
    await use(kani, 25, 1_000n);
    expect(await report()).toEqual([]);
    await change('limits', [{ direction: 'out', day: { amount: '320', count: 25 } }]);
    expect(await report()).toEqual([
      {
        ...{ customerId: undefined, tier: 'basic', direction: 'out', scope: 'all', period: 'day' },
        ...{ amountMinor: 32_000n, amountMaxMinor: 32_000n, count: 32, countMax: 25 },
      },
    ]);
    await override(hamim, 'premium');
    await change('limits', [
      { direction: 'out', day: { count: 25 } },
      { direction: 'out', tier: 'premium', day: { count: 32 } },
    ]);
    expect(await report()).toEqual([]);
    await lift(hamim);
    expect(await report()).toHaveLength(1);
  });

  test('who holds more than they may, over all their accounts', async () => {
    await change('limits', [{ direction: 'in', role: 'customer', balanceMax: '1200' }]);
    expect(await report()).toEqual([
      {
        ...{ customerId: undefined, tier: 'basic', direction: 'in', scope: 'all', period: 'balance' },
        ...{ amountMinor: 500_000n, amountMaxMinor: 120_000n, count: null, countMax: null },
      },
    ]);
  });
});
