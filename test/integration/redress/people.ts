import { assert, ok, type Msisdn } from '../../../src/platform';
import type { Payment } from '../../../src/payments';
import type { World } from '../../support/world';

export const phones = {
  hamim: '+254700000001',
  kani: '+254700000002',
  wanjiru: '+254700000003',
  merchant: '+254700000005',
  agent: '+254700000009',
} as const;
export type Who = keyof typeof phones;

/** What the tests of this room do with the people of the sandbox. */
export interface Stage {
  idOf(who: Who): Promise<string>;
  accountOf(who: Who): Promise<string>;
  /** What can be spent, and what is held. */
  moneyOf(who: Who): Promise<{ available: bigint; held: bigint }>;
  pay(from: Who, to: Who, amountMinor: bigint, product?: 'send' | 'purchase'): Promise<Payment>;
  verifiedBooks(): Promise<unknown>;
}

export function stageOf(world: World): Stage {
  const { identity, accounts, ledger, payments, db } = world.services;
  let hops = 0;
  const idOf = async (who: Who) => {
    const customer = await identity.byMsisdn(phones[who] as Msisdn);
    assert(customer, 'the sandbox has this person');
    return customer.customerId;
  };
  const accountOf = async (who: Who) => {
    const account = await accounts.primaryOf(db, await idOf(who));
    assert(account, 'everybody has an account');
    return account.accountId;
  };
  return {
    idOf,
    accountOf,
    moneyOf: async (who) => {
      const balance = await ledger.balance(db, await accountOf(who));
      assert(balance, 'the account is in the ledger');
      return { available: balance.availableMinor, held: balance.pendingOutMinor };
    },
    pay: async (from, to, amountMinor, product = 'send') => {
      const initiatorId = await idOf(from);
      const quoted = await payments.quote({ product, initiatorId, to: { customerId: await idOf(to) }, amountMinor });
      assert(quoted.ok, 'it can be quoted');
      const submission = { quoteId: quoted.value.quoteId, customerId: initiatorId, pin: '0000' };
      const paid = await payments.submit({ ...submission, hopKey: `pay-${(hops += 1)}` });
      assert(paid.ok, 'it can be paid');
      return paid.value;
    },
    verifiedBooks: async () => (await ledger.verify(db)).deviation,
  };
}

/** The PIN is proven elsewhere; here its 20 ms would keep calls from meeting. */
export function withoutPins(world: World): void {
  jest.spyOn(world.services.identity, 'verifyPin').mockResolvedValue(ok(undefined));
}
