import type { Customer } from '../../../src/identity';
import { chartOf } from '../../../src/ledger';
import { assert, type Msisdn } from '../../../src/platform';
import { createTwo, type Two } from '../../support/two';
import { createCall, type Call, type World } from '../../support/world';

/** Who pays whom in the tests of this room: Hamim, of the sandbox of `one`, sends to Venya, alone at `two`; Juma sells at `one`. Zawadi comes to `two` and leaves. */
export const hamimsPhone = '+254700000001' as Msisdn;
export const jumasPhone = '+254700000005' as Msisdn;
export const aminasPhone = '+254700000009' as Msisdn;
export const venyasPhone = '+254711000009' as Msisdn;
export const zawadisPhone = '+254711000010' as Msisdn;

export interface Pair {
  readonly both: Two;
  readonly hamim: string;
  readonly venya: string;
}

/** Both providers anew for every test of a file, which takes them; their books are proven after it. */
export function openPairs(take: (pair: Pair) => void): void {
  let both: Two | undefined;
  beforeEach(async () => {
    both = await createTwo();
    const venya = await openVenya(both.two);
    take({ both, venya, hamim: await idOf(both.one, hamimsPhone) });
  });
  afterEach(() => both?.close());
}

export function openVenya(world: Pick<World, 'services'>, balanceMinor = 0n): Promise<string> {
  return openCustomer(world, { msisdn: venyasPhone, firstName: 'Venya', balanceMinor });
}

/** Their PIN is 2580. */
export async function openCustomer(
  { services }: Pick<World, 'services'>,
  { msisdn, firstName, balanceMinor = 0n }: { msisdn: Msisdn; firstName: string; balanceMinor?: bigint },
): Promise<string> {
  const pin = await services.identity.hashPin('2580', '1990-01-31');
  assert(pin.ok, 'the PIN is fit');
  await services.onboarding.openSandbox([
    {
      ...{ msisdn, firstName, lastName: 'Otieno', role: 'customer', language: 'en' },
      ...{ birthDate: '1990-01-31', nationalId: `${firstName.toUpperCase()}1`, pin: pin.value, balanceMinor },
    },
  ]);
  return idOf({ services }, msisdn);
}

export async function idOf(world: Pick<World, 'services'>, msisdn: Msisdn): Promise<string> {
  return (await personOn(world, msisdn)).customerId;
}

export async function personOn({ services }: Pick<World, 'services'>, msisdn: Msisdn): Promise<Customer> {
  const customer = await services.identity.byMsisdn(msisdn);
  assert(customer, 'somebody who was opened is there');
  return customer;
}

export async function moneyOf(
  { services }: Pick<World, 'services'>,
  customerId: string,
): Promise<{ available: bigint; held: bigint }> {
  const account = await services.accounts.primaryOf(services.db, customerId);
  assert(account, 'everybody here has an account');
  const balance = await services.ledger.balance(services.db, account.accountId);
  assert(balance, 'an account is in the books');
  return { available: balance.availableMinor, held: balance.pendingOutMinor };
}

/** What each provider owes the other, by its own books: they must mirror each other. */
export async function owed(both: Two): Promise<bigint[]> {
  return Promise.all(
    [both.one, both.two].map(async ({ services }) => {
      const balance = await services.ledger.balance(services.db, chartOf('KES').clearing);
      return balance?.postedMinor ?? 0n;
    }),
  );
}

/** Hamim dials, and stands before the PIN. */
export async function toThePin(both: Two, amount = '1000'): Promise<{ call: Call; asked: string; confirm: string }> {
  const call = createCall(both.one, hamimsPhone);
  await call.dial();
  await call.answer('1');
  const asked = await call.answer('0711000009');
  const confirm = await call.answer(amount);
  return { call, asked, confirm };
}
