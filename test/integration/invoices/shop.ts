import type { Customer } from '../../../src/identity';
import type { Invoice } from '../../../src/invoices';
import { assert, ok, type Msisdn } from '../../../src/platform';
import { createWorld, type World } from '../../support/world';

/** People of the sandbox with their main account, and the shop of one of them. */
export interface Someone extends Customer {
  readonly accountId: string;
}

export interface Shop {
  readonly world: World;
  readonly hamim: Someone;
  readonly kani: Someone;
  readonly juma: Someone;
  readonly amina: Someone;
  /** Sends a standard invoice of the merchant's; the buyer is Hamim unless given. */
  send(order?: { buyer?: Customer; amountMinor?: bigint }): Promise<Invoice>;
  /** A product, or a code for one payment. */
  makeCode(type: 'pending' | 'product', amountMinor?: bigint): Promise<Invoice>;
  /** What it says when this person quotes and pays an invoice: `paid`, or why not. */
  pay(who: Someone, invoiceId: string): Promise<string>;
  /** A quote of this person for an invoice, to be submitted later. */
  quote(who: Someone, invoiceId: string): Promise<Submission>;
  available(who: Someone): Promise<bigint>;
  stateOf(invoiceId: string): Promise<string | undefined>;
}
export interface Submission {
  readonly quoteId: string;
  readonly customerId: string;
  readonly pin: string;
  readonly hopKey: string;
}

/** A world with a shop in it. The PIN is proven elsewhere; here its 20 ms would keep payments apart. */
export async function openShop(environment: Record<string, string> = {}): Promise<Shop> {
  const world = await createWorld({ environment });
  jest.spyOn(world.services.identity, 'verifyPin').mockResolvedValue(ok(undefined));
  const { db, identity, accounts, invoices, payments, ledger } = world.services;
  const someone = async (msisdn: string): Promise<Someone> => {
    const customer = await identity.byMsisdn(msisdn as Msisdn);
    assert(customer, 'the sandbox has this person');
    const account = await accounts.primaryOf(db, customer.customerId);
    assert(account, 'who has an account has a primary one');
    return { ...customer, accountId: account.accountId };
  };
  const numbers = ['+254700000001', '+254700000002', '+254700000005', '+254700000009'];
  const [hamim, kani, juma, amina] = await Promise.all(numbers.map(someone));
  assert(hamim && kani && juma && amina, 'four people');
  let hops = 0;
  const order = (amountMinor: bigint) => ({
    ...{ invoiceId: invoices.newId(), sellerId: juma.customerId, accountId: juma.accountId, amountMinor },
    ...{ note: '', hopKey: `hop-${(hops += 1)}` },
  });
  const quote: Shop['quote'] = async ({ customerId, accountId }, invoiceId) => {
    const quoted = await invoices.quoteInvoice({ customerId, accountId, invoiceId });
    assert(quoted.ok, `it can be quoted: ${quoted.ok ? '' : quoted.error}`);
    return { quoteId: quoted.value.quoteId, customerId, pin: '0000', hopKey: `hop-${quoted.value.quoteId}` };
  };
  return {
    ...{ world, hamim, kani, juma, amina, quote },
    send: async ({ buyer = hamim, amountMinor = 10_000n } = {}) => {
      const sent = await invoices.send({ ...order(amountMinor), buyerId: buyer.customerId });
      assert(sent.ok, `it can be sent: ${sent.ok ? '' : sent.error}`);
      return sent.value;
    },
    makeCode: async (type, amountMinor = 10_000n) => {
      const made = await invoices.makeCode({ ...order(amountMinor), type });
      assert(made.ok, 'it can be made');
      return made.value;
    },
    pay: async (who, invoiceId) => {
      const { customerId, accountId } = who;
      const quoted = await invoices.quoteInvoice({ customerId, accountId, invoiceId });
      if (!quoted.ok) return quoted.error;
      const { quoteId } = quoted.value;
      const paid = await payments.submit({ quoteId, customerId, pin: '0000', hopKey: `hop-${quoteId}` });
      return paid.ok ? 'paid' : paid.error;
    },
    available: async ({ accountId }) => (await ledger.balance(db, accountId))?.availableMinor ?? -1n,
    stateOf: async (invoiceId) => (await invoices.find(invoiceId))?.state,
  };
}
