import type { Json } from '../../../src/platform';
import type { PriceRequest } from '../../../src/rules';
import { createWorld, type World } from '../../support/world';

/** Rules that the staff change: one proposes, another approves, and from its date on they hold. */
let world: World;
beforeEach(async () => {
  world = await createWorld({ empty: true });
});
afterEach(() => world.close());

const fees: Json = [
  {
    product: 'send',
    side: 'payer',
    steps: [
      { upTo: '100', flat: '1' },
      { flat: '2', basisPoints: 50, base: '100' },
    ],
  },
];
const propose = (change: { kind?: string; body?: Json; effectiveFrom?: Date; by?: string; reason?: string } = {}) =>
  world.services.db.tx((tx) =>
    world.services.rules.propose(tx, {
      kind: 'fees',
      body: fees,
      reason: 'cheaper for the poor',
      by: 'amani',
      ...change,
    }),
  );
const versionOf = async (change: Parameters<typeof propose>[0] = {}): Promise<number> => {
  const proposed = await propose(change);
  if (!proposed.ok) throw new Error(JSON.stringify(proposed));
  return proposed.value.version;
};
const approve = (version: number, by = 'zuri') =>
  world.services.db.tx((tx) => world.services.rules.approve(tx, { version, by }));
const request = (at: Date): PriceRequest => ({
  ...{ product: 'send', channel: 'ussd', amountMinor: 50_000n, at },
  ...{ payer: { role: 'customer' }, payee: { role: 'customer' } },
});
const price = () => world.services.rules.price(request(world.clock.now()));
const inMs = (durationMs: number) => new Date(world.clock.now().getTime() + durationMs);

test('R93: a fee is changed at run time: proposed by one, approved by another, from its date on', async () => {
  const effectiveFrom = inMs(60_000);
  const version = await versionOf({ effectiveFrom });
  expect(price().payerFeeMinor).toBe(1_000n);
  expect(await approve(version)).toEqual({ ok: true, value: { effectiveFrom } });
  await world.services.rules.refresh();
  world.clock.advance(59_999);
  expect(price()).toMatchObject({ payerFeeMinor: 1_000n, ruleVersion: 'fees@2024-01-01 commissions@2024-01-01' });
  world.clock.advance(1);
  expect(price()).toMatchObject({ payerFeeMinor: 400n, ruleVersion: `fees#${version} commissions@2024-01-01` });
  // What was quoted before can be worked out again.
  expect(world.services.rules.price(request(inMs(-1))).payerFeeMinor).toBe(1_000n);
});

test('without a date it holds as soon as every process can know it', async () => {
  await approve(await versionOf());
  await world.services.rules.refresh();
  expect(price().payerFeeMinor).toBe(1_000n);
  world.clock.advance(10_000);
  expect(price().payerFeeMinor).toBe(400n);
});

test('nobody approves their own, nothing is decided twice, and what nobody proposed is unknown', async () => {
  const version = await versionOf();
  expect(await approve(version, 'amani')).toMatchObject({ ok: false, error: 'same_person' });
  const decided = await Promise.all([approve(version, 'zuri'), approve(version, 'tatu'), approve(version, 'neema')]);
  expect(decided.filter(({ ok }) => ok)).toHaveLength(1);
  expect(decided.filter((one) => !one.ok && one.error === 'rules_decided')).toHaveLength(2);
  expect(await approve(version + 1)).toMatchObject({ ok: false, error: 'rules_unknown' });
  const other = await versionOf();
  const { rules, db } = world.services;
  expect(await db.tx((tx) => rules.reject(tx, { version: other, by: 'amani' }))).toMatchObject({
    error: 'same_person',
  });
  expect(await db.tx((tx) => rules.reject(tx, { version: other, by: 'zuri' }))).toMatchObject({ ok: true });
  expect(await approve(other)).toMatchObject({ ok: false, error: 'rules_decided' });
  expect((await rules.changes(db, 10)).map(({ state }) => state)).toEqual(['rejected', 'approved']);
});

test('nothing is backdated', async () => {
  expect(await propose({ effectiveFrom: inMs(9_999) })).toMatchObject({ ok: false, error: 'effective_date_past' });
  const version = await versionOf({ effectiveFrom: inMs(20_000) });
  world.clock.advance(10_001);
  expect(await approve(version)).toMatchObject({ ok: false, error: 'effective_date_past' });
});

test.each<[string, string, Json, string]>([
  ['a kind that there is not', 'taxes', [], 'kind must be one of fees, commissions, limits, tiers, conduct'],
  ['a field that is wrong', 'fees', [{ product: 'send', side: 'payer', steps: [{ flat: 10 }] }], '0.steps.0.flat'],
  ['a tier that there is not', 'limits', [{ direction: 'out', tier: 'gold' }], 'limits.0.tier names a tier'],
  ['tiers without one that limits name', 'tiers', [{ tier: 'basic' }], 'limits.2.tier names a tier'],
])('%s is not proposed', async (_, kind, body, problem) => {
  const proposed = await propose({ kind, body });
  expect(proposed).toMatchObject({ ok: false, error: 'rules_invalid' });
  expect(proposed.ok ? '' : proposed.detail?.['problem']).toContain(problem);
});

test('R112, R161: the forensic log has who proposed and who approved, the old rules and the new ones', async () => {
  const limits: Json = [{ direction: 'out', day: { count: 2 } }];
  const version = await versionOf({ kind: 'limits', body: limits });
  await approve(version);
  const events = await world.owner.rows<{ action: string; actor_id: string; old_value: Json; new_value: Json }>({
    text: `select action, actor_id, old_value, new_value from audit_event where subject_kind = 'rules' and subject_id = $1
           order by seq, number`,
    values: [String(version)],
  });
  const old = { version: '@2024-01-01', body: world.services.rules.current('limits', world.clock.now()).source };
  expect(events).toEqual([
    {
      ...{ action: 'rule.proposed', actor_id: 'amani', old_value: old },
      new_value: { kind: 'limits', body: limits, effectiveFrom: null, reason: 'cheaper for the poor' },
    },
    {
      ...{ action: 'rule.approved', actor_id: 'zuri', old_value: old },
      new_value: { kind: 'limits', body: limits, effectiveFrom: '2026-01-15T09:00:10.000Z', madeBy: 'amani' },
    },
  ]);
});

describe('the database refuses', () => {
  const refused = (text: string) => expect(world.services.db.run({ text })).rejects;

  test('that who proposed approves, or that it holds from before', async () => {
    await versionOf();
    await refused(
      `update rule_version set state = 'approved', checked_by = made_by, checked_at = made_at, effective_from = made_at`,
    ).toThrow('rule_version_two_people');
    await refused(
      `update rule_version set state = 'approved', checked_by = 'zuri', checked_at = made_at,
         effective_from = made_at - interval '1 second'`,
    ).toThrow('rule_version_not_backdated');
    await refused(`update rule_version set state = 'approved'`).toThrow('rule_version');
  });

  test('that anything is changed that was proposed or decided, by its owner too', async () => {
    const version = await versionOf();
    await refused(`update rule_version set body = '[]'`).toThrow('permission denied');
    await expect(world.owner.run({ text: `update rule_version set body = '[]'` })).rejects.toThrow('never changed');
    await approve(version);
    await refused(`update rule_version set effective_from = effective_from + interval '1 day'`).toThrow(
      'never changed',
    );
    await refused('delete from rule_version').toThrow('permission denied');
    await expect(world.owner.run({ text: 'delete from rule_version' })).rejects.toThrow('never changed');
    await expect(world.owner.run({ text: 'truncate rule_version' })).rejects.toThrow('never changed');
    await refused(
      `insert into rule_version (kind, body, reason, state, made_by, made_at, checked_by, checked_at, effective_from)
       values ('fees', '[]', 'mine', 'approved', 'amani', now(), 'zuri', now(), now())`,
    ).toThrow('begin as a proposal');
  });
});
