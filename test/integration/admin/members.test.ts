import { bootstrap, disableSandbox, tokenKeyOf, type Member } from '../../../src/admin';
import { memberOf, typeAs } from '../../support/staff';
import { createWorld, testSecrets, type World } from '../../support/world';

/** Who works here, from the first admin to the leaver. Controls 52, 71-78 of the security list, as far as they go. */
describe('members', () => {
  let world: World;
  beforeEach(async () => {
    world = await createWorld();
  });
  afterEach(() => world.close());

  const login = async (token: string) => world.services.staff.authenticate(token);
  const make = (by: Member, command: string, args: object = {}) =>
    world.services.staff.make(by, { command, args, reason: 'as agreed', actId: undefined });
  const failed = (error: string) => expect.objectContaining({ ok: false, error }) as unknown;
  const value = <T>(result: { ok: true; value: T } | { ok: false }): T => {
    if (!result.ok) throw new Error(JSON.stringify(result));
    return result.value;
  };

  test('a member is proposed by one admin, approved by another, and makes the token that nobody else knows', async () => {
    const asked = await typeAs(world, 'makena', [
      'staff-add',
      'zuri',
      'finance',
      'Zuri Mwende',
      '--reason',
      'starts today',
    ]);
    expect(value(asked)).toMatchObject({ state: 'proposed' });
    expect(await typeAs(world, 'makena', ['approve', 'last'])).toEqual(failed('same_person'));
    expect(await typeAs(world, 'goma', ['approve', 'last'])).toEqual(failed('role_refused'));
    const { once: invitation = '', says } = value(await typeAs(world, 'nuru', ['approve', 'last']));
    expect(says).toBe('zuri is invited as finance for a day');

    const invited = value(await login(invitation));
    expect(invited).toMatchObject({ staffId: 'zuri', role: 'finance', status: 'invited' });
    expect(await make(invited, 'acts')).toEqual(failed('member_invited'));
    const { once: token = '' } = value(await make(invited, 'activate'));
    expect(await login(invitation)).toEqual(failed('token_unknown'));
    expect(value(await login(token))).toMatchObject({ staffId: 'zuri', status: 'active' });
    // In clear it is nowhere: not in a row, not in the act, not in the forensic log.
    const tables = ['staff_member', 'staff_act', 'audit_event'];
    for (const table of tables) {
      const rows = await world.owner.rows({ text: `select t::text from ${table} t` });
      for (const secret of [invitation, token]) expect(JSON.stringify(rows)).not.toContain(secret.slice(6));
    }
  });

  test('an invitation is good for a day, a token for 90, and who stays away for 45 is refused', async () => {
    value(await typeAs(world, 'makena', ['staff-add', 'zuri', 'finance', 'Zuri Mwende', '--reason', 'starts today']));
    const { once: invitation = '' } = value(await typeAs(world, 'nuru', ['approve', 'last']));
    world.clock.advance(86_400_000);
    expect(await login(invitation)).toEqual(failed('token_expired'));
    const amani = world.tokens['amani'] ?? '';
    world.clock.advance(43 * 86_400_000);
    expect((await login(amani)).ok).toBe(true);
    expect((await login(world.tokens['nuru'] ?? '')).ok).toBe(true);
    world.clock.advance(2 * 86_400_000);
    expect((await login(amani)).ok).toBe(true);
    expect(await login(world.tokens['bahati'] ?? '')).toEqual(failed('member_dormant'));
    world.clock.advance(44 * 86_400_000);
    expect(await login(amani)).toEqual(failed('token_expired'));
  });

  test('a leaver is out at once; nobody shuts out themselves; two let them in again (75)', async () => {
    const token = world.tokens['goma'] ?? '';
    const goma = value(await login(token));
    expect(await make(await memberOf('makena'), 'staff-disable', { staffId: 'makena' })).toEqual(failed('staff_self'));
    value(await make(await memberOf('makena'), 'staff-disable', { staffId: 'goma' }));
    expect(await login(token)).toEqual(failed('token_unknown'));
    // A request that was let in a moment before changes nothing any more.
    expect(await make(goma, 'activate')).toEqual(failed('member_disabled'));
    value(await make(await memberOf('makena'), 'staff-renew', { staffId: 'goma' }));
    const { once = '' } = value(await typeAs(world, 'nuru', ['approve', 'last']));
    expect(value(await login(once))).toMatchObject({ staffId: 'goma', status: 'invited' });
  });

  test('the database lets nobody in without an act that two stand for, and keeps what it knows (72, 73)', async () => {
    const { db } = world.services;
    const attempts = {
      'a new member': `insert into staff_member values ('mallory', 'Mallory', 'admin', 'active', null, null, false, null, now())`,
      'as one of the sandbox': `insert into staff_member values ('mallory', 'Mallory', 'admin', 'active', null, null, true, null, now())`,
      'under an act of somebody else': `insert into staff_member select 'mallory', 'Mallory', 'admin', 'invited', null, null, false, act_id, now() from staff_act`,
      'another role': `update staff_member set role = 'finance' where staff_id = 'makena'`,
      'back from disabled': `update staff_member set status = 'active' where staff_id = 'goma'`,
      'a member gone': `delete from staff_member`,
      'an act gone': `delete from staff_act`,
    };
    value(await typeAs(world, 'makena', ['staff-add', 'zuri', 'finance', 'Zuri Mwende', '--reason', 'starts today']));
    value(await typeAs(world, 'nuru', ['approve', 'last']));
    value(await make(await memberOf('makena'), 'staff-disable', { staffId: 'goma' }));
    for (const [what, text] of Object.entries(attempts)) {
      const outcome = await db.run({ text }).then(
        (touched) => `${touched} rows`,
        (error: unknown) => String(error),
      );
      expect([what, outcome]).toEqual([what, expect.stringMatching(/two people stand for|permission denied/)]);
    }
    await expect(world.owner.run({ text: 'delete from staff_act' })).rejects.toThrow('is kept');
  });

  test('one person is not two members, so no two roles (72)', async () => {
    value(
      await make(await memberOf('makena'), 'staff-add', { staffId: 'eshe2', role: 'risk', fullName: 'eshe hassan' }),
    );
    expect(await typeAs(world, 'nuru', ['approve', 'last'])).toEqual(failed('staff_exists'));
    const [act] = value(await make(await memberOf('nuru'), 'acts')).rows ?? [];
    expect(act).toMatchObject({ command: 'staff-add', state: 'failed', 'decided by': 'nuru' });
  });

  test('production begins with two admins from the database, once; nobody of the sandbox stays', async () => {
    const deps = { clock: world.clock, tokenKey: tokenKeyOf(testSecrets.indexKey) };
    const admins = [
      { staffId: 'ada', fullName: 'Ada Obi' },
      { staffId: 'bem', fullName: 'Bem Iorfa' },
    ];
    expect(await bootstrap(world.owner, deps, admins)).toBeUndefined();
    expect(await disableSandbox(world.owner)).toBe(14);
    for (const token of Object.values(world.tokens)) expect((await login(token)).ok).toBe(false);
    const invited = (await bootstrap(world.owner, deps, admins)) ?? [];
    expect(invited.map(({ staffId }) => staffId)).toEqual(['ada', 'bem']);
    const ada = value(await login(invited[0]?.token ?? ''));
    value(await make(ada, 'activate'));
    expect(await bootstrap(world.owner, deps, admins)).toBeUndefined();
  });
});
