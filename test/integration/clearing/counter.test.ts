import type { Customer } from '../../../src/identity';
import { chartOf } from '../../../src/ledger';
import { createTwo, loopbackBetween, type Two } from '../../support/two';
import { createCall, type Call, type World } from '../../support/world';
import { correct, propose } from './contradicted';
import { codesSentTo, expectNowhere } from './nowhere';
import { aminasPhone, moneyOf, openVenya, owed, personOn, venyasPhone } from './people';

/** Venya has her money at `two`, and takes out cash at Amina's, who is an agent at `one`: once, or not at all, at both. */
let both: Two;
let venya: Customer;
let amina: Customer;
beforeEach(async () => {
  // What somebody on a line hears comes from both providers, one after the other.
  both = await createTwo({ ...loopbackBetween(), hopDeadlineMs: 2_400 });
  await openVenya(both.two, begin);
  venya = await personOn(both.two, venyasPhone);
  amina = await personOn(both.one, aminasPhone);
});
afterEach(async () => {
  await expectNowhere([both.one, both.two], [...codesSent(), '111111', '222222']);
  jest.restoreAllMocks();
  await both.close();
});

const begin = 500_000n;
const floatBefore = 10_000_000n;

const smsOf = (world: World, to: string): string[] =>
  world.sms.sent.filter((sms) => sms.to === to).map(({ body }) => body);

/** Every code that Venya was sent, the last one last. */
const codesSent = (): string[] => codesSentTo(both.two, venyasPhone);
const lastCode = (): string => codesSent().at(-1) ?? '';
const wrongCode = (): string => (lastCode() === '111111' ? '222222' : '111111');

/** Venya makes a code; the screens that she saw. */
async function makeCode(amount = '1000', agent: string = aminasPhone): Promise<string[]> {
  const call = createCall(both.two, venyasPhone);
  const screens = [await call.dial(`8*2*${agent.replace('+254', '0')}`)];
  for (const answer of [amount, '2580']) screens.push(await call.answer(answer));
  await call.end('Success');
  await both.settle();
  return screens;
}

/** Amina asks for cash for Venya; the screens that she saw, and the call, which stands where the code is typed. */
async function askFor(amount = '1000', number: string = venyasPhone): Promise<{ call: Call; screens: string[] }> {
  both.clock.advance(10); // one after another
  const call = createCall(both.one, aminasPhone);
  const screens = [await call.dial(`10*1*${number.replace('+254', '0')}`)];
  for (const answer of [amount, '9462']) screens.push(await call.answer(answer));
  return { call, screens };
}

/** What each provider has of it, and what moved. */
async function states(): Promise<{ one: string[]; two: string[]; owed: bigint[]; float: bigint; venya: bigint }> {
  const of = async ({ services }: World, table: string): Promise<string[]> =>
    (
      await services.db.rows<{ state: string }>({ text: `select state from ${table} order by created_at, request_id` })
    ).map(({ state }) => state);
  const [one, two] = [await of(both.one, 'counter_request'), await of(both.two, 'code_request')];
  const { available } = await moneyOf(both.one, amina.customerId);
  const money = await moneyOf(both.two, venya.customerId);
  return { one, two, owed: await owed(both), float: available - floatBefore, venya: money.available + money.held };
}

const paidOnce = { owed: [-100_000n, 100_000n], float: 100_000n, venya: begin - 101_000n };
const unpaid = { owed: [0n, 0n], float: 0n, venya: begin };

/** Time goes on for everybody, beyond every expiry and grace. */
async function wait(): Promise<void> {
  for (let step = 0; step < 24; step += 1) {
    await both.settle();
    both.clock.advance(30_000);
  }
  await both.settle();
}

test('M4, R99: a code made here is typed at an agent of another provider, who gives cash, and all are told', async () => {
  const [agent, confirm, made] = await makeCode();
  expect(agent).toContain('Agent: Amina Otieno at one.');
  expect(confirm).toContain('Code for KES 1,000.00 at Amina Otieno\nFee KES 10.00\nWe hold KES 1,010.00');
  expect(made).toMatch(/^END We sent you a code by SMS. Tell it to Amina Otieno when you get KES 1,000.00/);
  expect(smsOf(both.two, venyasPhone).at(-1)).toMatch(
    /^Code \d{6} for KES 1,000.00 at Amina Otieno, one. Tell it only to that agent, when you get the cash. Ends/,
  );
  expect((await moneyOf(both.two, venya.customerId)).available).toBe(begin - 101_000n);
  const { call, screens } = await askFor();
  expect(screens[0]).toContain('Venya Otieno at two.\nHow much cash do they want?');
  expect(screens[1]).toContain('Ask two for KES 1,000.00 from Venya Otieno.\nYour commission: KES 5.00');
  expect(screens[2]).toContain('Type the code of Venya Otieno for KES 1,000.00:\n1 Send a new code\n2 Stop');
  expect(await call.answer(lastCode())).toMatch(
    /^END Give Venya Otieno KES 1,000.00 in cash. Your commission: KES 5.00. Ref /,
  );
  await both.settle();
  expect(await states()).toMatchObject({ one: ['paid'], two: ['sent'], ...paidOnce });
  expect(smsOf(both.one, aminasPhone).at(-1)).toMatch(
    /Approved: give Venya O. KES 1,000.00 in cash. Commission KES 5.00. Float KES 101,000.00/,
  );
  expect(smsOf(both.two, venyasPhone).at(-1)).toMatch(
    /Cash out of KES 1,000.00 at Amina O. Fee KES 10.00. Balance KES 3,990.00/,
  );
  const asked = await both.one.services.db.one({
    text: `select commission_minor as commission, product, asked_as from payment where outside is not null`,
  });
  expect(asked).toEqual({ commission: 500n, product: 'cash_out', asked_as: 'scheme' });
  // Used once: it opens nothing any more.
  expect((await askFor()).screens[2]).toMatch(/^END This customer has no code for you and this amount/);
}, 60_000);

test('M32: the scheme takes it back afterwards: the customer has it all again, the agent who gave the cash loses nothing', async () => {
  await makeCode();
  const { call } = await askFor();
  await call.answer(lastCode());
  await both.settle();
  const find = ({ owner }: World) =>
    owner.one<{ reference: string; id: string }>({ text: 'select reference, transfer_id as id from scheme_transfer' });
  const [one, two] = [await find(both.one), await find(both.two)];
  await both.one.services.clearing.handler.onConfirmed({ transferId: one.id, dfspId: 'two', state: 'aborted' });
  await both.two.services.clearing.handler.onTransferOutcome({ transferId: two.id, state: 'aborted' });
  const asked = await propose(both.one, 'transfer-correct', { payment: one.reference });
  expect(asked.text).toContain('KES 1,000.00 borne by the provider (the agent has handed out the cash): say provider');
  expect((await correct(both.one, one.reference, 'provider')).status).toBe(200);
  expect((await correct(both.two, two.reference, 'customer')).status).toBe(200);
  expect(await states()).toMatchObject({ owed: [0n, 0n], float: 100_000n, venya: begin });
  const { ledger, db } = both.one.services;
  expect((await ledger.balance(db, chartOf('KES').losses))?.postedMinor).toBe(-100_000n);
}, 60_000);

test('a wrong code costs a try, the right one is taken after it; out of tries, the money is free again', async () => {
  await makeCode();
  const { call } = await askFor();
  expect(await call.answer(wrongCode())).toContain('Wrong code. 2 tries left.');
  // The same again is no other try.
  expect(await call.answer(wrongCode())).toContain('The code was not taken. Type it again.');
  expect(await call.answer(lastCode())).toMatch(/^END Give Venya Otieno KES 1,000.00/);
  await both.settle();
  expect(await states()).toMatchObject(paidOnce);

  await makeCode('500');
  const again = await askFor('500');
  expect(again.screens[2]).toContain('Type the code of Venya Otieno for KES 500.00:');
  expect(await again.call.answer('000001')).toContain('Wrong code. 2 tries left.');
  expect(await again.call.answer('000002')).toContain('Wrong code. 1 try left.');
  expect(await again.call.answer('000003')).toMatch(/^END Wrong code too often. It is worth nothing now/);
  await both.settle();
  expect(await states()).toMatchObject({ one: ['paid', 'refused'], two: ['sent', 'rejected'], ...paidOnce });
  expect(smsOf(both.two, venyasPhone).at(-1)).toMatch(/Your code for KES 500.00 at Amina Otieno has ended/);
}, 60_000);

test('another code by SMS takes the place of the first, and gives no try back', async () => {
  await makeCode();
  const [first] = codesSent();
  const { call } = await askFor();
  expect(await call.answer('000001')).toContain('2 tries left');
  expect(await call.answer('1')).toContain('A new code goes to Venya Otieno by SMS. Type it:');
  await both.settle();
  expect(codesSent()).toHaveLength(2);
  expect(await call.answer(first ?? '')).toContain('1 try left');
  expect(await call.answer(lastCode())).toMatch(/^END Give Venya Otieno KES 1,000.00/);
  await both.settle();
  expect(await states()).toMatchObject(paidOnce);
}, 60_000);

test('the agent stops, and the code is still good; what was stopped is never paid', async () => {
  await makeCode();
  const { call } = await askFor();
  expect(await call.answer('2')).toContain('END Stopped. No money has moved.');
  await both.settle();
  expect(await states()).toMatchObject({ one: ['cancelled'], two: ['rejected'], ...unpaid });
  const again = await askFor();
  expect(await again.call.answer(lastCode())).toMatch(/^END Give Venya Otieno/);
  await both.settle();
  expect(await states()).toMatchObject({ one: ['cancelled', 'paid'], two: ['rejected', 'sent'], ...paidOnce });
}, 60_000);

test('a code is for that agent and that amount, for one customer, and at no agent here', async () => {
  await makeCode();
  expect((await askFor('900')).screens[2]).toMatch(/^END This customer has no code for you and this amount/);
  const rehema = createCall(both.one, '+254700000010');
  await rehema.dial('10*1*0711000009');
  await rehema.answer('1000');
  expect(await rehema.answer('2846')).toMatch(/^END This customer has no code for you and this amount/);
  await both.settle();
  expect(await states()).toMatchObject({ one: ['refused', 'refused'], two: ['rejected', 'rejected'], ...unpaid });
  const again = createCall(both.two, venyasPhone);
  await again.dial(`8*2*0700000009`);
  expect(await again.answer('50')).toContain('You have an open code or request.');
}, 60_000);

test('the customer takes it back, or time is up: it opens nothing, and the agent is told to give no cash', async () => {
  await makeCode();
  const { call } = await askFor();
  const own = createCall(both.two, venyasPhone);
  expect(await own.dial('8*3')).toContain('Your code: KES 1,000.00 at Amina Otieno, one, fee KES 10.00.');
  expect(await own.answer('1')).toContain('Your code is cancelled.');
  expect(await call.answer(lastCode())).toMatch(/^END The customer's provider refused. Give nothing./);
  await both.settle();
  expect(await states()).toMatchObject({ one: ['refused'], two: ['rejected'], ...unpaid });

  await makeCode();
  const late = await askFor();
  await late.call.end('Incomplete');
  both.clock.advance(11 * 60_000);
  await both.settle();
  expect(await states()).toMatchObject({ one: ['refused', 'refused'], two: ['rejected', 'rejected'], ...unpaid });
  expect(smsOf(both.one, aminasPhone).at(-1)).toBe(
    'The cash out of KES 1,000.00 for Venya Otieno, two, has ended. Give no cash.',
  );
  expect(smsOf(both.two, venyasPhone).at(-1)).toMatch(/has ended. The money is free again/);
}, 60_000);

test('a call that was cut: what waits is offered, and an SMS calls the agent when the code is wanted late', async () => {
  await makeCode();
  both.wires.one.copies = (name) => (name === 'onCodeAsked' ? 0 : 1);
  const { call, screens } = await askFor();
  expect(screens[2]).toMatch(/^END two has not asked for the code of Venya Otieno yet. We text you when it does/);
  await call.end('Success');
  both.wires.one.copies = () => 1;
  both.clock.advance(5_000);
  await both.settle();
  expect(smsOf(both.one, aminasPhone).at(-1)).toBe(
    'two wants the code of Venya Otieno for KES 1,000.00. Tries left: 3. Dial *384*123#, choose Cash out, 1.',
  );
  const back = createCall(both.one, aminasPhone);
  expect(await back.dial('10*1')).toContain('1 Venya Otieno, KES 1,000.00');
  expect(await back.answer('0711000009')).toContain('Venya Otieno at two.');
  expect(await back.answer('200')).toContain("You wait for another customer's code.");
  const third = createCall(both.one, aminasPhone);
  await third.dial('10*1');
  expect(await third.answer('1')).toContain('Type the code of Venya Otieno for KES 1,000.00:');
  expect(await third.answer(lastCode())).toMatch(/^END Give Venya Otieno/);
  await both.settle();
  expect(await states()).toMatchObject(paidOnce);
}, 60_000);

test('cash at once is had at agents here only, and nobody here is asked for a code elsewhere', async () => {
  const call = createCall(both.two, venyasPhone);
  expect(await call.dial('8*1*0700000009')).toContain('That agent is with another provider: get a code.');
  const own = createCall(both.one, aminasPhone);
  expect(await own.dial('10*1*0700000001')).toContain("Type the customer's code:");
}, 60_000);

/** What `two` has been asked, and what it heard of it. */
const requestAt = async ({ services }: World) =>
  services.db.one<{ requestId: string }>({
    text: 'select request_id as "requestId" from code_request where state = $1',
    values: ['open'],
  });

/** The code, as `one` would tell it to `two`. */
async function tell(code: string, requestId?: string): Promise<void> {
  const id = requestId ?? (await requestAt(both.two)).requestId;
  const result = { response: 'entered', code } as const;
  await both.two.services.clearing.handler.onCodeAnswer({ requestId: id, dfspId: 'one', result });
}

test('the process ends between the code and the money: it leaves when another comes up, by a new offer if need be', async () => {
  await makeCode();
  await askFor();
  await both.settle();
  const { clearing } = both.two.services;
  const offer = jest.spyOn(clearing, 'offerForHeld');
  const send = jest.spyOn(clearing, 'sendHeld').mockRejectedValueOnce(new Error('the process ends'));
  both.clock.advance(5 * 60_000); // the offer is over by now
  await tell(lastCode());
  await both.two.services.counter.idle();
  expect(send).toHaveBeenCalledTimes(1);
  expect((await states()).two).toEqual(['right']);
  // Neither the customer nor time ends it now.
  const own = createCall(both.two, venyasPhone);
  await own.dial('8*3');
  expect(await own.answer('1')).not.toContain('Your code is cancelled.');
  both.clock.advance(3_000);
  await both.settle();
  expect(offer).toHaveBeenCalledTimes(1);
  expect(await states()).toMatchObject({ one: ['paid'], two: ['sent'], ...paidOnce });
}, 60_000);

test('a right code whose agent is paid no more gives the money back, and the agent hears that nothing comes', async () => {
  await makeCode();
  const { call } = await askFor();
  await both.settle();
  const away = { ok: false, error: 'payee_refused', detail: {} } as const;
  jest.spyOn(both.two.services.clearing, 'offerForHeld').mockResolvedValue(away);
  both.clock.advance(5 * 60_000);
  await call.end('Incomplete');
  await tell(lastCode());
  await both.settle();
  expect(await states()).toMatchObject({ one: ['refused'], two: ['rejected'], ...unpaid });
  expect(smsOf(both.two, venyasPhone).at(-1)).toMatch(/has ended. The money is free again/);
  expect(smsOf(both.one, aminasPhone).at(-1)).toMatch(/has ended. Give no cash/);
}, 60_000);

test('told many times at once, by two requests, and taken back at that moment: it is paid once or given back, never both', async () => {
  for (const isCancelled of [false, true]) {
    const before = await states();
    await makeCode('200');
    const first = await askFor('200');
    await both.settle();
    const { requestId } = await requestAt(both.two);
    expect(await first.call.answer('2')).toContain('Stopped');
    const second = await askFor('200');
    await both.two.services.counter.idle();
    const open = await requestAt(both.two);
    const { services } = both.two;
    const held = await services.agents.codeOf(venya.customerId);
    const cancel = { customerId: venya.customerId, paymentId: held?.payment.paymentId ?? '', hopKey: 'cancel' };
    await Promise.all([
      tell(lastCode(), requestId),
      ...Array.from({ length: 4 }, () => tell(lastCode(), open.requestId)),
      ...(isCancelled ? [services.agents.cancelCode(cancel)] : []),
    ]);
    await second.call.end('Incomplete');
    await wait();
    const { owed: nowOwed, float, venya: left } = await states();
    const isPaid = float > before.float;
    expect(isPaid || isCancelled).toBe(true);
    const moved = isPaid ? 20_000n : 0n;
    expect(nowOwed).toEqual(before.owed.map((amount, index) => (index === 0 ? amount - moved : amount + moved)));
    expect([float, left]).toEqual([before.float + moved, before.venya - moved - (isPaid ? 1_000n : 0n)]);
  }
}, 90_000);

test('a customer whose account was frozen meanwhile gets no cash by a code', async () => {
  await makeCode();
  const { call } = await askFor();
  const account = await both.two.services.accounts.primaryOf(both.two.services.db, venya.customerId);
  await both.two.owner.run({
    text: 'update ledger_account set status = 1 where account_id = $1',
    values: [account?.accountId],
  });
  expect(await call.answer(lastCode())).toMatch(/^END The customer's provider refused. Give nothing./);
  await both.settle();
  expect((await states()).one).toEqual(['refused']);
  await both.two.owner.run({
    text: 'update ledger_account set status = 0 where account_id = $1',
    values: [account?.accountId],
  });
  both.clock.advance(11 * 60_000);
  await both.settle();
  expect(await states()).toMatchObject({ two: ['rejected'], ...unpaid });
}, 60_000);

/** What crosses between a request and the money. */
const crossing = [
  ...['requestPayment', 'onPaymentRequest', 'answerPaymentRequest', 'onPaymentRequestAnswer'],
  ...['requestQuote', 'onQuote', 'answerQuote', 'onQuoteAnswer'],
  ...['askForCode', 'onCodeAsked', 'answerCode', 'onCodeAnswer'],
  ...['prepareTransfer', 'onPrepare', 'answerPrepare', 'onTransferOutcome', 'onConfirmed'],
];
const losses: readonly ((count: number) => number)[] = [(count) => (count === 1 ? 0 : 1), () => 2];

test.each(crossing)(
  '%s is lost once, or always comes twice: cash is had once at both, or at neither',
  async (name) => {
    let paid = 0n;
    for (const copies of losses) {
      let count = 0;
      const wire = { copies: (passing: string) => (passing === name ? copies((count += 1)) : 1) };
      Object.assign(both.wires.one, wire);
      Object.assign(both.wires.two, wire);
      await makeCode('100');
      const { call } = await askFor('100');
      await call.end('Success');
      both.clock.advance(3_000);
      await both.settle();
      for (let tries = 0; tries < 2; tries += 1) {
        const back = createCall(both.one, aminasPhone);
        const offered = await back.dial('10*1');
        if (offered.includes('1 Venya Otieno')) {
          await back.answer('1');
          await back.answer(lastCode());
          await back.end('Success');
        }
        both.clock.advance(3_000);
        await both.settle();
      }
      await wait();
      expect(count).toBeGreaterThan(0);
      const { one, two, ...moved } = await states();
      paid += one.at(-1) === 'paid' ? 10_000n : 0n;
      const fees = (paid / 10_000n) * 1_000n;
      expect([one.at(-1), two.at(-1)]).toEqual(one.at(-1) === 'paid' ? ['paid', 'sent'] : [one.at(-1), two.at(-1)]);
      expect(moved).toEqual({ owed: [-paid, paid], float: paid, venya: begin - paid - fees });
    }
    expect(paid).toBeGreaterThanOrEqual(10_000n);
  },
  120_000,
);
