import { violatedConstraint } from '../../../src/platform';
import { typeAs } from '../../support/staff';
import { createCall, createWorld, type World } from '../../support/world';

/** R63, Q5, as the database holds it: no road to another role but an application that two of the staff approved. */
describe('applications', () => {
  let world: World;
  beforeEach(async () => {
    world = await createWorld();
    const call = createCall(world, '+254700000002');
    for (const typed of ['7', '7', '1', 'Kani Shop', 'SANDBOX0002', '8305']) {
      if (typed === '7' && said.length === 0) await call.dial();
      said.push(await call.answer(typed));
    }
  });
  const said: string[] = [];
  afterEach(async () => {
    said.length = 0;
    await world.close();
  });

  const attempt = async (text: string): Promise<string> =>
    world.services.db.run({ text }).then(
      (rows) => `${rows} rows`,
      (error: unknown) => violatedConstraint(error) ?? String(error),
    );
  const roleOf = async () => (await world.services.identity.byMsisdn('+254700000002' as never))?.role;

  test('the gateway can neither give a role nor approve an application by itself', async () => {
    expect(said.at(-1)).toContain('We have your application');
    expect(await attempt(`update customer set role = 'agent'`)).toBe('customer_role_approved');
    expect(await attempt(`update application set state = 'approved', decided_at = now(), act_id = null`)).toMatch(
      /application_(two_people|decided)/,
    );
    await typeAs(world, 'eshe', ['freeze', '0700000003', 'all', '--reason', 'another act']);
    const borrowed = `update application set state = 'approved', decided_at = now(), act_id = (select act_id from staff_act)`;
    expect(await attempt(borrowed)).toBe('application_two_people');
    expect(await attempt(`delete from application`)).toMatch(/permission denied/);
    expect(await roleOf()).toBe('customer');
  });

  test('two managers approve two proposals of one application at once: it happens once', async () => {
    for (const by of ['chausiku', 'daudi'])
      await typeAs(world, by, ['application-approve', '1', '--reason', 'visited the shop']);
    const both = await Promise.all([
      typeAs(world, 'daudi', ['approve', '1']),
      typeAs(world, 'chausiku', ['approve', '2']),
    ]);
    expect(both.filter(({ ok }) => ok)).toHaveLength(1);
    expect(await roleOf()).toBe('agent');
    const { accounts, identity, db } = world.services;
    const kani = await identity.byMsisdn('+254700000002' as never);
    const held = await accounts.of(db, kani?.customerId ?? '');
    expect(held.map(({ purpose, isPrimary }) => [purpose, isPrimary])).toEqual([
      ['main', true],
      ['commission', false],
    ]);
    const log = await world.owner.rows({
      text: `select action, actor_kind, old_value, new_value from audit_event where action ~ '^(application|role)' order by seq, number`,
    });
    expect(log).toEqual([
      { action: 'application.made', actor_kind: 'customer', old_value: null, new_value: { wants: 'agent' } },
      { action: 'application.approved', actor_kind: 'staff', old_value: null, new_value: null },
      { action: 'role.changed', actor_kind: 'staff', old_value: { role: 'customer' }, new_value: { role: 'agent' } },
    ]);
  });
});
