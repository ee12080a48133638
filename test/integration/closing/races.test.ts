import { assert, type Msisdn } from '../../../src/platform';
import { verify as verifyLog } from '../../../src/audit';
import { createWorld, type World } from '../../support/world';
import { stageOf, type Someone, type Stage } from './people';

/** Money that comes while somebody leaves: it is theirs and they stay, or it is refused and they leave. */
describe('closing a profile while money moves', () => {
  let world: World;
  let stage: Stage;
  beforeEach(async () => {
    world = await createWorld();
    stage = stageOf(world);
  });
  afterEach(() => world.close());

  const rounds = 24;

  /** People without money, one a round. */
  async function leavers(): Promise<Someone[]> {
    const { accounts, identity, onboarding } = world.services;
    const pin = await identity.hashPin('5038', '1990-01-31');
    assert(pin.ok, 'a PIN can be hashed');
    const numbers = Array.from(
      { length: rounds },
      (_, index) => `+2547101000${String(index).padStart(2, '0')}` as Msisdn,
    );
    await onboarding.openSandbox(
      numbers.map((msisdn, index) => ({
        ...{
          msisdn,
          firstName: 'Leaver',
          lastName: 'Kamau',
          birthDate: '1990-01-31',
          nationalId: `LEAVE${100 + index}`,
        },
        ...{ language: 'en', role: 'customer', pin: pin.value, balanceMinor: 0n },
      })),
    );
    return Promise.all(
      numbers.map(async (msisdn) => {
        const customer = await identity.byMsisdn(msisdn);
        assert(customer, 'who was added is there');
        const account = await accounts.primaryOf(world.owner, customer.customerId);
        return { ...customer, msisdn, pin: '5038', accountId: account?.accountId ?? '' };
      }),
    );
  }

  const pause = (durationMs: number) => new Promise((resolve) => setTimeout(resolve, durationMs));

  const brokenRules = () =>
    world.owner.rows({
      text: `select account_id::text, l.status from account a join ledger_account l using (account_id)
             where (a.status = 'closed' or l.status = 7)
               and (l.credits_posted_minor <> l.debits_posted_minor or l.debits_pending_minor <> 0
                    or l.credits_pending_minor <> 0 or l.status <> 7 or a.status <> 'closed')
             union all
             select c.customer_id::text, 0 from customer c where c.status = 'closed' and (
               exists (select from account where owner_id = c.customer_id and status = 'open')
               or exists (select from phone_assignment p where p.customer_id = c.customer_id and p.valid_to is null))`,
    });

  test('R11, R55: of a payment and a closing at once one happens, the other is refused, and no money is lost', async () => {
    const hamim = await stage.someone('hamim');
    const before = await world.services.ledger.balance(world.owner, hamim.accountId);
    const people = await leavers();
    const outcomes = new Map<string, number>();
    let paid = 0n;
    for (const [index, person] of people.entries()) {
      const delayMs = (index % 8) * 12;
      const { payments } = world.services;
      const request = {
        product: 'send',
        initiatorId: hamim.customerId,
        to: { userNumber: person.userNumber },
      } as const;
      const quoted = await payments.quote({ ...request, amountMinor: 5_000n });
      assert(quoted.ok, 'who is still there can be paid');
      const { quoteId, feeMinor } = quoted.value;
      const [payment, closed] = await Promise.all([
        pause(index % 2 === 0 ? delayMs : 0).then(() => payments.submit({ ...stage.proof(hamim), quoteId })),
        pause(index % 2 === 0 ? 0 : delayMs).then(() => stage.close(person)),
      ]);
      const said = `${payment.ok ? 'paid' : payment.error}, ${closed}`;
      outcomes.set(said, (outcomes.get(said) ?? 0) + 1);
      if (payment.ok) paid += 5_000n + feeMinor;
    }
    console.log(`races: ${JSON.stringify(Object.fromEntries(outcomes))}`);
    const known = ['paid, profile_not_empty', 'payee_refused, closed'];
    expect([...outcomes.keys()].filter((said) => !known.includes(said))).toEqual([]);
    const after = await world.services.ledger.balance(world.owner, hamim.accountId);
    expect(after?.postedMinor).toBe((before?.postedMinor ?? 0n) - paid);
    expect(await brokenRules()).toEqual([]);
    expect((await world.services.ledger.verify(world.owner)).clean).toBe(true);
    expect((await verifyLog(world.owner)).clean).toBe(true);
  });

  test('R12: an agent asks for cash, an account is opened, a holder added, a freeze made: whatever comes at once, it holds', async () => {
    const [agent, hamim] = [await stage.someone('agent'), await stage.someone('hamim')];
    const { accounts, freezes, db } = world.services;
    const meanwhile = [
      async (person: Someone) => {
        const accountId = await accounts.newNumber();
        return accounts.open({ ...stage.proof(person), accountId, name: 'Second', isPrimary: true });
      },
      (person: Someone) =>
        accounts.addHolder({
          ...stage.proof(hamim),
          ...{ accountId: hamim.accountId, candidate: { userNumber: person.userNumber }, rank: 'signatory' as const },
        }),
      (person: Someone) =>
        accounts.addHolder({
          ...stage.proof(person),
          ...{ accountId: person.accountId, candidate: { userNumber: agent.userNumber }, rank: 'viewer' as const },
        }),
      (person: Someone) =>
        accounts.removeHolder({ ...stage.proof(hamim), accountId: hamim.accountId, holderId: person.customerId }),
    ];
    const outcomes = new Map<string, number>();
    for (const [index, person] of (await leavers()).entries()) {
      const other = meanwhile[index % meanwhile.length];
      assert(other, 'there is something else');
      const [done, closed, again] = await Promise.all([
        pause((index % 6) * 5).then(() => other(person)),
        stage.close(person),
        pause((index % 5) * 4).then(() => stage.close(person)),
      ]);
      const said = `${done.ok ? 'done' : done.error}, ${closed}, ${again}`;
      outcomes.set(said, (outcomes.get(said) ?? 0) + 1);
      expect([closed, again]).toEqual(['closed', 'closed']);
    }
    console.log(`races: ${JSON.stringify(Object.fromEntries(outcomes))}`);
    expect(await brokenRules()).toEqual([]);
    const held = await accounts.info({ customerId: hamim.customerId, accountId: hamim.accountId });
    expect(held.ok && held.value.holders.length).toBe(1);
    expect(await freezes.standing(db)).toEqual([]);
    expect((await verifyLog(world.owner)).clean).toBe(true);
  });

  /** What is open of somebody who has left. */
  const leftOpen = () =>
    world.owner.rows({
      text: `select c.customer_id::text, w.what from customer c cross join lateral (
               select 'invoice' from invoice where c.customer_id in (owner_id, buyer_id) and state = 'pending'
               union all
               select 'case' from redress_case where customer_id = c.customer_id and state in ('open', 'appealed')
               union all
               select 'application' from application where customer_id = c.customer_id and state = 'open'
               union all
               select 'till' from till_operator where customer_id = c.customer_id and status = 'active') w (what)
             where c.status = 'closed'`,
    });

  /** Runs both so that the first has done all but recorded it when the second begins. */
  async function oneBehind<A, B>(first: () => Promise<A>, second: () => Promise<B>): Promise<[A, B]> {
    const { owner } = world;
    const waiting = async (many: bigint): Promise<void> => {
      const text = `select count(*) as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
      while ((await owner.one<{ n: bigint }>({ text })).n < many) await pause(5);
    };
    return Promise.all(
      await owner.tx(async (tx) => {
        await tx.run({ text: 'select from audit_chain where chain = 0 for update' }); // what is recorded is recorded last
        const one = first();
        await waiting(1n);
        const other = second();
        await waiting(2n);
        return [one, other] as const;
      }),
    );
  }

  test('R55: what is begun while somebody leaves keeps them or ends with them, or is refused: whoever is first', async () => {
    const [merchant, hamim] = [await stage.someone('merchant'), await stage.someone('hamim')];
    const { identity, invoices, onboarding, redress } = world.services;
    const place = { sellerId: merchant.customerId, accountId: merchant.accountId };
    const till = await invoices.openTill({ ...stage.proof(merchant), accountId: merchant.accountId });
    assert(till.ok, 'a till can be opened');
    type Begin = (person: Someone, pinHop: string) => Promise<{ readonly ok: boolean; readonly error?: string }>;
    const kinds: readonly (readonly [begin: Begin, stays: string, refused: string])[] = [
      [
        ({ customerId: buyerId }, hopKey) =>
          invoices.send({ ...place, invoiceId: invoices.newId(), buyerId, amountMinor: 5_000n, note: '', hopKey }),
        ...(['profile_invoices', 'payee_unknown'] as const),
      ],
      [
        async ({ customerId }, proof) => {
          const [sent] = await redress.recentSends(customerId);
          const paymentId = sent?.payment.paymentId ?? '';
          return redress.openDispute({ customerId, paymentId, kind: 'not_received', proof, hopKey: `${proof} case` });
        },
        ...(['profile_cases', 'payment_unknown'] as const),
      ],
      [
        (person) => {
          const nationalId = `LEAVE1${person.msisdn.slice(-2)}`;
          return onboarding.apply({ ...stage.proof(person), wants: 'agent', businessName: 'Duka', nationalId });
        },
        ...(['application_open', 'pin_locked'] as const),
      ],
      [
        ({ customerId: operatorId }) =>
          invoices.addOperator({ ...stage.proof(merchant), accountId: place.accountId, operatorId, dayMaxMinor: null }),
        ...(['closed', 'payee_unknown'] as const),
      ],
    ];
    const people = await leavers();
    for (const [begin, stays, refused] of kinds) {
      for (const closesFirst of [false, true]) {
        const person = people.pop();
        assert(person, 'there is somebody left');
        expect(await stage.pay(hamim, person, 5_000n)).toBe('paid');
        expect(await stage.pay(person, hamim, 4_000n)).toBe('paid'); // with the fee that is all of it
        const { customerId, pin, hopKey } = stage.proof(person);
        expect((await identity.verifyPin({ customerId, pin, attemptKey: hopKey })).ok).toBe(true);
        const begun = async (): Promise<string> => {
          const done = await begin(person, hopKey);
          return done.ok ? 'done' : (done.error ?? '');
        };
        const close = () => stage.close(person);
        if (closesFirst) expect(await oneBehind(close, begun)).toEqual(['closed', refused]);
        else expect(await oneBehind(begun, close)).toEqual(['done', stays]);
        expect(await leftOpen()).toEqual([]);
      }
    }
    expect((await verifyLog(world.owner)).clean).toBe(true);
  });

  test('R44: two who share a phone leave at once: the phone is free, and neither waits for the other', async () => {
    const kani = await stage.someone('kani');
    const { owner } = world;
    const people = await leavers();
    for (let index = 0; index + 1 < people.length; index += 2) {
      const [one, other] = [people[index], people[index + 1]];
      assert(one && other, 'two people');
      for (const [guest, host] of [
        [one, other],
        [other, one],
      ] as const) {
        await owner.run({
          text: `insert into phone_assignment (assignment_id, msisdn, customer_id, valid_from, is_default, is_contact)
                 values (gen_random_uuid(), $1, $2, now(), false, false)`,
          values: [host.msisdn, guest.customerId],
        });
      }
      expect(await Promise.all([stage.close(one), stage.close(other)])).toEqual(['closed', 'closed']);
      expect(await world.services.identity.peopleOf(one.msisdn)).toEqual([]);
    }
    for (const person of people) expect(await stage.pay(kani, person, 1_000n)).toBe('payee_unknown');
    expect(await brokenRules()).toEqual([]);
  });
});
