import type { Msisdn } from '../../../src/platform';
import { createCall, createWorld, type World } from '../../support/world';

const [hamim, kani] = ['+254700000001' as Msisdn, '+254700000002' as Msisdn];
const birthDate = '1990-12-25';
const stranger = (n: number) => `+2547110000${String(n).padStart(2, '0')}` as Msisdn;

/** R43 to R45, Q6: on a real PostgreSQL, as the gateway's role. */
describe('who is on which phone', () => {
  let world: World;
  let hops = 0;
  beforeEach(async () => {
    world = await createWorld();
  });
  afterEach(() => world.close());

  const hop = () => `hop-${(hops += 1)}`;
  const idOf = async (msisdn: Msisdn) => (await world.services.identity.byMsisdn(msisdn))?.customerId ?? '';
  const said = (result: { ok: boolean; error?: string }) => (result.ok ? 'ok' : (result.error ?? ''));
  const counted = (answers: readonly string[]) =>
    Object.fromEntries([...new Set(answers)].sort().map((one) => [one, answers.filter((a) => a === one).length]));
  const phonesOf = async (customerId: string) =>
    (await world.services.identity.phones.of(world.services.db, customerId)).map(({ msisdn }) => msisdn);
  const count = async (msisdn: Msisdn) => (await world.services.identity.peopleOf(msisdn)).length;
  /** The default person of a phone proves the PIN, to let one more in. */
  const open = async (owner: string, pin: string) => {
    const attemptKey = hop();
    expect(said(await world.services.identity.verifyPin({ customerId: owner, pin, attemptKey }))).toBe('ok');
    return attemptKey;
  };
  const ask = async (msisdn: Msisdn, person: string, letIn?: string) =>
    said(await world.services.phones.ask({ msisdn, person, letIn, hopKey: hop() }));
  const requestOf = async (customerId: string, msisdn: Msisdn) =>
    (await world.services.phones.waiting(customerId)).find((one) => one.msisdn === msisdn)?.requestId ?? '';
  const agree = async (
    { customerId, on, pin }: { customerId: string; on: Msisdn; pin: string },
    requestId: string,
    hopKey = hop(),
  ) => said(await world.services.phones.consent({ customerId, requestId, on, pin, hopKey }));
  /** `many` people of their own phones, all with one PIN. */
  const crowd = async (many: number, pin = '5038') => {
    const { identity, onboarding } = world.services;
    const hashed = await identity.hashPin(pin, birthDate);
    if (!hashed.ok) throw new Error(hashed.error);
    const people = Array.from({ length: many }, (_, n) => ({
      ...{ msisdn: `+2547120000${String(n).padStart(2, '0')}` as Msisdn, firstName: 'Asha', lastName: 'Crowd' },
      ...{ birthDate, nationalId: `CROWD${1000 + n}`, language: 'en', role: 'customer' as const },
      ...{ pin: hashed.value, balanceMinor: 0n },
    }));
    await onboarding.openSandbox(people);
    return Promise.all(people.map(async ({ msisdn }) => ({ customerId: await idOf(msisdn), on: msisdn, pin })));
  };
  const signUp = async (msisdn: Msisdn, n: number, letIn?: string) => {
    const { identity, onboarding } = world.services;
    const hashed = await identity.hashPin('5038', birthDate);
    if (!hashed.ok) throw new Error(hashed.error);
    const person = { firstName: 'Neema', lastName: 'Achieng', birthDate, nationalId: `NEEMA${1000 + n}` };
    return said(await onboarding.open({ ...person, msisdn, language: 'en', pin: hashed.value, letIn }));
  };
  const auditOf = (customerId: string) =>
    world.services.db.rows<{ action: string }>({
      text: `select action, old_value as old, new_value as new from audit_event
             where subject_id = $1 and action like 'phone.%' order by seq, number`,
      values: [customerId],
    });

  test('R44: twenty consents and twenty sign-ups at once fill a phone, and no more', async () => {
    const kaniId = await idOf(kani);
    const people = await crowd(20);
    await world.owner.run({
      text: `insert into phone_request (request_id, msisdn, customer_id, let_in_by, asked_by, asked_at, expires_at, state)
      select gen_random_uuid(), $1, customer_id::uuid, $3, 'asked-' || customer_id, $4::timestamptz, $4::timestamptz + interval '1 day', 'open'
      from unnest($2::text[]) customer_id`,
      values: [kani, people.map(({ customerId }) => customerId), kaniId, world.clock.now()],
    });
    const requests = await Promise.all(people.map(({ customerId }) => requestOf(customerId, kani)));
    const proofs: string[] = [];
    for (let n = 0; n < 20; n += 1) proofs.push(await open(kaniId, '8305'));
    const answers = await Promise.all([
      ...people.map((one, n) => agree(one, requests[n] ?? '')),
      ...proofs.map((proof, n) => signUp(kani, n, proof)),
    ]);
    expect(counted(answers)).toEqual({ ok: 7, phone_full: 33 });
    expect(await count(kani)).toBe(8);
    const call = createCall(world, kani);
    expect((await call.dial()).match(/^\d .*(Achieng|Crowd)/gm)?.length).toBe(8);
    expect(await call.answer('9')).toBe('END That phone has as many people as it can have.');
  });

  test('R44: the database itself refuses the ninth person and the sixth phone', async () => {
    const people = await crowd(8);
    const put = (customerId: string, msisdn: string) =>
      world.owner.run({
        text: `insert into phone_assignment (assignment_id, msisdn, customer_id, valid_from, is_default, is_contact)
               values (gen_random_uuid(), $2, $1, now(), false, false)`,
        values: [customerId, msisdn],
      });
    const onKanis = await Promise.allSettled(people.map(({ customerId }) => put(customerId, kani)));
    expect(onKanis.filter(({ status }) => status === 'fulfilled')).toHaveLength(7);
    const reasons = onKanis.flatMap((one) => (one.status === 'rejected' ? [String(one.reason)] : []));
    expect(reasons).toEqual([expect.stringMatching(/as many people as it can/)]);
    const kaniId = await idOf(kani);
    const phones = await Promise.allSettled(Array.from({ length: 6 }, (_, n) => put(kaniId, stranger(n))));
    expect(phones.filter(({ status }) => status === 'fulfilled')).toHaveLength(4);
    expect(await phonesOf(kaniId)).toHaveLength(5);
  });

  test('R43: a person agrees to six phones, three at once, and gets four more', async () => {
    const customerId = await idOf(hamim);
    for (let n = 0; n < 6; n += 1) {
      expect(await ask(stranger(n), '10000016')).toBe('ok');
      if (n === 2) world.clock.advance(24 * 3_600_000 - 60_000); // three a day are asked
    }
    await world.owner.run({
      text: `update phone_request set expires_at = $1, customer_id = $2`,
      values: [new Date(world.clock.now().getTime() + 3_600_000), customerId],
    });
    const requests = await world.services.phones.waiting(customerId);
    expect(requests).toHaveLength(6);
    const who = { customerId, on: hamim, pin: '4071' };
    const answers: string[] = [];
    for (const three of [requests.slice(0, 3), requests.slice(3)])
      // of one PIN three attempts can be under way
      answers.push(...(await Promise.all(three.map(({ requestId }) => agree(who, requestId)))));
    expect(counted(answers)).toEqual({ ok: 4, phones_full: 2 });
    expect(await phonesOf(customerId)).toHaveLength(5);
  });

  test('Q6: one request that is agreed to twenty times at once gives one phone, one SMS each, one event', async () => {
    const customerId = await idOf(kani);
    expect(await ask(stranger(1), '10000024')).toBe('ok');
    const requestId = await requestOf(customerId, stranger(1));
    const who = { customerId, on: kani, pin: '8305' };
    const answers = await Promise.all(Array.from({ length: 20 }, () => agree(who, requestId)));
    // Of one PIN three attempts can be under way; whoever comes beside them is turned away before it is read.
    expect(answers.filter((one) => one === 'ok')).toHaveLength(1);
    expect(answers.filter((one) => one === 'phone_request_gone').length).toBeGreaterThanOrEqual(2);
    expect(await agree(who, requestId)).toBe('phone_request_gone');
    expect(await phonesOf(customerId)).toEqual([kani, stranger(1)]);
    await world.settle();
    expect(world.sms.sent.map(({ to }) => to).sort()).toEqual([kani, kani, stranger(1)]); // asked, added, joined
    expect((await auditOf(customerId)).filter(({ action }) => action === 'phone.assigned')).toHaveLength(2); // and at sign-up
  });

  test('Q6: the same hop again is answered the same, and adds nothing', async () => {
    const customerId = await idOf(kani);
    await ask(stranger(1), '10000024');
    const requestId = await requestOf(customerId, stranger(1));
    const who = { customerId, on: kani, pin: '8305' };
    expect([await agree(who, requestId, 'h'), await agree(who, requestId, 'h')]).toEqual(['ok', 'ok']);
    expect(await agree(who, requestId, 'another hop')).toBe('phone_request_gone');
    expect(said(await world.services.phones.refuse({ customerId, requestId, hopKey: 'h' }))).toBe('phone_request_gone');
  });

  test('Q6: nobody agrees to, or refuses, what another was asked; nor with a wrong PIN', async () => {
    const [kaniId, hamimId] = [await idOf(kani), await idOf(hamim)];
    await ask(stranger(1), '10000024');
    const requestId = await requestOf(kaniId, stranger(1));
    expect(await agree({ customerId: hamimId, on: hamim, pin: '4071' }, requestId)).toBe('phone_request_gone');
    const refused = await world.services.phones.refuse({ customerId: hamimId, requestId, hopKey: hop() });
    expect(said(refused)).toBe('phone_request_gone');
    expect(await agree({ customerId: kaniId, on: kani, pin: '1111' }, requestId)).toBe('pin_wrong');
    expect(await phonesOf(kaniId)).toEqual([kani]);
    expect(await agree({ customerId: kaniId, on: kani, pin: '8305' }, requestId)).toBe('ok');
  });

  test('Q6: a request ends with its day, to the second', async () => {
    const customerId = await idOf(kani);
    await ask(stranger(1), '10000024');
    const requestId = await requestOf(customerId, stranger(1));
    world.clock.advance(24 * 3_600_000);
    expect(await world.services.phones.waiting(customerId)).toEqual([]);
    expect(await agree({ customerId, on: kani, pin: '8305' }, requestId)).toBe('phone_request_gone');
    expect(await phonesOf(customerId)).toEqual([kani]);
    world.clock.advance(7 * 24 * 3_600_000);
    expect(await world.services.phones.forgetOldRequests()).toBe(1);
  });

  test('Q6: a phone that became somebody else’s after it asked is refused, and stays theirs', async () => {
    const customerId = await idOf(kani);
    await ask(stranger(1), '10000024');
    const requestId = await requestOf(customerId, stranger(1));
    expect(await signUp(stranger(1), 1)).toBe('ok');
    expect(await agree({ customerId, on: kani, pin: '8305' }, requestId)).toBe('phone_taken_since');
    expect(await count(stranger(1))).toBe(1);
  });

  test('B15: a SIM that was changed lately, or of which nobody knows, adds no phone; no PIN is read', async () => {
    const customerId = await idOf(kani);
    await ask(stranger(1), '10000024');
    const requestId = await requestOf(customerId, stranger(1));
    world.network.isDown = true;
    expect(await agree({ customerId, on: kani, pin: '1111' }, requestId)).toBe('sim_unknown');
    world.network.isDown = false;
    world.network.swaps.set(kani, world.clock.now());
    expect(await agree({ customerId, on: kani, pin: '1111' }, requestId)).toBe('sim_swapped');
    expect(await world.owner.one({ text: 'select count(*)::int as n from pin_attempt' })).toEqual({ n: 0 });
    expect(await phonesOf(customerId)).toEqual([kani]);
  });

  test('R45: nobody comes onto a phone without its default person’s PIN, once a person, in time', async () => {
    const [kaniId, hamimId] = [await idOf(kani), await idOf(hamim)];
    expect(await ask(kani, '10000016')).toBe('let_in_over');
    expect(await signUp(kani, 1)).toBe('phone_taken');
    expect(await signUp(kani, 1, await open(hamimId, '4071'))).toBe('let_in_over');
    const late = await open(kaniId, '8305');
    world.clock.advance(11 * 60_000);
    expect([await signUp(kani, 1, late), await ask(kani, '10000016', late)]).toEqual(['let_in_over', 'let_in_over']);
    const proof = await open(kaniId, '8305');
    const answers = await Promise.all(Array.from({ length: 10 }, (_, n) => signUp(kani, n, proof)));
    expect(counted(answers)).toEqual({ let_in_over: 9, ok: 1 });
    expect(await ask(kani, '10000016', proof)).toBe('let_in_over');
    expect(await ask(kani, '10000024', await open(kaniId, '8305'))).toBe('phone_known');
    expect(await count(kani)).toBe(2);
  });

  test('a phone asks three times a day and a person is asked three times, however many ask at once', async () => {
    const customerId = await idOf(kani);
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, n) => ask(stranger(1), n % 2 ? '10000016' : '12345674')),
    );
    expect(counted(answers)).toEqual({ ok: 3, phone_asks_too_many: 7 });
    const asked = await Promise.all(Array.from({ length: 10 }, (_, n) => ask(stranger(10 + n), '10000024')));
    expect(counted(asked)).toEqual({ ok: 10 }); // nobody learns that she was asked too often
    expect(await world.services.phones.waiting(customerId)).toHaveLength(3);
    await world.settle();
    expect(world.sms.sent.filter(({ to }) => to === kani)).toHaveLength(3);
  });

  test('R43: of two phones that are removed at once one stays, and messages go there', async () => {
    const { phones, identity, db } = world.services;
    const customerId = await idOf(kani);
    for (let round = 0; round < 5; round += 1) {
      const added = await db.tx((tx) => identity.phones.add(tx, { customerId, msisdn: stranger(round) }));
      expect(said(added)).toBe('ok');
      const own = await phonesOf(customerId);
      expect(own).toHaveLength(2);
      const removed = await Promise.all(
        own.map((msisdn) => phones.remove({ customerId, msisdn, on: msisdn, pin: '8305', hopKey: hop() })),
      );
      expect(removed.map(said).sort()).toEqual(['ok', 'phone_last']);
      const [left, ...others] = await identity.phones.of(db, customerId);
      expect([left?.isContact, left?.isDefault, others]).toEqual([true, true, []]);
    }
  });

  test('B15: on a SIM that was changed lately nobody removes a phone or leads messages away; on another phone they do', async () => {
    const { phones, identity, db } = world.services;
    const customerId = await idOf(kani);
    await db.tx((tx) => identity.phones.add(tx, { customerId, msisdn: stranger(1) }));
    const change = (msisdn: Msisdn, on: Msisdn, pin = '1111') => ({ customerId, msisdn, on, pin, hopKey: hop() });
    world.network.isDown = true;
    expect(said(await phones.remove(change(stranger(1), kani)))).toBe('sim_unknown');
    expect(said(await phones.chooseContact(change(stranger(1), kani)))).toBe('sim_unknown');
    world.network.isDown = false;
    world.network.swaps.set(kani, world.clock.now());
    expect(said(await phones.remove(change(stranger(1), kani)))).toBe('sim_swapped');
    expect(said(await phones.chooseContact(change(stranger(1), kani)))).toBe('sim_swapped');
    expect(await world.owner.one({ text: 'select count(*)::int as n from pin_attempt' })).toEqual({ n: 0 });
    expect(await phonesOf(customerId)).toEqual([kani, stranger(1)]);
    // Whose SIM was taken away gives that phone up where they still are.
    expect(said(await phones.chooseContact(change(stranger(1), stranger(1), '8305')))).toBe('ok');
    expect(said(await phones.remove(change(kani, stranger(1), '8305')))).toBe('ok');
    expect(await phonesOf(customerId)).toEqual([stranger(1)]);
  });

  test('R43: on a phone that is theirs no more nobody adds a phone, removes one or leads messages away', async () => {
    const { phones, identity, db } = world.services;
    const customerId = await idOf(kani);
    await db.tx((tx) => identity.phones.add(tx, { customerId, msisdn: stranger(1) }));
    await ask(stranger(2), '10000024');
    const requestId = await requestOf(customerId, stranger(2));
    const on = (phone: Msisdn, msisdn: Msisdn) => ({ customerId, msisdn, on: phone, pin: '8305', hopKey: hop() });
    expect(said(await phones.remove(on(kani, stranger(1))))).toBe('ok');
    // The hop was let through before: what it asks for comes after.
    expect(await agree(on(stranger(1), kani), requestId)).toBe('phone_gone');
    expect(said(await phones.chooseContact(on(stranger(1), kani)))).toBe('phone_gone');
    expect(said(await phones.remove(on(stranger(1), kani)))).toBe('phone_gone');
    expect(await phonesOf(customerId)).toEqual([kani]);
  });

  test('R43: two who agree and remove on each other’s phones at once don’t lock one another out', async () => {
    const { phones, identity, db } = world.services;
    const [kaniId, hamimId] = [await idOf(kani), await idOf(hamim)];
    const swap = [
      { customerId: kaniId, msisdn: hamim },
      { customerId: hamimId, msisdn: kani },
    ];
    for (let round = 0; round < 10; round += 1) {
      const answers = await Promise.all([
        ...swap.map((use) => db.tx((tx) => identity.phones.add(tx, use)).then(said)),
        ...swap.map((use) =>
          phones
            .remove({ ...use, on: use.msisdn, pin: use.customerId === kaniId ? '8305' : '4071', hopKey: hop() })
            .then(said),
        ),
      ]);
      expect(answers.every((one) => ['ok', 'phone_known', 'phone_last', 'phone_gone'].includes(one))).toBe(true);
    }
  });

  test('R43: a call that is under way on a phone that was removed acts for its person no more, nor is it resumed', async () => {
    const { phones, identity, db } = world.services;
    const customerId = await idOf(kani);
    await db.tx((tx) => identity.phones.add(tx, { customerId, msisdn: stranger(1) }));
    const call = createCall(world, stranger(1));
    await call.dial();
    for (const typed of ['1', '0700000001', '100']) await call.answer(typed);
    const removed = await phones.remove({ customerId, msisdn: stranger(1), on: kani, pin: '8305', hopKey: hop() });
    expect(said(removed)).toBe('ok');
    expect(await call.answer('8305')).toBe('END This call has ended. Please dial again.');
    const made = await world.owner.one({ text: `select count(*)::int as n from payment` });
    expect(made).toEqual({ n: 0 });
    expect(await createCall(world, stranger(1)).dial()).toMatch(/^CON Welcome\. Karibu/);
    expect(await createCall(world, kani).dial()).toMatch(/^CON Welcome Kani/); // nor offered on another phone
  });

  test('R43: what was removed is in the forensic log, whom the number reaches as well', async () => {
    const { phones, identity, db } = world.services;
    const [kaniId, hamimId] = [await idOf(kani), await idOf(hamim)];
    await db.tx((tx) => identity.phones.add(tx, { customerId: hamimId, msisdn: kani }));
    await db.tx((tx) => identity.phones.add(tx, { customerId: kaniId, msisdn: stranger(1) }));
    const removed = await phones.remove({
      customerId: kaniId,
      msisdn: kani,
      on: stranger(1),
      pin: '8305',
      hopKey: hop(),
    });
    expect(removed).toMatchObject({ ok: true, value: { contact: stranger(1), heir: { customerId: hamimId } } });
    expect(await idOf(kani)).toBe(hamimId);
    expect((await auditOf(kaniId)).slice(-2)).toEqual([
      { action: 'phone.removed', old: { msisdn: kani }, new: null },
      { action: 'phone.contact_changed', old: { msisdn: kani }, new: { msisdn: stranger(1) } },
    ]);
    expect((await auditOf(hamimId)).at(-1)).toEqual({
      action: 'phone.default_changed',
      old: null,
      new: { msisdn: kani },
    });
  });

  test('the gateway’s role decides no request again, and makes none another’s', async () => {
    const customerId = await idOf(kani);
    await ask(stranger(1), '10000024');
    const requestId = await requestOf(customerId, stranger(1));
    await world.services.phones.refuse({ customerId, requestId, hopKey: hop() });
    const { db } = world.services;
    const again = `update phone_request set state = 'open', decided_by = null, decided_at = null`;
    await expect(db.run({ text: again })).rejects.toThrow('was decided before');
    await expect(db.run({ text: 'update phone_request set customer_id = null' })).rejects.toThrow('permission denied');
  });
});
