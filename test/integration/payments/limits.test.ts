import { assert, type Msisdn } from '../../../src/platform';
import { createCall, createWorld, type World } from '../../support/world';

/** How much and how often, where an account has a profile: what was quoted is refused with a word of its own. */
describe('limits of an account', () => {
  let world: World;
  beforeEach(async () => {
    world = await createWorld();
  });
  afterEach(() => world.close());

  async function limit(msisdn: string, direction: 'out' | 'in', amountMinor: bigint): Promise<void> {
    const { accounts, identity, ledger } = world.services;
    const customer = await identity.byMsisdn(msisdn as Msisdn);
    const accountId = (await accounts.primaryOf(world.owner, customer?.customerId ?? ''))?.accountId;
    assert(accountId, 'the sandbox has this person');
    const by = { kind: 'staff', id: 'amani' } as const;
    await world.owner.tx(async (tx) => {
      await ledger.setLimits(tx, { profile: 1, out: {}, in: {}, [direction]: { day: { amountMinor } } }, by);
      const bounds = { floorMinor: 0n, ceilingMinor: null, limitProfile: 1 };
      expect((await ledger.setBounds(tx, accountId, bounds, by)).ok).toBe(true);
    });
  }
  async function send(amount: string): Promise<string> {
    const call = createCall(world, '+254700000001');
    await call.dial();
    for (const typed of ['1', '0700000002', amount]) await call.answer(typed);
    return call.answer('4071');
  }

  test('the payer is told that their account has reached its limit; fees do not count', async () => {
    await limit('+254700000001', 'out', 30_000n);
    expect(await send('300')).toMatch(/^END KES 300\.00 sent/);
    expect(await send('1')).toMatch(/^END Your account has reached its limit for now\.\nNo money has moved\./);
    world.clock.advance(24 * 3_600_000);
    expect(await send('1')).toMatch(/^END KES 1\.00 sent/);
  });

  test('of the payee the payer learns no more than that it cannot be received', async () => {
    await limit('+254700000002', 'in', 5_000n);
    expect(await send('51')).toMatch(/^END This account can't receive that amount\.\nNo money has moved\./);
    expect(await send('50')).toMatch(/^END KES 50\.00 sent/);
  });
});
