import { chartOf } from '../../../src/ledger';
import { assert, createIds, plusMs, type Msisdn } from '../../../src/platform';
import { createCall, createWorld, type World } from '../../support/world';

/** R186: money that nobody decides over comes free by itself, and what is odd with one keeps no other waiting. */
describe('the sweeper', () => {
  let world: World;
  beforeEach(async () => {
    world = await createWorld();
  });
  afterEach(() => world.close());

  async function accountOf(msisdn: string): Promise<string> {
    const { accounts, identity } = world.services;
    const customer = await identity.byMsisdn(msisdn as Msisdn);
    const accountId = (await accounts.primaryOf(world.owner, customer?.customerId ?? ''))?.accountId;
    assert(accountId, 'the sandbox has this person');
    return accountId;
  }
  const heldOn = async (accountId: string) =>
    (await world.services.ledger.balance(world.owner, accountId))?.pendingOutMinor;

  /** Money held by no payment: what a reservation leaves whose payment was never written. */
  async function reserve(): Promise<{ accountId: string; pendingId: string }> {
    const { ledger, clock } = world.services;
    const accountId = await accountOf('+254700000001');
    const pendingId = createIds(clock).uuid();
    const creditAccountId = chartOf('KES').feeIncome;
    const legs = [{ debitAccountId: accountId, creditAccountId, amountMinor: 100n, code: 'principal' as const }];
    const [outcome] = await ledger.post([
      { kind: 'reserve', transferId: pendingId, legs, expiresAt: plusMs(clock.now(), 60_000) },
    ]);
    expect(outcome?.ok).toBe(true);
    return { accountId, pendingId };
  }
  async function requestCashOut(): Promise<void> {
    const call = createCall(world, '+254700000009');
    await call.dial();
    for (const typed of ['10', '0700000001', '100', '9462']) await call.answer(typed);
  }

  test('what no payment claims is released an hour after its expiry, and the log says so', async () => {
    const { payments } = world.services;
    const { accountId, pendingId } = await reserve();
    expect(await heldOn(accountId)).toBe(100n);
    world.clock.advance(60_000 + 3_599_000);
    expect(await payments.releaseUnclaimed()).toBe(0);
    world.clock.advance(1_001);
    expect(await payments.releaseUnclaimed()).toBe(1);
    expect(await payments.releaseUnclaimed()).toBe(0);
    expect(await heldOn(accountId)).toBe(0n);
    const events = await world.owner.rows({
      text: `select actor_kind, actor_id from audit_event where action = 'hold.released' and subject_id = $1`,
      values: [pendingId],
    });
    expect(events).toEqual([{ actor_kind: 'system', actor_id: 'sweeper' }]);
  });

  test('what a pending payment claims is left to its own expiry, which tells the agent', async () => {
    await requestCashOut();
    world.clock.advance(2 * 3_600_000);
    expect(await world.services.payments.releaseUnclaimed()).toBe(0);
    expect(await world.services.payments.expireDue()).toBe(1);
    await world.settle();
    expect(world.sms.sent.filter(({ body }) => body.includes('no approval came in time'))).toHaveLength(1);
  });

  test('a pending payment whose money was released by somebody else is reported, and keeps no other waiting', async () => {
    const { payments, ledger, ids } = { ...world.services, ids: createIds(world.clock) };
    await requestCashOut();
    const { payment_id: pendingId } = await world.owner.one<{ payment_id: string }>({
      text: 'select payment_id from payment',
    });
    const [voided] = await ledger.post([{ kind: 'void', transferId: ids.uuid(), pendingId }]);
    expect(voided?.ok).toBe(true);
    const other = createCall(world, '+254700000009');
    await other.dial();
    for (const typed of ['10', '0700000002', '50', '9462']) await other.answer(typed);
    world.clock.advance(601_000);
    await expect(payments.expireDue()).rejects.toThrow(pendingId);
    const states = await world.owner.rows({ text: 'select state from payment order by created_at, payment_id' });
    expect(states).toEqual([{ state: 'pending' }, { state: 'expired' }]);
  });
});
