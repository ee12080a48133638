import type { Customer } from '../../../src/identity';
import { chartOf } from '../../../src/ledger';
import type { Msisdn } from '../../../src/platform';
import { atAtm, atPos, openMachine, type Machine } from '../../support/machine';
import { createWire, loopbackBetween, overWire } from '../../support/two';
import { createCall, createWorld, type World } from '../../support/world';
import { codesSentTo, expectNowhere } from './nowhere';
import { moneyOf, openCustomer, personOn } from './people';

/**
 * Customers of `two` type codes of theirs on machines of `bank`: money goes once, or not at all, at both. Everybody has a phone and
 * an account of their own, in one world.
 */
const hub = loopbackBetween();
const wire = createWire();
let passed = 0;
wire.around = (_, carry) => {
  passed += 1;
  return carry();
};
let world: World;
let bank: Machine;
beforeAll(async () => {
  world = await createWorld({
    ...{ seed: 'two', clock: hub.clock, empty: true, adapter: overWire(hub.adapterFor('two'), wire) },
    environment: { DFSP_ID: 'two', HOP_DEADLINE_MS: '2400' },
  });
  bank = await openMachine('bank', {
    ...{
      adapter: hub.adapterFor('bank'),
      now: () => hub.clock.now(),
      reached: [{ idType: 'MSISDN', id: '254700000009' }],
    },
  });
});
afterAll(async () => {
  const books = await world.services.ledger.verify(world.services.db);
  expect(books.deviation).toBeUndefined();
  const codes = world.sms.sent.flatMap(({ to }) => codesSentTo(world, to));
  expect(codes.length).toBeGreaterThan(10);
  await expectNowhere([world], [...codes, '111111', '222222', '333333']);
  await world.close();
});

const begin = 500_000n;
const fee = 1_000n;

let customer: Customer;
let before: { owed: bigint; paid: bigint };
let asked: string[] = [];
let people = 0;
beforeEach(async () => {
  people += 1;
  const msisdn = `+2547110001${String(people).padStart(2, '0')}` as Msisdn;
  await openCustomer(world, { msisdn, firstName: `Venya${String.fromCodePoint(64 + people)}`, balanceMinor: begin });
  customer = await personOn(world, msisdn);
  before = { owed: await owed(), paid: paidSoFar() };
  asked = [];
  bank.codesAsked.length = 0;
  bank.quotes.length = 0;
});
afterEach(() => {
  jest.restoreAllMocks();
  wire.copies = () => 1;
});

const owed = async (): Promise<bigint> =>
  (await world.services.ledger.balance(world.services.db, chartOf('KES').clearing))?.postedMinor ?? 0n;
const paidSoFar = (): bigint => [...bank.paid.values()].reduce((sum, minor) => sum + minor, 0n);

/** Lets both do what is due, until nothing is and nothing passes. */
async function settle(): Promise<void> {
  const { clearing, counter } = world.services;
  for (let before = -1; before < passed;) {
    before = passed;
    await hub.idle();
    await counter.idle();
    passed += (await clearing.work()) + (await counter.work()) + (await hub.expireDue());
  }
  await world.settle();
}

const phone = (): string => customer.msisdn ?? '';
const texts = (): string[] => world.sms.sent.filter(({ to }) => to === phone()).map(({ body }) => body);
const lastCode = (): string => codesSentTo(world, phone()).at(-1) ?? '';
/** Not the code of now. */
const wrong = (): string => ['111111', '222222'].find((code) => code !== lastCode()) ?? '';

/** What a person types from the home screen on, up to the code. */
const atm = { dial: '8*2*1', type: atAtm };
const shop = { dial: '3*1', type: atPos };

/** Makes a code; the screens that she saw. */
async function makeCode({ dial }: { dial: string }, amount = '1000'): Promise<string[]> {
  const call = createCall(world, phone());
  const screens = [await call.dial(dial)];
  for (const answer of [amount, '2580']) screens.push(await call.answer(answer));
  await call.end('Success');
  await settle();
  return screens;
}

/** Somebody at the machine of a bank types a number and an amount, and then what they are asked for. */
async function useMachine(
  { type }: Pick<typeof atm, 'type'>,
  typed: readonly (string | undefined | { readonly response: 'rejected' | 'resend' })[],
  { amountMinor = 100_000n, payer = byPhone() }: { amountMinor?: bigint; payer?: Payer } = {},
): Promise<string> {
  const words = typed.map((word) => (typeof word === 'string' ? { code: word } : word));
  bank.typed.splice(0, bank.typed.length, ...words);
  hub.clock.advance(10); // one after another
  const requestId = await bank.ask({ payer, amountMinor, type });
  asked.push(requestId);
  await settle();
  return requestId;
}

type Payer = Parameters<Machine['ask']>[0]['payer'];
const byPhone = (): Payer => ({ idType: 'MSISDN', id: phone().slice(1), dfspId: 'two' });

/** What was said of a request in the end. */
const saidOf = (requestId: string) => bank.answers.filter((answer) => answer.requestId === requestId).at(-1);

/** What became of what was asked in this test, and what moved by it. */
async function states(): Promise<{ asked: string[]; owed: bigint; paid: bigint; left: bigint; held: bigint }> {
  const rows = await world.services.db.rows<{ state: string }>({
    text: 'select state from code_request where request_id = any ($1::uuid[]) order by created_at',
    values: [asked],
  });
  const { available, held } = await moneyOf(world, customer.customerId);
  return {
    asked: rows.map(({ state }) => state),
    ...{ owed: (await owed()) - before.owed, paid: paidSoFar() - before.paid, left: available + held, held },
  };
}

const paidOnce = { owed: 100_000n, paid: 100_000n, left: begin - 100_000n - fee, held: 0n };
const unpaid = { owed: 0n, paid: 0n, left: begin };

/** Time goes on for everybody, beyond every expiry and grace. */
async function wait(): Promise<void> {
  for (let step = 0; step < 24; step += 1) {
    await settle();
    hub.clock.advance(30_000);
  }
  await settle();
}

test('M8: a code made on a phone is typed at an ATM of another provider: the fee is seen before the PIN, cash is had once', async () => {
  const [amount, confirm, made] = await makeCode(atm);
  expect(amount).toContain('At an ATM of any provider.\nHow much cash do you want? (KES)');
  expect(confirm).toContain('Code for KES 1,000.00 at an ATM\nFee KES 10.00\nWe hold KES 1,010.00\nEnter your PIN:');
  expect(made).toMatch(
    /^END We sent you a code by SMS. Type it at an ATM to get KES 1,000.00, before \d\d\/01 \d\d:\d\d. Ref \w{8}.$/,
  );
  expect(texts().at(-1)).toMatch(
    /^Code \d{6} for KES 1,000.00 at an ATM of another provider. Type it there and tell it to nobody. Ends \d\d\/01 \d\d:\d\d.$/,
  );
  expect((await states()).held).toBe(101_000n);
  const requestId = await useMachine(atm, [lastCode()]);
  const asked = { requestId, dfspId: 'two', triesLeft: 3, amount: { amountMinor: 101_000n, currency: 'KES' } };
  expect(bank.codesAsked).toEqual([asked]);
  expect(bank.quotes).toMatchObject([{ transactionType: atAtm, requestId, amountType: 'RECEIVE' }]);
  expect(await states()).toEqual({ asked: ['sent'], ...paidOnce });
  expect(texts().at(-1)).toMatch(
    /^\w{8} Cash out of KES 1,000.00 at bank-0017. Fee KES 10.00. Balance KES 3,990.00. \d\d\/01 \d\d:\d\d$/,
  );
  // Used once: it opens nothing any more.
  const again = await useMachine(atm, [lastCode()]);
  expect(saidOf(again)).toMatchObject({ state: 'rejected', error: { code: '4100' } });
  expect(await states()).toEqual({ asked: ['sent', 'rejected'], ...paidOnce });
}, 60_000);

test('M8: a wrong code takes a try; after three the code is dead and the money free again', async () => {
  await makeCode(atm);
  const requestId = await useMachine(atm, [wrong(), '333333', wrong(), lastCode()]);
  expect(bank.codesAsked.map(({ triesLeft }) => triesLeft)).toEqual([3, 2, 1]);
  expect(saidOf(requestId)).toMatchObject({ state: 'rejected' });
  expect(await states()).toEqual({ asked: ['rejected'], ...unpaid, held: 0n });
  expect(texts().at(-1)).toMatch(/^\w{8} Your code for KES 1,000.00 has ended. The money is free again.$/);
  expect(saidOf(await useMachine(atm, [lastCode()]))).toMatchObject({ state: 'rejected', error: { code: '4100' } });
  // The second code is right after one try too many of the first.
  await makeCode(atm, '500');
  await useMachine(atm, [wrong(), lastCode()], { amountMinor: 50_000n });
  expect(await states()).toMatchObject({ owed: 50_000n, paid: 50_000n, left: begin - 50_000n - fee });
}, 60_000);

test('M8: a wrong amount is refused in words and takes no try; ten requests, and nobody asks for that code any more', async () => {
  await makeCode(atm);
  for (const amountMinor of [99_900n, 100_100n, 500_000n]) {
    expect(saidOf(await useMachine(atm, [], { amountMinor }))).toMatchObject({
      state: 'rejected',
      error: { code: '4100', description: 'Generic payer rejection: the code is for another amount' },
    });
  }
  await useMachine(atm, [lastCode()], { payer: { idType: 'ALIAS', id: customer.userNumber, dfspId: 'two' } });
  expect(bank.codesAsked).toMatchObject([{ triesLeft: 3 }]);
  expect(await states()).toMatchObject(paidOnce);

  await makeCode(atm, '500');
  for (let times = 0; times < 10; times += 1) await useMachine(atm, []);
  expect(saidOf(await useMachine(atm, [lastCode()], { amountMinor: 50_000n }))).toMatchObject({
    error: { code: '4100', description: 'Generic payer rejection: no code for this payee and this amount' },
  });
  expect(await states()).toMatchObject({ ...paidOnce, held: 51_000n });
}, 60_000);

test('M8: a code for an ATM is good at no agent, one for an agent at no ATM, and what is no code at all is told so', async () => {
  const agentsType = { scenario: 'WITHDRAWAL', initiator: 'PAYEE', initiatorType: 'AGENT' } as const;
  await makeCode(atm);
  expect(saidOf(await useMachine({ type: agentsType }, [lastCode()]))).toMatchObject({ error: { code: '4100' } });
  for (const [scenario, initiator] of [
    ['TRANSFER', 'PAYEE'],
    ['WITHDRAWAL', 'PAYER'],
  ] as const) {
    const requestId = await useMachine({ type: { ...atAtm, scenario, initiator } }, [lastCode()]);
    expect(saidOf(requestId)).toMatchObject({ state: 'rejected', error: { code: '4102' } });
  }
  const nobody = { idType: 'MSISDN', id: '254799999999', dfspId: 'two' } as const;
  expect(saidOf(await useMachine(atm, [], { payer: nobody }))).toMatchObject({ error: { code: '3204' } });
  expect(bank.codesAsked).toEqual([]);
  const own = createCall(world, phone());
  expect(await own.dial('8*3')).toContain('Your code: KES 1,000.00 at an ATM, fee KES 10.00. Good until');
  expect(await own.answer('1')).toContain('Your code is cancelled. The money is free again.');
  await settle();
  expect(await states()).toMatchObject({ ...unpaid, held: 0n });

  const call = createCall(world, phone());
  expect(await call.dial('8*2*0700000009')).toContain('Agent: Amina Otieno at bank.');
  await call.answer('1000');
  await call.answer('2580');
  await settle();
  expect(saidOf(await useMachine(atm, [lastCode()]))).toMatchObject({ error: { code: '4100' } });
  expect(await states()).toMatchObject(unpaid);
}, 60_000);

test('M8: nobody looks at an ID at an ATM, so a code for one is for no more than goes without', async () => {
  const call = createCall(world, phone());
  await call.dial('8*2*1');
  expect(await call.answer('100001')).toContain('No ATM gives so much: an agent must see your ID.');
  expect(await call.answer('100000')).toContain('Enter your PIN:');
  expect(await call.answer('2580')).toMatch(/^END Not enough money/);
}, 60_000);

test('M8: cancelled, or its time is up, while the ATM waits for the code: it is told, and nothing moves', async () => {
  await makeCode(atm);
  const requestId = await useMachine(atm, [undefined]);
  expect(bank.codesAsked).toHaveLength(1);
  const own = createCall(world, phone());
  await own.dial('8*3');
  expect(await own.answer('1')).toContain('Your code is cancelled.');
  hub.clock.advance(60_000);
  await settle();
  expect(saidOf(requestId)).toMatchObject({ state: 'rejected' });
  await makeCode(atm);
  const late = await useMachine(atm, [undefined]);
  hub.clock.advance(11 * 60_000);
  await settle();
  expect(saidOf(late)).toMatchObject({ state: 'rejected' });
  expect(await states()).toEqual({ asked: ['rejected', 'rejected'], ...unpaid, held: 0n });
}, 60_000);

test('M8: the right code is told to two ATMs at the same moment, or the customer presses cancel there: cash is had once', async () => {
  await makeCode(atm);
  const [first, second] = [await useMachine(atm, [undefined]), await useMachine(atm, [undefined])];
  const { handler } = world.services.clearing;
  const tell = (requestId: string) =>
    handler.onCodeAnswer({ requestId, dfspId: 'bank', result: { response: 'entered', code: lastCode() } });
  await Promise.all([first, second, first].map(tell));
  await wait();
  const { asked, ...moved } = await states();
  expect(asked.sort()).toEqual(['rejected', 'sent']);
  expect(moved).toEqual(paidOnce);

  await makeCode(atm);
  expect(saidOf(await useMachine(atm, [{ response: 'rejected' }]))).toMatchObject({ state: 'rejected' });
  await useMachine(atm, [lastCode()]);
  expect((await states()).paid).toBe(200_000n);
}, 60_000);

test.each([
  ['answerPaymentRequest', 'at an ATM', atm],
  ['onCodeAnswer', 'in a shop', shop],
  ['requestQuote', 'in a shop', shop],
  ['onTransferOutcome', 'at an ATM', atm],
] as const)(
  'M7, M8: %s is lost once, or always comes twice, %s: it is paid once',
  async (name, _, where) => {
    for (const copies of [(count: number) => (count === 1 ? 0 : 1), () => 2]) {
      const now = await states();
      let count = 0;
      wire.copies = (passing) => (passing === name ? copies((count += 1)) : 1);
      await makeCode(where, '100');
      // Whoever is asked for the code again types it again.
      await useMachine(where, [lastCode(), lastCode(), lastCode()], { amountMinor: 10_000n });
      await wait();
      expect(count).toBeGreaterThan(0);
      const { paid, owed: owes, left, held } = await states();
      expect([paid - now.paid, owes - now.owed]).toEqual([10_000n, 10_000n]);
      expect([left, held]).toEqual([now.left - 10_000n - (where === atm ? fee : 0n), 0n]);
    }
  },
  60_000,
);

test('M8: an ATM that has no money left for it refuses, and the customer has theirs back', async () => {
  await makeCode(atm);
  const away = { ok: false, error: 'payee_refused', detail: {} } as const;
  jest.spyOn(world.services.clearing, 'offerForHeld').mockResolvedValue(away);
  const requestId = await useMachine(atm, [lastCode()]);
  expect(saidOf(requestId)).toMatchObject({ state: 'rejected', error: { code: '4101' } });
  expect(bank.codesAsked).toEqual([]); // what would be taken is known before the code is asked for
  expect(await states()).toMatchObject({ asked: ['rejected'], ...unpaid, held: 101_000n });
}, 60_000);

test('M7, R275, R276a: a code made on a phone is typed on the device of a shop elsewhere: the shop is paid, and learns no PIN and no phone', async () => {
  const [amount, confirm, made] = await makeCode(shop);
  expect(amount).toContain('A code to pay in a shop of another provider.\nHow much must you pay? (KES)');
  expect(confirm).toContain('Code to pay KES 1,000.00\nFee KES 0.00\nWe hold KES 1,000.00\nEnter your PIN:');
  expect(made).toMatch(/^END We sent you a code by SMS. Type it in the shop to pay KES 1,000.00, before /);
  expect(texts().at(-1)).toMatch(/^Code \d{6} to pay KES 1,000.00 in a shop of another provider. Type it there when/);
  // Without a phone in hand: by the user number, and the code that they remember.
  const payer = { idType: 'ALIAS', id: customer.userNumber, dfspId: 'two' } as const;
  const requestId = await useMachine(shop, [wrong(), lastCode()], { payer });
  const amountAsked = { amountMinor: 100_000n, currency: 'KES' };
  expect(bank.codesAsked).toMatchObject([{ triesLeft: 3, amount: amountAsked }, { triesLeft: 2 }]);
  const { dfspId, ...partyId } = payer;
  expect(bank.quotes).toMatchObject([{ requestId, transactionType: atPos, payer: { partyId, dfspId } }]);
  expect(await states()).toEqual({ asked: ['sent'], ...paidOnce, left: begin - 100_000n });
  const receipt = /^\w{8} You paid KES 1,000.00 to bank-0017. Fee KES 0.00. Balance KES 4,000.00. /;
  expect(texts().at(-1)).toMatch(receipt);
  const balance = createCall(world, phone());
  await balance.dial('4');
  expect(await balance.answer('2580')).toContain('KES 4,000.00');
}, 60_000);

test('R276: wrong code, unknown user number, no money for a code, cancelled: the shop is told, and nothing moves', async () => {
  await makeCode(shop);
  expect(saidOf(await useMachine(shop, [wrong(), '333333', wrong()]))).toMatchObject({ state: 'rejected' });
  const nobody = { idType: 'ALIAS', id: '99999999', dfspId: 'two' } as const;
  expect(saidOf(await useMachine(shop, [], { payer: nobody }))).toMatchObject({ error: { code: '3204' } });
  const [, , poor] = await makeCode(shop, '6000');
  expect(poor).toMatch(/^END Not enough money: you need KES 6,0\d\d.00 and have KES 5,000.00.\nNo money has moved./);
  expect(saidOf(await useMachine(shop, [], { amountMinor: 600_000n }))).toMatchObject({ error: { code: '4100' } });
  await makeCode(shop);
  const waiting = await useMachine(shop, [undefined]);
  const own = createCall(world, phone());
  expect(await own.dial('3*1')).toContain('Your code: KES 1,000.00 in a shop, fee KES 0.00. Good until');
  expect(await own.answer('1')).toContain('Your code is cancelled. The money is free again.');
  await bank.tell(waiting, { code: lastCode() });
  await settle();
  expect(saidOf(waiting)).toMatchObject({ state: 'rejected' });
  await makeCode(shop);
  expect(saidOf(await useMachine(shop, [{ response: 'rejected' }]))).toMatchObject({ state: 'rejected' });
  hub.clock.advance(11 * 60_000);
  await settle();
  expect(await states()).toMatchObject({ ...unpaid, held: 0n });
  expect(new Set((await states()).asked)).toEqual(new Set(['rejected']));
}, 60_000);

test('M6, M7: a code for a shop is none for an ATM; asked without a code, it waits on the phone as ever', async () => {
  await makeCode(atm);
  const cash = lastCode();
  await makeCode(shop);
  expect((await states()).held).toBe(201_000n);
  expect(await useMachine(shop, [cash, undefined]).then(saidOf)).toMatchObject({ state: 'received' });
  await useMachine({ type: { ...atPos, initiatorType: 'BUSINESS' } }, [lastCode()]);
  expect(await states()).toMatchObject({ owed: 100_000n, left: begin - 100_000n, held: 101_000n });
  const asking = { payer: byPhone(), amountMinor: 100_000n, type: atPos, authentication: 'none' } as const;
  bank.typed.push({ code: cash });
  const requestId = await bank.ask(asking);
  await settle();
  bank.typed.length = 0;
  expect(saidOf(requestId)).toMatchObject({ state: 'received' });
  const call = createCall(world, phone());
  expect(await call.dial('2')).toContain('bank-0017');
  expect(await states()).toMatchObject({ owed: 100_000n, held: 101_000n });
}, 60_000);
