import { commands, type Member } from '../../../src/admin';
import { violatedConstraint } from '../../../src/platform';
import { memberOf, typeAs } from '../../support/staff';
import { createWorld, type World } from '../../support/world';

/** Maker and checker (72, 73), as the code and the database hold them. */
describe('acts', () => {
  let world: World;
  beforeEach(async () => {
    world = await createWorld();
  });
  afterEach(() => world.close());

  const failed = (error: string) => expect.objectContaining({ ok: false, error }) as unknown;
  const says = (words: string) => ({ ok: true, value: expect.objectContaining({ says: words }) as unknown });
  const freezeKani = () => typeAs(world, 'eshe', ['freeze', '0700000002', 'all', '--reason', 'card found in a raid']);
  const propose = () => typeAs(world, 'eshe', ['unfreeze', '1', '--reason', 'police closed the case']);
  const statusOf = async (msisdn: string): Promise<string | undefined> => {
    const { identity, accounts, ledger, db } = world.services;
    const customer = (await identity.peopleOf(msisdn as never))[0];
    const primary = await accounts.primaryOf(db, customer?.customerId ?? '');
    return (await ledger.balance(db, primary?.accountId ?? ''))?.status;
  };

  test('the maker cannot check, nor can a role that may not; a second person can; nobody can twice', async () => {
    await freezeKani();
    expect(await statusOf('+254700000002')).toBe('frozen');
    expect(await propose()).toEqual(says('unfreeze waits for a second person as act 2'));
    expect(await typeAs(world, 'eshe', ['approve', 'last'])).toEqual(failed('same_person'));
    expect(await typeAs(world, 'amani', ['approve', 'last'])).toEqual(failed('role_refused'));
    expect(await typeAs(world, 'farida', ['reject', '2'])).toEqual(failed('reason_missing'));
    expect(await statusOf('+254700000002')).toBe('frozen');
    expect(await typeAs(world, 'farida', ['approve', 'last'])).toEqual(says('freeze 1 is lifted'));
    expect(await statusOf('+254700000002')).toBe('open');
    expect(await typeAs(world, 'imani', ['approve', 'last'])).toEqual(failed('act_decided'));
    expect(await typeAs(world, 'imani', ['approve', '99'])).toEqual(failed('act_unknown'));
  });

  test('rejected with a reason, it is never carried out', async () => {
    await freezeKani();
    await propose();
    expect(await typeAs(world, 'imani', ['reject', 'last', '--reason', 'no paper from the court'])).toEqual(
      says('act 2 is rejected'),
    );
    expect(await typeAs(world, 'farida', ['approve', 'last'])).toEqual(failed('act_decided'));
    expect(await statusOf('+254700000002')).toBe('frozen');
  });

  test('a proposal that nobody decides expires after seven days', async () => {
    await freezeKani();
    await propose();
    world.clock.advance(7 * 86_400_000);
    expect(await typeAs(world, 'farida', ['approve', 'last'])).toEqual(failed('act_expired'));
    await world.services.staff.sweep();
    const found = await typeAs(world, 'farida', ['acts', 'expired']);
    expect(found.ok && found.value.rows).toEqual([
      expect.objectContaining({ act: '2', state: 'expired', 'decided by': '' }),
    ]);
  });

  test('two checkers approve at once: one of them does, once', async () => {
    await freezeKani();
    await propose();
    const both = await Promise.all(['farida', 'imani', 'jabari'].map((by) => typeAs(world, by, ['approve', 'last'])));
    expect(both.filter(({ ok }) => ok)).toHaveLength(1);
    expect(both.filter(({ ok }) => !ok)).toEqual([failed('act_decided'), failed('act_decided')]);
    const done = `select count(*)::int as n from audit_event where action in ('freeze.lifted', 'staff.act_done') and seq >
                  (select max(seq) from audit_event where action = 'staff.act_proposed')`;
    expect(await world.owner.one({ text: done })).toEqual({ n: 2 });
  });

  test('what the command refuses leaves the proposal failed, and nothing else', async () => {
    await freezeKani();
    await propose();
    await typeAs(world, 'farida', ['approve', 'last']);
    await propose();
    expect(await typeAs(world, 'farida', ['approve', 'last'])).toEqual(failed('freeze_lifted'));
    const act = await world.owner.one({
      text: 'select state, outcome, decided_by from staff_act order by act_number desc limit 1',
    });
    expect(act).toEqual({ state: 'failed', outcome: 'freeze_lifted', decided_by: 'farida' });
  });

  test('a refused command that needs nobody else keeps no act', async () => {
    await world.services.staff.make(await memberOf('eshe'), {
      ...{ command: 'freeze', reason: 'too late', actId: undefined },
      args: { who: '0700000002', side: 'all', until: '2020-01-01T00:00:00Z' },
    });
    expect(await world.owner.rows({ text: 'select * from staff_act' })).toEqual([]);
  });

  test('each act is in the forensic log with its digest; the reason stays with the act, for good', async () => {
    await freezeKani();
    const events = await world.owner.rows<{ action: string; new_value: Record<string, string> }>({
      text: `select action, new_value from audit_event where actor_id = 'eshe' order by seq, number`,
    });
    expect(events.map(({ action }) => action)).toEqual(['account.status_changed', 'freeze.made', 'staff.act_done']);
    expect(events[2]?.new_value).toMatchObject({ command: 'freeze', number: '1', aboutKind: 'customer' });
    expect(events[2]?.new_value['contentDigest']).toMatch(/^[0-9a-f]{64}$/);
    expect(JSON.stringify(events)).not.toMatch(/raid|0700000002/);
    const act = await world.owner.one({ text: 'select reason, args from staff_act' });
    expect(act).toEqual({
      reason: 'card found in a raid',
      args: { who: '0700000002', side: 'all', tell: 'yes' },
    });
  });

  describe('in the database, as the gateway is let in', () => {
    const attempt = async (text: string): Promise<string> =>
      world.services.db.run({ text }).then(
        (rows) => `${rows} rows`,
        (error: unknown) => violatedConstraint(error) ?? String(error),
      );
    const insert = (columns: Record<string, string>): string => {
      const row = {
        ...{ act_id: 'gen_random_uuid()', command: `'unfreeze'`, args: `'{"number": "1"}'`, reason: `'because'` },
        ...{ is_checked: 'true', state: `'proposed'`, made_by: `'eshe'`, made_role: `'fraud'`, made_at: 'now()' },
        ...columns,
      };
      return `insert into staff_act (${Object.keys(row).join(', ')}) values (${Object.values(row).join(', ')})`;
    };
    const decide = (columns: string): string =>
      `update staff_act set ${columns}, decided_at = now() where state = 'proposed'`;

    test('what needs a second person is not inserted without one', async () => {
      expect(await attempt(insert({ is_checked: 'false', state: `'approved'` }))).toBe('staff_act_checked');
      expect(await attempt(insert({ state: `'approved'` }))).toMatch(/staff_act_(forward|decided)/);
      expect(await attempt(insert({ state: `'done'` }))).toMatch(/staff_act_(forward|decided)/);
      expect(await attempt(insert({ made_by: `'nobody'` }))).toBe('staff_act_member');
      expect(await attempt(insert({ made_role: `'risk'` }))).toBe('staff_act_member');
      expect(await attempt(insert({ reason: 'null' }))).toBe('staff_act_reasoned');
      expect(await attempt(insert({}))).toBe('1 rows');
    });

    test('who made it does not decide it, whatever asks', async () => {
      await attempt(insert({}));
      const mine = decide(`state = 'approved', decided_by = 'eshe', decided_role = 'fraud'`);
      expect(await attempt(mine)).toBe('staff_act_two_people');
      expect(await attempt(decide(`state = 'approved', decided_by = null`))).toBe('staff_act_decided');
      const stranger = decide(`state = 'approved', decided_by = 'farida', decided_role = 'risk'`);
      expect(await attempt(stranger)).toBe('staff_act_member');
      expect(await attempt(decide(`state = 'approved', decided_by = 'farida', decided_role = 'fraud'`))).toBe('1 rows');
      expect(await attempt(`update staff_act set decided_by = 'imani'`)).toMatch(/staff_act_(forward|immutable)/);
    });

    test('it moves forward only, and what was asked stays', async () => {
      await attempt(insert({}));
      await attempt(decide(`state = 'approved', decided_by = 'farida', decided_role = 'fraud'`));
      await attempt(`update staff_act set state = 'done', finished_at = now()`);
      for (const state of ['proposed', 'approved', 'rejected', 'failed'])
        expect(await attempt(`update staff_act set state = '${state}'`)).toBe('staff_act_forward');
      for (const column of [`args = '{}'`, `reason = 'x'`, `made_by = 'imani'`, `command = 'freeze'`]) {
        expect(await attempt(`update staff_act set ${column}`)).toMatch(/permission denied/);
        await expect(world.owner.run({ text: `update staff_act set ${column}` })).rejects.toMatchObject({
          constraint: 'staff_act_immutable',
        });
      }
      expect(await attempt('delete from staff_act')).toMatch(/permission denied/);
    });

    test('every command with checkers is one that the database checks, and the other way round', async () => {
      const rows = await world.owner.rows<{ command: string }>({ text: 'select command from staff_checked_command' });
      const checked = commands.filter(({ checkers }) => checkers).map(({ name }) => name);
      expect(checked.sort()).toEqual(rows.map(({ command }) => command).sort());
    });
  });

  test('rules: one proposes, another approves, nobody their own (R112, R161)', async () => {
    const shown = await typeAs(world, 'imani', ['rules-show', 'limits']);
    const body = (shown.ok ? (shown.value.text ?? '') : '').replaceAll(/\s+/g, ' ');
    const propose = (by: string, text: string) =>
      typeAs(world, by, ['rules-propose', 'limits', text, '--reason', 'board decision 14']);
    expect(await propose('imani', '{"not": "rules"}')).toEqual(failed('rules_invalid'));
    expect(await propose('imani', '{')).toEqual(failed('rules_invalid'));
    expect(await propose('amani', body)).toEqual(failed('role_refused'));
    expect(await propose('imani', body)).toEqual(says('limits wait for a second person as version 1'));
    const decide = (by: string) => typeAs(world, by, ['rules-approve', '1', '--reason', 'as the board decided']);
    expect(await decide('imani')).toEqual(failed('same_person'));
    expect((await decide('jabari')).ok).toBe(true);
    const log = await world.owner.rows({
      text: `select action, actor_id from audit_event where action like 'rule.%' order by seq`,
    });
    expect(log).toEqual([
      { action: 'rule.proposed', actor_id: 'imani' },
      { action: 'rule.approved', actor_id: 'jabari' },
    ]);
  });

  test('a member who is shut out between two requests decides nothing', async () => {
    await freezeKani();
    await propose();
    const farida: Member = await memberOf('farida');
    await typeAs(world, 'makena', ['staff-disable', 'farida', '--reason', 'left today']);
    const late = world.services.staff.decide(farida, { act: '2', decision: 'approve', reason: 'in time?' });
    expect(await late).toEqual(failed('member_disabled'));
  });
});
