import { assert } from '../../../src/platform';
import { createTwo, type Two } from '../../support/two';
import { createCall } from '../../support/world';
import { jumasPhone, moneyOf, openVenya, owed, personOn, venyasPhone } from './people';

jest.setTimeout(60_000);

/** A customer of one provider pays a shop of another by the number on its wall: a till, a phone, or a user number. */
let both: Two;
let tillNumber: string;
beforeEach(async () => {
  both = await createTwo();
  await openVenya(both.two, 500_000n);
  const juma = await personOn(both.one, jumasPhone);
  const { accounts, db, invoices } = both.one.services;
  const account = await accounts.primaryOf(db, juma.customerId);
  assert(account, 'a merchant has an account');
  const { accountId } = account;
  const till = await invoices.openTill({ customerId: juma.customerId, accountId, pin: '3917', hopKey: 'open' });
  assert(till.ok, 'a merchant gets a till');
  tillNumber = till.value.tillNumber;
  await both.settle();
});
afterEach(() => both.close());

/** Venya dials Pay with a number; the screens that she saw, the last once it is paid. */
async function pay(number: string, amount = '150'): Promise<string[]> {
  const call = createCall(both.two, venyasPhone);
  await call.dial();
  const screens = [await call.answer('3'), await call.answer(number)];
  for (const answer of [amount, '2580']) {
    if (!/How much|PIN/.test(screens.at(-1) ?? '')) break;
    screens.push(await call.answer(answer));
  }
  await call.end('Success');
  await both.settle();
  return screens;
}

test('R117: by a till, by the merchant’s phone and user number: the shop’s own name is read, and it is paid', async () => {
  const juma = await personOn(both.one, jumasPhone);
  const before = await moneyOf(both.one, juma.customerId);
  for (const number of [tillNumber, '0700000005', juma.userNumber]) {
    const screens = await pay(number);
    expect(screens[1]).toContain('Pay Juma Mwangi at one.\nHow much?');
    expect(screens[2]).toContain('Pay KES 150.00 to Juma Mwangi');
  }
  const earned = (await moneyOf(both.one, juma.customerId)).available - before.available;
  const fees = await both.one.owner.one<{ sum: bigint }>({
    text: `select sum(payee_fee_minor)::bigint as sum from payment where product = 'purchase' and state = 'completed'`,
  });
  expect(earned).toBe(45_000n - fees.sum);
  expect(await owed(both)).toEqual([-45_000n, 45_000n]);
});

test.each([
  [
    'a phone whose owner sells nothing',
    '0700000001',
    'The other provider does not take this payment. Nothing was sent.',
  ],
  ['a till that nobody has', '100008', 'This number has no account here.'],
])('R117: %s is paid nothing', async (_, number, says) => {
  expect((await pay(number)).at(-1)).toContain(says);
});

test('R240: the directory hears of a till that opens, and of one that closes', async () => {
  const entry = async () =>
    both.one.owner.one<{ here: boolean }>({
      text: `select is_here as here from directory_entry where id_type = 'BUSINESS' and id = $1`,
      values: [tillNumber],
    });
  expect(await entry()).toEqual({ here: true });
  await both.one.owner.run({ text: `update till set status = 'closed' where till_number = $1`, values: [tillNumber] });
  expect(await entry()).toEqual({ here: false });
  expect((await pay(tillNumber)).at(-1)).toContain('This number has no account here.');
});
