import type { Msisdn } from '../../../src/platform';
import { search } from '../../e2e/canary-search';
import { typeAs } from '../../support/staff';
import { createCall, createWorld, type World } from '../../support/world';

const kani = '+254700000002' as Msisdn;

/** R60, B15: a PIN that was forgotten. */
describe('a code for a new PIN', () => {
  let world: World;
  let customerId: string;
  beforeEach(async () => {
    world = await createWorld();
    customerId = (await world.services.identity.byMsisdn(kani))?.customerId ?? '';
  });
  afterEach(() => world.close());

  const start = async () => {
    const done = await typeAs(world, 'amani', ['pin-reset', kani, '--reason', 'they called']);
    await world.settle();
    return { done, code: /\b\d{6}\b/.exec(world.sms.sent.at(-1)?.body ?? '')?.[0] ?? '' };
  };
  const prove = async (code: string, hopKey: string): Promise<string> => {
    const onEnded = () => Promise.resolve();
    const proven = await world.services.identity.proveReset({ customerId, code, hopKey, onEnded });
    return proven.ok ? 'right' : [proven.error, proven.detail?.['left']].filter((part) => part !== undefined).join(' ');
  };
  const finish = async (pin: string, proof: string): Promise<string> => {
    const { identity, db } = world.services;
    const hashed = await identity.hashNewPin(customerId, pin);
    if (!hashed.ok) return hashed.error;
    const set = await db.tx((tx) => identity.finishPinReset(tx, { customerId, pin: hashed.value, proof }));
    return set.ok ? 'set' : set.error;
  };
  const auditOf = async (action: string) =>
    world.services.db.rows<{ actor: string; told: unknown }>({
      text: `select actor_kind || ' ' || actor_id as actor, new_value as told from audit_event
             where action = $1 and subject_id = $2 order by seq`,
      values: [action, customerId],
    });

  test('R60: fifty wrong codes at once: three are looked at, and the right one is worth nothing after', async () => {
    const { code } = await start();
    const wrong = Array.from({ length: 50 }, (_, n) => String(n).padStart(6, '0')).filter((one) => one !== code);
    const answers = await Promise.all(wrong.map((one, n) => prove(one, `guess-${n}`)));
    const told = (what: string) => answers.filter((answer) => answer === what).length;
    expect([told('reset_code_wrong 2'), told('reset_code_wrong 1'), told('reset_over')]).toEqual([
      1,
      1,
      wrong.length - 2,
    ]);
    expect(await world.owner.one({ text: 'select tries_left as left, outcome from pin_reset' })).toEqual({
      left: 0,
      outcome: 'failed',
    });
    expect(await prove(code, 'late')).toBe('reset_over');
    expect(await finish('2708', 'late')).toBe('reset_over');
  });

  test('R60: fifty right codes at once set one PIN; the same wrong hop twice takes one try', async () => {
    const { code } = await start();
    const wrong = code === '000000' ? '000001' : '000000';
    expect([await prove(wrong, 'hop'), await prove(wrong, 'hop')]).toEqual([
      'reset_code_wrong 2',
      'reset_code_wrong 2',
    ]);
    const hops = Array.from({ length: 50 }, (_, n) => `hop-${n}`);
    expect(new Set(await Promise.all(hops.map((hop) => prove(code, hop))))).toEqual(new Set(['right']));
    const { identity, db } = world.services;
    const pin = await identity.hashPin('2708', '1990-12-25');
    if (!pin.ok) throw new Error(pin.error);
    const sets = await Promise.all(
      hops.map((proof) => db.tx((tx) => identity.finishPinReset(tx, { customerId, pin: pin.value, proof }))),
    );
    expect(sets.filter(({ ok }) => ok)).toHaveLength(1);
    expect((await identity.verifyPin({ customerId, pin: '2708', attemptKey: 'new' })).ok).toBe(true);
  });

  test('R59, R60: what was proven by the PIN before proves nothing after, and a birth date is no PIN', async () => {
    const { identity, db } = world.services;
    expect((await identity.verifyPin({ customerId, pin: '8305', attemptKey: 'old' })).ok).toBe(true);
    const { birthDate } = await identity.papersOf(db, customerId);
    const { code } = await start();
    expect(await finish('2708', 'nobody')).toBe('reset_over');
    expect(await prove(code, 'hop')).toBe('right');
    expect(await finish(birthDate.slice(0, 4), 'hop')).toBe('pin_is_birth_date');
    expect(await finish('2708', 'hop')).toBe('set');
    expect(await finish('2709', 'hop')).toBe('reset_over');
    const again = await identity.hashPin('3805', '1990-12-25');
    if (!again.ok) throw new Error(again.error);
    const changed = await db.tx((tx) => identity.changePin(tx, { customerId, pin: again.value, proof: 'old' }));
    expect(changed.ok).toBe(false);
    expect((await identity.verifyPin({ customerId, pin: '8305', attemptKey: 'older' })).ok).toBe(false);
  });

  test('whoever told the code has five minutes for the PIN', async () => {
    const { code } = await start();
    expect(await prove(code, 'hop')).toBe('right');
    world.clock.advance(5 * 60_000 + 1);
    expect(await finish('2708', 'hop')).toBe('reset_over');
  });

  test('A1: neither staff nor rows nor forensic log hold the code or the PIN', async () => {
    const { done, code } = await start();
    expect(code).toMatch(/^\d{6}$/);
    expect(
      JSON.stringify(done, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
    ).not.toContain(code);
    const call = createCall(world, kani);
    await call.dial();
    for (const typed of ['1', code, '270814', '270814']) await call.answer(typed);
    await call.end('Success');
    const tables = await world.owner.rows<{ name: string }>({
      text: `select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace`,
    });
    for (const { name } of tables) {
      const rows = await world.owner.rows({ text: `select t::text as row from ${name} t` });
      expect(search(name, Buffer.from(JSON.stringify(rows)), [code, '270814'])).toEqual([]);
    }
    const [started, set] = [await auditOf('pin.reset_started'), await auditOf('pin.reset')];
    expect(started).toEqual([{ actor: 'staff amani', told: { msisdn: kani } }]);
    expect(set.map(({ actor }) => actor)).toEqual([`customer ${customerId}`]);
  });

  test('B15: a swap that is seen is counted once, kept although the start is refused, and recorded', async () => {
    const { network, clock, services } = world;
    clock.advance(60_000);
    network.swaps.set(kani, clock.now());
    const epochs = () =>
      services.db.rows({ text: 'select sim_epoch as epoch from phone_assignment where msisdn = $1', values: [kani] });
    for (const times of [1, 2]) {
      const { done } = await start();
      expect([times, done]).toMatchObject([times, { ok: false, error: 'sim_swapped' }]);
    }
    expect(await epochs()).toEqual([{ epoch: 1 }]);
    expect(await auditOf('phone.sim_swapped')).toEqual([
      { actor: 'provider mno', told: { msisdn: kani, swappedAt: clock.now().toISOString() } },
    ]);
    expect(await services.db.rows({ text: 'select from pin_reset' })).toEqual([]);
    clock.advance(60_000);
    network.swaps.set(kani, clock.now());
    await start();
    expect(await epochs()).toEqual([{ epoch: 2 }]);
  });

  test('B15: a code that another phone of theirs got is worth nothing once that phone is not theirs', async () => {
    const { code } = await start();
    world.clock.advance(1000);
    await world.owner.run({
      text: 'update phone_assignment set valid_to = $2 where msisdn = $1',
      values: [kani, world.clock.now()],
    });
    expect(await prove(code, 'hop')).toBe('reset_over');
    expect((await start()).done).toMatchObject({ ok: false });
  });
});
