import { createIdentity, type Identity } from '../../../src/identity';
import { createCipher, createIds, parseKeyring, type Keyring, type Msisdn } from '../../../src/platform';
import { createWorld, networkless, testSecrets, type World } from '../../support/world';

/** R57–R60, B6: what protects a PIN when the process dies, keys rotate and rows are read by a thief. */
describe('PIN', () => {
  let world: World;
  let customerId: string;
  beforeEach(async () => {
    world = await createWorld();
    customerId = (await world.services.identity.byMsisdn('+254700000001' as Msisdn))?.customerId ?? '';
  });
  afterEach(() => world.close());

  function identityWith(peppers: Keyring): Identity {
    const { db, clock } = world.services;
    const cipher = createCipher(testSecrets.dataKeys);
    const onLocked = () => Promise.resolve();
    return createIdentity({
      db,
      clock,
      ids: createIds(clock),
      cipher,
      peppers,
      indexKey: testSecrets.indexKey,
      onLocked,
      ...networkless,
    });
  }
  const pepperIdOf = async () =>
    (
      await world.services.db.one<{ pepper_id: string }>({
        text: 'select pepper_id from pin where customer_id = $1',
        values: [customerId],
      })
    ).pepper_id;

  test('R60: an attempt cut short by a crash stays consumed, and the same hop finds its outcome without another', async () => {
    const { db, identity } = world.services;
    // What is left behind when the process dies between counting and hashing.
    await db.run({
      text: 'insert into pin_attempt (attempt_key, customer_id, attempted_at) values ($1, $2, now())',
      values: ['hop-1', customerId],
    });
    await db.run({ text: 'update pin set failed_attempts = 1 where customer_id = $1', values: [customerId] });
    expect(await identity.verifyPin({ customerId, pin: '1111', attemptKey: 'hop-1' })).toEqual({
      ok: false,
      error: 'pin_wrong',
      detail: { left: 2 },
    });
    expect(await identity.verifyPin({ customerId, pin: '1111', attemptKey: 'hop-1' })).toEqual({
      ok: false,
      error: 'pin_wrong',
      detail: { left: 2 },
    });
    expect(await identity.verifyPin({ customerId, pin: '4071', attemptKey: 'hop-2' })).toEqual({
      ok: true,
      value: undefined,
    });
    expect(
      await db.one({ text: 'select failed_attempts from pin where customer_id = $1', values: [customerId] }),
    ).toEqual({ failed_attempts: 0 });
  });

  test('R60: the key of a right attempt opens nothing for another PIN or another person', async () => {
    const { identity } = world.services;
    expect((await identity.verifyPin({ customerId, pin: '4071', attemptKey: 'hop-1' })).ok).toBe(true);
    expect((await identity.verifyPin({ customerId, pin: '4072', attemptKey: 'hop-1' })).ok).toBe(false);
    const other = await identity.byMsisdn('+254700000002' as Msisdn);
    expect(
      (await identity.verifyPin({ customerId: other?.customerId ?? '', pin: '4071', attemptKey: 'hop-1' })).ok,
    ).toBe(false);
  });

  test('R60: ten attempts at once: exactly three are looked at', async () => {
    const { identity } = world.services;
    const guesses = Array.from({ length: 10 }, (_, n) =>
      identity.verifyPin({ customerId, pin: `200${n}`, attemptKey: `guess-${n}` }),
    );
    const results = (await Promise.all(guesses)).map((result) =>
      result.ok ? 'right' : `${result.error} ${result.detail?.['left'] ?? ''}`,
    );
    expect(results.filter((result) => result.startsWith('pin_wrong')).sort()).toEqual(['pin_wrong 1', 'pin_wrong 2']);
    expect(results.filter((result) => result.startsWith('pin_locked'))).toHaveLength(8);
    const settled = await world.services.db.rows({ text: `select 1 from pin_attempt where outcome = 'wrong'` });
    expect(settled).toHaveLength(3);
  });

  test('the pepper rotates: an old hash still opens, and is made anew with the new pepper', async () => {
    const rotated = identityWith(parseKeyring(`next:${'55'.repeat(32)},test:${'11'.repeat(32)}`));
    expect(await pepperIdOf()).toBe('test');
    expect((await rotated.verifyPin({ customerId, pin: '4071', attemptKey: 'a' })).ok).toBe(true);
    expect(await pepperIdOf()).toBe('next');
    expect((await rotated.verifyPin({ customerId, pin: '4071', attemptKey: 'b' })).ok).toBe(true);
  });

  test('the pepper rotates while the PIN is changed: the change stays', async () => {
    const { db } = world.services;
    const rotated = identityWith(parseKeyring(`next:${'55'.repeat(32)},test:${'11'.repeat(32)}`));
    for (let round = 0; round < 5; round += 1) {
      const [old, fresh] = round % 2 === 0 ? ['4071', '5826'] : ['5826', '4071'];
      const before = await rotated.hashPin(fresh, '2000-01-01');
      if (!before.ok) throw new Error(before.error);
      await rotated.verifyPin({ customerId, pin: old, attemptKey: `proof-${round}` });
      const [, changed] = await Promise.all([
        rotated.verifyPin({ customerId, pin: old, attemptKey: `renew-${round}` }),
        db.tx((tx) => rotated.changePin(tx, { customerId, pin: before.value, proof: `proof-${round}` })),
      ]);
      expect(changed.ok).toBe(true);
      expect((await rotated.verifyPin({ customerId, pin: fresh, attemptKey: `check-${round}` })).ok).toBe(true);
      world.clock.advance(1);
    }
  });

  test('R60: a right PIN among wrong ones at the same moment: who is told that it is locked finds it locked, and nobody else', async () => {
    const { identity } = world.services;
    for (let round = 0; round < 10; round += 1) {
      const pins = ['1111', '4071', '2222'];
      const attempts = pins.map((pin, n) => identity.verifyPin({ customerId, pin, attemptKey: `mixed-${round}-${n}` }));
      const results = await Promise.all(attempts);
      const { locked } = await world.services.db.one<{ locked: boolean }>({
        text: 'select locked_at is not null as locked from pin where customer_id = $1',
        values: [customerId],
      });
      const saidLocked = results.some((result) => !result.ok && result.error === 'pin_locked');
      expect(saidLocked).toBe(locked);
      await world.services.db.run({ text: 'update pin set failed_attempts = 0, locked_at = null' });
    }
  });

  test('without the pepper a stolen hash opens for no PIN', async () => {
    const thief = identityWith(parseKeyring(`test:${'66'.repeat(32)}`));
    expect(await thief.verifyPin({ customerId, pin: '4071', attemptKey: 'a' })).toMatchObject({
      ok: false,
      error: 'pin_wrong',
    });
  });

  test('R49: papers are unreadable in the database, and bound to their row', async () => {
    const { db } = world.services;
    const rows = await db.rows<{ customer_id: string; birth_date: Buffer; key_id: string }>({
      text: 'select customer_id, birth_date, key_id from customer order by customer_id',
    });
    const [one, other] = rows;
    if (!one || !other) throw new Error('the sandbox has people');
    expect(one.birth_date.includes('1990')).toBe(false);
    expect(one.birth_date.equals(other.birth_date)).toBe(false);
    const cipher = createCipher(testSecrets.dataKeys);
    const sealed = { keyId: one.key_id, bytes: one.birth_date };
    expect(cipher.open(sealed, `${one.customer_id}:birth_date`)).toBe('1990-01-31');
    expect(() => cipher.open(sealed, `${other.customer_id}:birth_date`)).toThrow();
  });
});
