import request from 'supertest';
import { commands, staffRoles, type StaffRole } from '../../../src/admin';
import { memberOf } from '../../support/staff';
import { createWorld, type World } from '../../support/world';

/** The staff's door as whoever knocks finds it. */
describe('the door /staff/v1', () => {
  let world: World;
  beforeAll(async () => {
    world = await createWorld();
  });
  afterAll(() => world.close());
  // Who was refused too often waits for the next minute.
  beforeEach(() => world.clock.advance(60_000));

  const tokenOf = (staffId: string): string => world.tokens[staffId] ?? '';
  const post = (path: string, staffId: string, body: object = {}) =>
    request(world.http)
      .post(`/staff/v1/${path}`)
      .set('authorization', `Bearer ${tokenOf(staffId)}`)
      .send(body);
  const memberOfRole: Record<StaffRole, string> = {
    ...{ call_centre: 'amani', agent_manager: 'chausiku', fraud: 'eshe', finance: 'goma' },
    ...{ risk: 'imani', auditor: 'kesi', admin: 'makena' },
  };

  // Controls 70 and 72: least privilege, one role each. A role that a command does not name is refused before anything
  // else is looked at; a role that it names gets as far as its arguments.
  test.each(
    commands.flatMap(({ name, roles }) => staffRoles.map((role) => [name, role, roles.includes(role)] as const)),
  )('%s by %s: allowed %s', async (name, role, isAllowed) => {
    const reply = await post(name, memberOfRole[role], { notAnArgument: 'x', reason: 'to see who may' });
    if (isAllowed) expect([reply.status, reply.body]).toEqual([400, invalid('notAnArgument', 'is not known here')]);
    else expect([reply.status, codeOf(reply.body)]).toEqual([403, 'role_refused']);
  });

  test('a refusal by role is in the forensic log, with who tried', async () => {
    await post('staff-list', 'amani');
    const event = await world.owner.one({
      text: `select actor_id, subject_id, new_value from audit_event where action = 'staff.refused' order by seq desc limit 1`,
    });
    expect(event).toEqual({ actor_id: 'amani', subject_id: 'staff-list', new_value: { role: 'call_centre' } });
  });

  test('errors name the field and nothing of ours; a reason is asked for where something changes', async () => {
    const cases = [
      [{ who: '0700000002' }, 400, 'reason_missing', 'reason'],
      [{ who: '0700000002', reason: 'x' }, 400, 'reason_missing', 'reason'],
      [{ who: '', reason: 'called us' }, 400, 'argument_invalid', 'who'],
      [{ reason: 'called us' }, 400, 'argument_invalid', 'who'],
      [{ who: { deep: [[[]]] }, reason: 'called us' }, 400, 'argument_invalid', 'who'],
      [{ who: '0799999999', reason: 'called us' }, 404, 'person_unknown', undefined],
      [{ who: '0700000002', reason: 7 }, 400, 'body_unreadable', undefined],
      [['who'], 400, 'body_unreadable', undefined],
    ] as const;
    for (const [body, status, code, field] of cases) {
      const reply = await post('unlock', 'amani', body);
      expect([reply.status, codeOf(reply.body), fieldOf(reply.body)]).toEqual([status, code, field]);
    }
  });

  test('content type, size, method and path are held to (49, 48)', async () => {
    const knock = () =>
      request(world.http)
        .post('/staff/v1/unlock')
        .set('authorization', `Bearer ${tokenOf('amani')}`);
    const form = await knock().type('form').send({ who: '0700000002' });
    expect([form.status, codeOf(form.body)]).toEqual([415, 'content_type']);
    const cut = await knock().type('json').send('{"who": ');
    expect([cut.status, codeOf(cut.body)]).toEqual([400, 'body_unreadable']);
    const long = await knock().send({ who: 'x'.repeat(20_000) });
    expect([long.status, codeOf(long.body)]).toEqual([413, 'body_too_large']);
    const file = await post('reconcile', 'goma', { from: 'x', file: 'x'.repeat(900_000) });
    expect([file.status, codeOf(file.body)]).toEqual([400, 'argument_invalid']); // it was read
    const other = await request(world.http)
      .put('/staff/v1/unlock')
      .set('authorization', `Bearer ${tokenOf('amani')}`);
    expect(other.status).toBe(405);
    expect((await post('unlocks', 'amani')).status).toBe(404);
    expect((await post('constructor', 'amani')).status).toBe(404);
  });

  test('nothing is cached, sniffed or framed (81)', async () => {
    const { headers } = await post('unlock', 'amani');
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    expect(headers['x-powered-by']).toBeUndefined();
  });

  test('without a token, with a wrong one or in the query: the same answer, and after ten of them none', async () => {
    const bodies = new Set<string>();
    for (let tried = 0; tried < 10; tried += 1) {
      const knock = request(world.http).post(`/staff/v1/unlock?token=${tokenOf('amani')}`);
      const reply = await (tried % 2 === 0 ? knock : knock.set('authorization', 'Bearer staff_guess')).send({});
      expect(reply.status).toBe(401);
      bodies.add(reply.text);
    }
    expect(bodies.size).toBe(1);
    const right = await post('acts', 'amani');
    expect([right.status, codeOf(right.body)]).toEqual([429, 'too_many']);
    world.clock.advance(60_000);
    expect((await post('acts', 'amani')).status).toBe(200);
  });

  test('a member is held to 120 requests a minute', async () => {
    const { staff } = world.services;
    const seen = jest.spyOn(staff, 'make').mockResolvedValue({ ok: false, error: 'act_unknown' });
    const statuses: number[] = [];
    for (let sent = 0; sent < 121; sent += 1) statuses.push((await post('acts', 'bahati')).status);
    seen.mockRestore();
    expect([statuses.filter((status) => status === 404).length, statuses.at(-1)]).toEqual([119, 429]);
    expect((await post('acts', 'amani')).status).toBe(200);
  });

  test('what goes wrong on our side is told without a word about it (55)', async () => {
    const broken = jest.spyOn(world.services.staff, 'make').mockRejectedValue(new Error('relation staff_act: secret'));
    const reply = await post('acts', 'amani');
    broken.mockRestore();
    expect([reply.status, codeOf(reply.body)]).toEqual([500, 'failed']);
    expect(reply.text).not.toMatch(/relation|staff_act|secret|at /);
  });

  test('the same request again has the same act; other content under its key is refused (45)', async () => {
    await lockOut('+254700000003');
    const key = '019b0000-0000-7000-8000-000000000001';
    const body = { who: '0700000003', reason: 'called us, ID checked' };
    const first = await post('unlock', 'amani', body).set('idempotency-key', key);
    expect([first.status, first.body]).toEqual([200, expect.objectContaining({ state: 'done', actId: key })]);
    const again = await post('unlock', 'amani', body).set('idempotency-key', key);
    expect(again.body).toEqual(first.body);
    const events = `select count(*)::int as n from audit_event where action = 'staff.act_done' and subject_id = '${key}'`;
    expect(await world.owner.one({ text: events })).toEqual({ n: 1 });
    const other = await post('unlock', 'amani', { ...body, who: '0700000001' }).set('idempotency-key', key);
    expect([other.status, codeOf(other.body)]).toEqual([409, 'act_different']);
    const stranger = await post('unlock', 'bahati', body).set('idempotency-key', key);
    expect([stranger.status, codeOf(stranger.body)]).toEqual([409, 'act_different']);
  });

  test('every command can be typed as its usage says', () => {
    for (const { name, usage, order, args } of commands) {
      const keys = Object.keys((args as unknown as { shape: object }).shape);
      const named = [...usage.matchAll(/<(\w+)[:>]|--(\w+)/g)].map(([, first, second]) => first ?? second ?? '');
      expect([name, keys.filter((key) => !named.includes(key))]).toEqual([name, []]);
      expect([name, order.filter((key) => !keys.includes(key))]).toEqual([name, []]);
    }
  });

  const lockOut = async (msisdn: string): Promise<void> => {
    const text = `update pin set failed_attempts = 3, locked_at = now() where customer_id =
                    (select customer_id from phone_assignment where msisdn = $1 and valid_to is null)`;
    await world.owner.run({ text, values: [msisdn] });
  };
  const codeOf = (body: unknown) => (body as { error?: { code?: string } }).error?.code;
  const fieldOf = (body: unknown) => (body as { error?: { field?: string } }).error?.field;
  const invalid = (field: string, why: string) => ({
    error: { code: 'argument_invalid', field, message: `${field} ${why}` },
  });

  test('the sandbox has two of each role, so that one can check the other', async () => {
    for (const [role, staffId] of Object.entries(memberOfRole)) expect((await memberOf(staffId)).role).toBe(role);
  });
});
