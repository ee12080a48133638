import { assert, type Msisdn } from '../../src/platform';
import { createCall } from '../support/world';
import { startScheme, type Scheme } from './scheme';

/** Customers of ours pay a number that the toolkit has; it checks signatures, packets and conditions, and keeps to what it quoted. */
let scheme: Scheme;
beforeAll(async () => {
  scheme = await startScheme();
});
afterAll(() => scheme.close());

const hamim = '+254700000001' as Msisdn;

async function balanceMinor(): Promise<bigint> {
  const { accounts, db, identity, ledger } = scheme.provider.world.services;
  const customer = await identity.byMsisdn(hamim);
  const account = customer && (await accounts.primaryOf(db, customer.customerId));
  const balance = account && (await ledger.balance(db, account.accountId));
  assert(balance, 'the sandbox has this person');
  return balance.availableMinor;
}

test('R132, R184: looked up, quoted and paid, all on one call', async () => {
  const before = await balanceMinor();
  const call = createCall(scheme.provider.world, hamim);
  await call.dial();
  await call.answer('1');
  expect(await call.answer('0711000009')).toContain(`at ${scheme.toolkit.dfspId}.`);
  expect(await call.answer('100')).toContain('Fee KES 10.00');
  expect(await call.answer('4071')).toMatch(/^END KES 100\.00 sent to .* Ref /);
  expect(before - (await balanceMinor())).toBe(11_000n);
});
