import { loadPeople, seedSandbox } from '../../../src/app';
import { assert, minorFromDecimal, type Msisdn } from '../../../src/platform';
import { createWorld, type World } from '../../support/world';

/** R205: a first start that dies half-way leaves nobody without their money, nor gives it twice. */
describe('the people of the sandbox', () => {
  let world: World;
  beforeEach(async () => {
    world = await createWorld({ empty: true });
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await world.close();
  });

  const seed = async () => seedSandbox(world.services, await loadPeople(), world.services.market);
  async function balances(): Promise<bigint[]> {
    const { accounts, identity, ledger } = world.services;
    return Promise.all(
      (await loadPeople()).map(async ({ msisdn }) => {
        const customer = await identity.byMsisdn(msisdn as Msisdn);
        const account = (await accounts.primaryOf(world.owner, customer?.customerId ?? ''))?.accountId;
        const balance = await ledger.balance(world.owner, account ?? '');
        assert(balance, 'everybody has an account');
        return balance.postedMinor;
      }),
    );
  }
  const promised = async () => (await loadPeople()).map(({ balance }) => minorFromDecimal(balance, 'KES'));

  test('killed before the money moved: the next start moves it', async () => {
    jest.spyOn(world.services.ledger, 'post').mockRejectedValueOnce(new Error('killed'));
    await expect(seed()).rejects.toThrow('killed');
    expect((await balances()).every((balance) => balance === 0n)).toBe(true);
    expect(await seed()).toBe(false);
    expect(await balances()).toEqual(await promised());
  });

  test('killed after it moved, or while it moved: nobody has it twice', async () => {
    const { ledger } = world.services;
    const post = ledger.post.bind(ledger);
    jest.spyOn(ledger, 'post').mockImplementationOnce(async (transfers) => {
      await post(transfers.slice(0, 3));
      throw new Error('killed');
    });
    await expect(seed()).rejects.toThrow('killed');
    await Promise.all([seed(), seed(), seed()]);
    expect(await balances()).toEqual(await promised());
    expect(await seed()).toBe(false);
    expect(await balances()).toEqual(await promised());
  });
});
