import type { Role } from '../identity';
import type { Product } from '../rules';
import type { SmsKey } from '../ussd';

/** What is particular to a product: who may ask for it, what is debited, who earns, and what both sides are told. */
export interface ProductSpec {
  /** Which side of the money whoever asks may stand on, by role. Nobody: the staff ask. */
  readonly asksAs: Readonly<Partial<Record<'payer' | 'payee', readonly Role[]>>>;
  /** What the payee must be. */
  readonly payeeIs?: readonly Role[];
  /** The purpose of the account that is debited. */
  readonly debits: 'main' | 'commission';
  /** Which side is an agent who earns a commission. */
  readonly earns?: 'payer' | 'payee';
  readonly texts: { readonly payer?: SmsKey; readonly payee?: SmsKey };
}

const anybody: readonly Role[] = ['customer', 'agent', 'merchant'];

export const products: Readonly<Record<Product, ProductSpec>> = {
  send: {
    asksAs: { payer: anybody },
    debits: 'main',
    texts: { payer: 'sms.sent', payee: 'sms.received' },
  },
  own: { asksAs: { payer: anybody }, debits: 'main', texts: { payer: 'sms.ownMoved' } },
  cash_in: {
    asksAs: { payer: ['agent'] },
    debits: 'main',
    earns: 'payer',
    texts: { payer: 'sms.cashInAgent', payee: 'sms.cashInCustomer' },
  },
  cash_out: {
    asksAs: { payee: ['agent'], payer: anybody },
    payeeIs: ['agent'],
    debits: 'main',
    earns: 'payee',
    texts: { payer: 'sms.cashOutCustomer', payee: 'sms.cashOutAgent' },
  },
  purchase: {
    asksAs: { payer: anybody },
    payeeIs: ['merchant'],
    debits: 'main',
    texts: { payer: 'sms.purchasePaid', payee: 'sms.purchaseReceived' },
  },
  float: {
    asksAs: { payer: ['agent'] },
    payeeIs: ['agent'],
    debits: 'main',
    texts: { payer: 'sms.floatSent', payee: 'sms.floatReceived' },
  },
  sweep: { asksAs: { payer: ['agent'] }, debits: 'commission', texts: { payer: 'sms.commissionSwept' } },
  refund: {
    asksAs: {},
    debits: 'main',
    texts: { payer: 'sms.refundTaken', payee: 'sms.refundReceived' },
  },
  topup: {
    asksAs: {},
    debits: 'main',
    texts: { payer: 'sms.floatReturned', payee: 'sms.floatToppedUp' },
  },
  correction: { asksAs: {}, debits: 'main', texts: {} },
};
