import type { Customer } from '../../../src/identity';
import { assert, type Msisdn } from '../../../src/platform';
import { createTwo, loopbackBetween, type Two } from '../../support/two';
import { createCall, type Call, type World } from '../../support/world';
import { codesSentTo, expectNowhere } from './nowhere';
import { jumasPhone, moneyOf, openCustomer, owed, personOn } from './people';

/** Juma sells at `one` to customers of `two`, who tell him a code of theirs: it is paid once, or not at all, at both. */
let both: Two;
let juma: Customer;
let buyer: Customer;
let buyers = 0;
beforeAll(async () => {
  both = await createTwo({ ...loopbackBetween(), hopDeadlineMs: 2_400 });
  juma = await personOn(both.one, jumasPhone);
}, 60_000);
beforeEach(async () => {
  buyers += 1;
  const msisdn = `+2547110002${String(buyers).padStart(2, '0')}` as Msisdn;
  await openCustomer(both.two, { msisdn, firstName: `Venya${String.fromCodePoint(64 + buyers)}`, balanceMinor: begin });
  buyer = await personOn(both.two, msisdn);
  before = await money();
});
afterEach(() => {
  for (const wire of [both.wires.one, both.wires.two]) wire.copies = () => 1;
});
afterAll(async () => {
  const codes = both.two.sms.sent.flatMap(({ to }) => codesSentTo(both.two, to));
  expect(codes.length).toBeGreaterThan(3);
  await expectNowhere([both.one, both.two], [...codes, '111111', '222222', '333333']);
  await both.close();
});

const begin = 500_000n;
const fee = 550n; // Juma's, out of KES 1,000
let before: Awaited<ReturnType<typeof money>>;

const phone = (): string => buyer.msisdn ?? '';
const lastCode = (): string => codesSentTo(both.two, phone()).at(-1) ?? '';
const wrong = (): string => ['111111', '222222'].find((code) => code !== lastCode()) ?? '';
const textsTo = (world: World, to: string): string[] =>
  world.sms.sent.filter((sms) => sms.to === to).map(({ body }) => body);

async function money(): Promise<{ owed: bigint[]; juma: bigint; buyer: bigint }> {
  const [till, purse] = [await moneyOf(both.one, juma.customerId), await moneyOf(both.two, buyer.customerId)];
  return { owed: await owed(both), juma: till.available, buyer: purse.available };
}

async function moved(): Promise<{ owed: bigint[]; juma: bigint; buyer: bigint }> {
  const now = await money();
  return {
    owed: now.owed.map((minor, index) => minor - (before.owed[index] ?? 0n)),
    ...{ juma: now.juma - before.juma, buyer: now.buyer - before.buyer },
  };
}
const paidOnce = { owed: [-100_000n, 100_000n], juma: 100_000n - fee, buyer: -100_000n };
const unmoved = { owed: [0n, 0n], juma: 0n, buyer: 0n };

/** Each step is an answer of the other side. */
async function settle(): Promise<void> {
  for (let times = 0; times < 3; times += 1) await both.settle();
}

async function makeCode(amount = '1000'): Promise<void> {
  const call = createCall(both.two, phone());
  await call.dial('3*1');
  await call.answer(amount);
  expect(await call.answer('2580')).toContain('We sent you a code by SMS.');
  await call.end('Success');
  await settle();
}

/** Juma sells by a code; the screens that he saw, and the call, which stands where the code is typed. */
async function sell(amount = '1000'): Promise<{ call: Call; screens: string[] }> {
  both.clock.advance(10); // one after another
  const call = createCall(both.one, jumasPhone);
  const screens = [await call.dial('12')];
  for (const answer of [phone().replace('+254', '0'), amount, 'Maize', '2']) screens.push(await call.answer(answer));
  return { call, screens };
}

/** What the shop's provider has of the last sale. */
const lastSale = () =>
  both.one.services.db.one<{ request: string; invoice: string }>({
    text: `select c.state as request, i.state as invoice from counter_request c join invoice i on invoice_id = counter_request_id
           order by c.created_at desc limit 1`,
  });

test('M7, R276a: a shop takes the code of a customer of another provider on the spot, and has the receipt and the day’s takings', async () => {
  await makeCode();
  const { call, screens } = await sell();
  const name = `${buyer.firstName} Otieno`;
  expect(screens.at(-2)).toMatch(/pay KES 1,000.00\?\n1 Send\n2 By a code, now/);
  expect(screens.at(-1)).toContain(`Type the code of ${name} for KES 1,000.00:\n1 Send a new code\n2 Stop`);
  expect(await call.answer(wrong())).toContain('Wrong code. 2 tries left.');
  expect(await call.answer(lastCode())).toMatch(
    new RegExp(`^END ${name} paid KES 1,000.00. Give the goods. Ref \\w{8}.$`),
  );
  await settle();
  expect(await moved()).toEqual(paidOnce);
  expect(await lastSale()).toEqual({ request: 'paid', invoice: 'paid' });
  expect(textsTo(both.one, jumasPhone).at(-1)).toMatch(
    new RegExp(`^\\w{8} Customer ${buyer.userNumber} paid you KES 1,000.00 for Maize. Fee KES 5.50. Balance `),
  );
  expect(textsTo(both.two, phone()).at(-1)).toMatch(
    /^\w{8} You paid KES 1,000.00 to Juma M. Fee KES 0.00. Balance KES 4,/,
  );
  const { invoices, accounts, db } = both.one.services;
  const account = await accounts.primaryOf(db, juma.customerId);
  assert(account, 'Juma has an account');
  const till = { customerId: juma.customerId, accountId: account.accountId };
  const opened = await invoices.openTill({ ...till, pin: '3917', hopKey: 'till' });
  expect(opened).toMatchObject({ ok: true });
  const view = await invoices.viewTill(till);
  expect(view).toMatchObject({ value: { sold: [{ sellerId: juma.customerId, count: 1, amountMinor: 100_000n }] } });
  // Used once: it opens nothing any more.
  expect((await sell()).screens.at(-1)).toContain(
    'This customer has no code for you and this amount, or it has ended.',
  );
}, 60_000);

test('R276: wrong code, no code, another amount, stopped: the shop is told, and nothing moves', async () => {
  expect((await sell()).screens.at(-1)).toContain(
    'This customer has no code for you and this amount, or it has ended.',
  );
  await makeCode();
  expect((await sell('999')).screens.at(-1)).toContain('This customer has no code for you and this amount');
  await settle();
  expect(textsTo(both.one, jumasPhone).at(-1)).toMatch(
    /^Customer \+?\d+ could not be asked to pay KES 999.00. Give no goods.$/,
  );
  const first = await sell();
  expect(await first.call.answer('2')).toContain('END Stopped. No money has moved.');
  await settle();
  expect(await lastSale()).toEqual({ request: 'cancelled', invoice: 'cancelled' });
  const { call } = await sell();
  for (const code of [wrong(), '333333']) expect(await call.answer(code)).toMatch(/Wrong code. [12] tr/);
  expect(await call.answer(wrong())).toMatch(/^END Wrong code too often/);
  await settle();
  expect(await lastSale()).toEqual({ request: 'refused', invoice: 'rejected' });
  expect(await moved()).toEqual(unmoved);
}, 60_000);

test('a call that was cut is come back to; what is taken back meanwhile, or whose time is up, is never paid', async () => {
  await makeCode();
  const cut = await sell();
  await cut.call.end('Incomplete');
  const back = createCall(both.one, jumasPhone);
  expect(await back.dial('12')).toContain(`1 ${buyer.firstName} Otieno, KES 1,000.00`);
  expect(await back.answer('1')).toContain('Type the code of');
  const list = createCall(both.one, jumasPhone);
  await list.dial('13*1*1');
  expect(await list.answer('1')).toMatch(/^END /); // it is taken back
  expect(await back.answer(lastCode())).toMatch(
    /^END two has not answered yet. Give \w+ Otieno the goods only after our SMS/,
  );
  await settle();
  both.clock.advance(11 * 60_000);
  await settle();
  expect(await lastSale()).toEqual({ request: 'expired', invoice: 'cancelled' });
  await makeCode();
  await (await sell()).call.end('Incomplete');
  both.clock.advance(11 * 60_000);
  await settle();
  await settle();
  // Whichever of the two providers says it first.
  expect((await lastSale()).invoice).toMatch(/^(expired|rejected)$/);
  expect(textsTo(both.one, jumasPhone).at(-1)).toMatch(/ KES 1,000.00 in time| KES 1,000.00. Give no goods/);
  expect(await moved()).toEqual(unmoved);
}, 60_000);

test.each([
  ['onCodeAsked', 'is lost once', (count: number) => (count === 1 ? 0 : 1)],
  ['onPrepare', 'always comes twice', () => 2],
] as const)(
  '%s %s: it is sold once',
  async (name, _, copies) => {
    let count = 0;
    both.wires.one.copies = (passing) => (passing === name ? copies((count += 1)) : 1);
    await makeCode();
    const { call } = await sell();
    await call.end('Success');
    both.clock.advance(3_000);
    await settle();
    const back = createCall(both.one, jumasPhone);
    expect(await back.dial('12')).toContain(`1 ${buyer.firstName}`);
    await back.answer('1');
    await back.answer(lastCode());
    await back.end('Success');
    for (let step = 0; step < 12; step += 1) {
      both.clock.advance(30_000);
      await both.settle();
    }
    expect(count).toBeGreaterThan(0);
    expect(await moved()).toEqual(paidOnce);
    expect(await lastSale()).toEqual({ request: 'paid', invoice: 'paid' });
  },
  60_000,
);

test('B23: an operator takes a code by number and PIN on the shop’s phone, and from their own, within their day’s limit', async () => {
  const { invoices, accounts, db } = both.one.services;
  const account = await accounts.primaryOf(db, juma.customerId);
  const kani = await personOn(both.one, '+254700000002' as Msisdn);
  const order = { customerId: juma.customerId, accountId: account?.accountId ?? '', pin: '3917' };
  await invoices.openTill({ ...order, hopKey: 'open' });
  const hire = { ...order, operatorId: kani.customerId, dayMaxMinor: 150_000n, hopKey: 'hire' };
  expect(await invoices.addOperator(hire)).toMatchObject({ value: { operatorNo: 2 } });
  const number = phone().replace('+254', '0');
  await makeCode();
  const shops = createCall(both.one, jumasPhone);
  await shops.dial(`12*2*${number}*1000`);
  expect(await shops.answer('Maize')).toMatch(
    /How does \w+ Otieno pay KES 1,000.00\?\n1 On their phone\n2 By a code, now/,
  );
  expect(await shops.answer('2')).toContain('Seller 2, enter your PIN:');
  expect(await shops.answer('8305')).toContain('Type the code of');
  expect(await shops.answer(lastCode())).toMatch(/^END \w+ Otieno paid KES 1,000.00. Give the goods./);
  await settle();
  expect(await moved()).toEqual(paidOnce);
  const view = await invoices.viewTill(order);
  expect(view.ok && view.value?.sold).toContainEqual(
    expect.objectContaining({ sellerId: kani.customerId, amountMinor: 100_000n }),
  );
  const own = createCall(both.one, '+254700000002');
  await own.dial(`12*${number}*1000`);
  await own.answer('1');
  expect(await own.answer('2')).toContain('500.00'); // what is left of the day
  await own.answer('400');
  await own.answer('1');
  await makeCode('400');
  expect(await own.answer('2')).toContain('Type the code of');
  expect(await own.answer(lastCode())).toMatch(/^END \w+ Otieno paid KES 400.00/);
  await settle();
  expect(textsTo(both.one, '+254700000002').at(-1)).toMatch(/^\w{8} Customer \d+ paid KES 400.00 to your shop. /);
}, 60_000);
