import { chartOf } from '../../../src/ledger';
import { assert, violatedConstraint, type Msisdn } from '../../../src/platform';
import { typeAs } from '../../support/staff';
import { createCall, createWorld, type World } from '../../support/world';
import { addAgent, putUnder } from '../agents/people';
import { stageOf, type Someone, type Stage } from './people';

describe('closing a profile', () => {
  let world: World;
  let stage: Stage;
  let wanjiru: Someone;
  beforeEach(async () => {
    world = await createWorld();
    stage = stageOf(world);
    wanjiru = await stage.someone('wanjiru');
  });
  afterEach(() => world.close());

  const rowsOf = (text: string, ...values: unknown[]) => world.owner.rows<Record<string, unknown>>({ text, values });

  /** What somebody has that is open. */
  const openOf = async ({ customerId }: Someone) => ({
    accounts: (await rowsOf(`select 1 from account where owner_id = $1 and status = 'open'`, customerId)).length,
    places: (
      await rowsOf(
        `select 1 from account_holder h join account a using (account_id) where h.customer_id = $1 and a.status = 'open'`,
        customerId,
      )
    ).length,
    phones: (await rowsOf('select 1 from phone_assignment where customer_id = $1 and valid_to is null', customerId))
      .length,
    status: (await rowsOf('select status from customer where customer_id = $1', customerId))[0]?.['status'],
  });
  const untouched = { accounts: 1, places: 1, phones: 1, status: 'active' };

  describe('what keeps it open', () => {
    test('R11: money in any account, the one for commission too', async () => {
      const hamim = await stage.someone('hamim');
      expect(await stage.close(hamim)).toBe('profile_not_empty');
      expect(await openOf(hamim)).toEqual(untouched);
      const agent = { ...wanjiru, ...(await addAgent(world, 'Tume', 20_000n)) };
      const { payments, ledger } = world.services;
      const cashIn = {
        product: 'cash_in',
        initiatorId: agent.customerId,
        to: { userNumber: hamim.userNumber },
      } as const;
      const quoted = await payments.quote({ ...cashIn, amountMinor: 20_000n });
      assert(quoted.ok, 'cash can be taken');
      expect((await payments.submit({ ...stage.proof(agent), quoteId: quoted.value.quoteId })).ok).toBe(true);
      expect((await ledger.balance(world.owner, agent.accountId))?.postedMinor).toBe(0n);
      expect(await stage.close(agent)).toBe('left 500'); // a commission that is less than sending it costs
    });

    test('R12: money on hold that they asked for, and a request that waits for their answer', async () => {
      const hamim = await stage.someone('hamim');
      expect(await stage.pay(hamim, wanjiru, 50_000n)).toBe('paid');
      const { payments } = world.services;
      const agent = await stage.someone('agent');
      const asked = {
        product: 'cash_out',
        initiatorId: agent.customerId,
        to: { userNumber: wanjiru.userNumber },
      } as const;
      const quoted = await payments.quote({ ...asked, amountMinor: 10_000n });
      assert(quoted.ok, 'cash can be asked for');
      expect((await payments.submit({ ...stage.proof(agent), quoteId: quoted.value.quoteId })).ok).toBe(true);
      expect(await stage.close(wanjiru)).toBe('profile_waiting');
      expect(await openOf(wanjiru)).toEqual(untouched);
    });

    test('R12: a payment of which the PIN was right and nothing more is known', async () => {
      await world.owner.run({
        text: `insert into quote (quote_id, product, asked_as, initiator_id, payer_id, payee_id, payer_account_id, payee_account_id,
                 currency, amount_minor, fee_minor, payee_fee_minor, fee_back_minor, commission_minor, rule_version, held,
                 created_at, expires_at, accepted_at)
               select gen_random_uuid(), 'send', 'payer', $1, $1, $2, $3, $4, 'KES', 100, 0, 0, 0, 0, 1, false, $5::timestamptz,
                 $5::timestamptz + interval '5 minutes', $5::timestamptz`,
        values: [
          wanjiru.customerId,
          (await stage.someone('hamim')).customerId,
          wanjiru.accountId,
          (await stage.someone('hamim')).accountId,
          world.clock.now(),
        ],
      });
      expect(await stage.close(wanjiru)).toBe('profile_waiting');
      world.clock.advance(6 * 60_000);
      expect(await stage.close(wanjiru)).toBe('closed');
    });

    test('R268: the staff hold something back, told or not', async () => {
      await typeAs(world, 'eshe', ['freeze', '0700000003', 'credit', '--reason', 'looked at']);
      expect(await stage.close(wanjiru)).toBe('account_blocked');
      expect(await openOf(wanjiru)).toEqual(untouched);
    });

    test('an invoice that they got', async () => {
      const merchant = await stage.someone('merchant');
      const { invoices } = world.services;
      const order = {
        invoiceId: invoices.newId(),
        sellerId: merchant.customerId,
        accountId: merchant.accountId,
        note: '',
      };
      const sent = await invoices.send({
        ...order,
        amountMinor: 1_000n,
        buyerId: wanjiru.customerId,
        hopKey: 'invoice',
      });
      assert(sent.ok, 'an invoice can be sent');
      expect(await stage.close(wanjiru)).toBe('profile_invoices');
      expect(
        (await invoices.reject({ customerId: wanjiru.customerId, invoiceId: order.invoiceId, hopKey: 'no' })).ok,
      ).toBe(true);
      expect(await stage.close(wanjiru)).toBe('closed');
    });

    test('a case that is undecided, of whoever complains and of whoever got the money', async () => {
      const hamim = await stage.someone('hamim');
      expect(await stage.pay(hamim, wanjiru, 5_000n)).toBe('paid');
      const [payment] = await rowsOf(`select payment_id from payment where state = 'completed' and product = 'send'`);
      const { redress } = world.services;
      const reported = await redress.requestReturn({
        ...stage.proof(hamim),
        ...{ paymentId: String(payment?.['payment_id']), reason: 'wrong_number' },
      });
      expect(reported.ok).toBe(true);
      expect(await stage.close(wanjiru)).toBe('profile_cases');
      expect(await stage.close(hamim)).toBe('profile_cases');
    });

    test('an application that nobody has decided', async () => {
      const { onboarding } = world.services;
      const asked = {
        ...stage.proof(wanjiru),
        wants: 'agent',
        businessName: 'Duka',
        nationalId: 'SANDBOX0003',
      } as const;
      expect((await onboarding.apply(asked)).ok).toBe(true);
      expect(await stage.close(wanjiru)).toBe('application_open');
    });

    test('agents below them; once the staff have put those under nobody, an agent may leave as anybody may', async () => {
      const above = await addAgent(world, 'Juu', 0n);
      const below = await addAgent(world, 'Chini', 0n);
      await putUnder(world, above, below);
      const leaver = { ...wanjiru, ...above };
      expect(await stage.close(leaver)).toBe('profile_agents');
      expect(await stage.close({ ...wanjiru, ...below })).toBe('closed'); // takes its leave of whoever stands above
      expect(await stage.close(leaver)).toBe('closed');
      expect(await rowsOf('select 1 from agent where is_super or super_agent_id is not null')).toEqual([]);
    });

    test('a wrong PIN: it costs a try, and nothing is closed', async () => {
      expect(await stage.close({ ...wanjiru, pin: '0000' })).toBe('pin_wrong');
      expect(await openOf(wanjiru)).toEqual(untouched);
    });
  });

  describe('what is left and can’t be sent', () => {
    /** Of the house, and of what people have. */
    const givenUp = async () =>
      (await world.services.ledger.balance(world.owner, chartOf('KES').remainders))?.postedMinor;

    test('R11, R97: less than the smallest payment takes is given up by whoever was shown it, to an account of its own', async () => {
      const hamim = await stage.someone('hamim');
      const { accounts, ledger } = world.services;
      const accountId = await accounts.newNumber();
      const more = { ...stage.proof(wanjiru), accountId, name: 'Chama', isPrimary: true };
      expect(await stage.pay(hamim, wanjiru, 600n)).toBe('paid');
      expect((await accounts.open(more)).ok).toBe(true);
      expect(await stage.pay(hamim, wanjiru, 400n)).toBe('paid');
      await world.settle();
      const told = world.sms.sent.length;
      expect(await stage.close(wanjiru)).toBe('left 1000');
      expect(await stage.close(wanjiru, 999n)).toBe('left 1000'); // not what is there
      expect(await openOf(wanjiru)).toEqual({ ...untouched, accounts: 2, places: 2 });
      expect(await givenUp()).toBe(0n);
      expect(await stage.close(wanjiru, 1_000n)).toBe('closed');
      expect(await openOf(wanjiru)).toEqual({ accounts: 0, places: 0, phones: 0, status: 'closed' });
      expect(await givenUp()).toBe(1_000n);
      await world.settle();
      const words = world.sms.sent.slice(told).filter(({ to }) => to === wanjiru.msisdn);
      expect(words.map(({ body }) => body).sort()).toEqual([
        'You gave up KES 4.00, the rest of your account Chama, to close your profile.',
        'You gave up KES 6.00, the rest of your account Main, to close your profile.',
        expect.stringContaining('10000032 is closed'),
      ]);
      const events = await rowsOf(`select actor_id, new_value from audit_event where action = 'money.given_up'`);
      expect(events.map(({ actor_id }) => actor_id)).toEqual([wanjiru.customerId, wanjiru.customerId]);
      expect((await ledger.verify(world.owner)).clean).toBe(true);
    });

    test('R11: what can still be sent is not given up, whatever was shown', async () => {
      const hamim = await stage.someone('hamim');
      expect(await stage.pay(hamim, wanjiru, 1_001n)).toBe('paid'); // a cent, and the fee
      expect(await stage.close(wanjiru)).toBe('profile_not_empty');
      expect(await stage.close(wanjiru, 1_001n)).toBe('profile_not_empty');
      expect(await stage.pay(wanjiru, hamim, 1n)).toBe('paid');
      expect(await stage.close(wanjiru)).toBe('closed');
      expect(await givenUp()).toBe(0n);
    });

    test('what else keeps the profile open is told first, and nothing is given up; three at once give it up once', async () => {
      const [hamim, merchant] = [await stage.someone('hamim'), await stage.someone('merchant')];
      const { invoices } = world.services;
      expect(await stage.pay(hamim, wanjiru, 500n)).toBe('paid');
      const order = { sellerId: merchant.customerId, accountId: merchant.accountId, note: '', hopKey: 'invoice' };
      const invoiceId = invoices.newId();
      const sent = await invoices.send({ ...order, invoiceId, amountMinor: 100n, buyerId: wanjiru.customerId });
      assert(sent.ok, 'an invoice can be sent');
      expect(await stage.close(wanjiru, 500n)).toBe('profile_invoices');
      expect(await givenUp()).toBe(0n);
      expect((await invoices.reject({ customerId: wanjiru.customerId, invoiceId, hopKey: 'no' })).ok).toBe(true);
      const answers = await Promise.all(Array.from({ length: 3 }, () => stage.close(wanjiru, 500n)));
      expect(answers).toContain('closed');
      expect(await openOf(wanjiru)).toMatchObject({ accounts: 0, status: 'closed' });
      expect(await givenUp()).toBe(500n);
    });
  });

  describe('what it ends', () => {
    test('R55, R56: every account, places at others, phones and PIN; others keep theirs and are told; nothing is deleted', async () => {
      const hamim = await stage.someone('hamim');
      const { accounts, identity, ledger } = world.services;
      const second = await accounts.newNumber();
      const opened = await accounts.open({
        ...stage.proof(wanjiru),
        accountId: second,
        name: 'Chama',
        isPrimary: false,
      });
      const shared = await accounts.addHolder({
        ...stage.proof(wanjiru),
        ...{ accountId: second, candidate: { userNumber: hamim.userNumber }, rank: 'signatory' },
      });
      const holds = await accounts.addHolder({
        ...stage.proof(hamim),
        ...{ accountId: hamim.accountId, candidate: { userNumber: wanjiru.userNumber }, rank: 'signatory' },
      });
      const invited = await accounts.addHolder({
        ...stage.proof(wanjiru),
        ...{ accountId: hamim.accountId, candidate: { msisdn: '+254733000111' as Msisdn }, rank: 'viewer' },
      });
      expect([opened.ok, shared.ok, holds.ok, invited.ok]).toEqual([true, true, true, true]);
      await world.settle();
      const told = world.sms.sent.length;
      expect(await stage.close(wanjiru)).toBe('closed');
      expect(await openOf(wanjiru)).toEqual({ accounts: 0, places: 0, phones: 0, status: 'closed' });
      for (const accountId of [wanjiru.accountId, second])
        expect((await ledger.balance(world.owner, accountId))?.status).toBe('closed');
      await world.settle();
      expect(world.sms.sent.slice(told)).toEqual(
        expect.arrayContaining([
          { to: wanjiru.msisdn, body: expect.stringContaining('10000032 is closed') as string },
          { to: hamim.msisdn, body: 'You may not use the account Chama any more.' },
          { to: hamim.msisdn, body: 'Wanjiru Kamau may not use your account Main any more.' },
        ]),
      );
      expect(await accounts.invitationTo('+254733000111' as Msisdn)).toBeUndefined();
      expect((await accounts.of(world.owner, hamim.customerId)).map(({ accountId }) => accountId)).toEqual([
        hamim.accountId,
      ]);
      expect(await identity.byUserNumber(wanjiru.userNumber)).toMatchObject({ status: 'closed', firstName: 'Wanjirũ' });
      const log = await rowsOf(
        `select action from audit_event where subject_id = $1 and action ~ 'closed|removed'`,
        wanjiru.customerId,
      );
      expect(log.map(({ action }) => action).sort()).toEqual(['customer.closed', 'phone.removed']);
    });

    test('a merchant: the till closes with its account, and whoever sold there is told; an operator leaves the till', async () => {
      const merchant = await stage.someone('merchant');
      const kani = await stage.someone('kani');
      const { invoices } = world.services;
      const order = () => ({ ...stage.proof(merchant), accountId: merchant.accountId });
      const till = await invoices.openTill(order());
      assert(till.ok, 'a till can be opened');
      for (const { customerId: operatorId } of [kani, wanjiru])
        expect((await invoices.addOperator({ ...order(), operatorId, dayMaxMinor: null })).ok).toBe(true);
      expect(await stage.close(wanjiru)).toBe('closed');
      const view = await invoices.viewTill(order());
      expect(view.ok && view.value?.operators.map(({ customerId }) => customerId)).toEqual([kani.customerId]);
      const hamim = await stage.someone('hamim');
      expect(await stage.close(merchant)).toBe('profile_not_empty');
      expect(await stage.pay(merchant, hamim, 79_000n)).toBe('paid'); // with the fee that is all of it
      await world.settle();
      const told = world.sms.sent.length;
      expect(await stage.close(merchant)).toBe('closed');
      await world.settle();
      expect(world.sms.sent.slice(told)).toContainEqual({
        to: kani.msisdn,
        body: expect.stringContaining('sells at till') as string,
      });
      expect(await rowsOf(`select 1 from till where status = 'open'`)).toEqual([]);
      expect(await rowsOf(`select 1 from till_operator where status = 'active'`)).toEqual([]);
      const { tillNumber } = till.value;
      expect(await invoices.findShop({ tillNumber })).toEqual({ ok: false, error: 'payee_unknown' });
    });

    test('the same hop again says the same, and takes no try of a PIN; nobody proves anything by that PIN any more', async () => {
      const leaver = stage.proof(wanjiru);
      const { accounts, closing, identity } = world.services;
      expect(await closing.close(leaver)).toMatchObject({ ok: true });
      expect(await closing.close(leaver)).toMatchObject({ ok: true });
      expect(
        await identity.verifyPin({ customerId: wanjiru.customerId, pin: wanjiru.pin, attemptKey: 'later' }),
      ).toMatchObject({
        error: 'pin_locked',
      });
      expect(await identity.isProven(world.owner, wanjiru.customerId, leaver.hopKey)).toBe(false);
      expect(
        await accounts.open({
          ...stage.proof(wanjiru),
          accountId: await accounts.newNumber(),
          name: 'New',
          isPrimary: true,
        }),
      ).toMatchObject({ ok: false });
      expect(await typeAs(world, 'amani', ['unlock', wanjiru.userNumber, '--reason', 'they asked'])).toMatchObject({
        error: 'person_closed',
      });
      expect(await typeAs(world, 'amani', ['pin-reset', wanjiru.userNumber, '--reason', 'they asked'])).toMatchObject({
        ok: false,
      });
      const person = await typeAs(world, 'amani', ['person', wanjiru.userNumber]);
      expect(JSON.stringify(person)).toContain('"status":"closed"');
    });

    test('a quote from before is refused at the booking, and the payer is told; the numbers reach nobody', async () => {
      const hamim = await stage.someone('hamim');
      const { payments } = world.services;
      const call = createCall(world, hamim.msisdn);
      await call.dial();
      for (const typed of ['1', '0700000003', '100']) await call.answer(typed);
      expect(await stage.close(wanjiru)).toBe('closed');
      expect(await call.answer(hamim.pin)).toBe("END This account can't receive that amount.\nNo money has moved.");
      for (const number of ['0700000003', wanjiru.userNumber])
        expect((await stage.call(hamim.msisdn, '1', number)).at(-1)).toContain('This number has no account here.');
      expect(
        await payments.quote({
          product: 'send',
          initiatorId: hamim.customerId,
          to: { userNumber: wanjiru.userNumber },
          amountMinor: 1_000n,
        }),
      ).toMatchObject({ error: 'payee_unknown' });
      const agent = await stage.someone('agent');
      expect(
        await payments.quote({
          product: 'cash_in',
          initiatorId: agent.customerId,
          to: { userNumber: wanjiru.userNumber },
          amountMinor: 10_000n,
        }),
      ).toMatchObject({ error: 'payee_unknown' });
    });

    test('the database refuses what would be left open, and lets nobody who has closed come back under their old number', async () => {
      const attempt = (text: string) =>
        world.services.db.run({ text, values: [wanjiru.customerId] }).then(
          (rows) => `${rows} rows`,
          (error: unknown) => violatedConstraint(error) ?? String(error),
        );
      const close = `update customer set status = 'closed', closed_at = now() where customer_id = $1`;
      expect(await attempt(close)).toBe('customer_closed_has_nothing');
      expect(await stage.close(wanjiru)).toBe('closed');
      expect(await attempt(`update customer set status = 'active', closed_at = null where customer_id = $1`)).toBe(
        'customer_closed_for_good',
      );
      expect(await attempt(`update pin set locked_at = null where customer_id = $1`)).toBe(
        'customer_closed_has_nothing',
      );
      expect(
        await attempt(`insert into phone_assignment (assignment_id, msisdn, customer_id, valid_from, is_default, is_contact)
                       values (gen_random_uuid(), '+254700000077', $1, now(), true, true)`),
      ).toBe('customer_closed_has_nothing');
      expect(
        await attempt(`insert into application (application_id, customer_id, wants, business_name, state, hop_key, made_at)
                       values (gen_random_uuid(), $1, 'agent', 'Duka', 'open', 'hop', now())`),
      ).toBe('application_customer_left');
      expect(
        await attempt(
          `insert into account (account_id, owner_id, name, purpose, status, created_at) values (77, $1, 'X', 'main', 'open', now())`,
        ),
      ).toBe('customer_closed_has_nothing');
    });
  });
});
