import type { Currency } from '../platform';
import type { Channel, Product } from '../rules';
import type { PaymentError } from './errors';

/** What a quote and the payment that comes of it are about: it never changes. */
export interface Terms {
  readonly product: Product;
  readonly channel: Channel;
  /** Who asked; null: the staff, or another provider. A signatory may ask for money of an account that is not theirs. */
  readonly initiatorId: string | null;
  readonly askedAs: 'payer' | 'payee' | 'staff' | 'scheme';
  /** Whose account it is; null: the provider's own. */
  readonly payerId: string | null;
  readonly payeeId: string | null;
  readonly payerAccountId: string;
  readonly payeeAccountId: string;
  readonly currency: Currency;
  readonly amountMinor: bigint;
  /** Of the payer, on top of the amount. */
  readonly feeMinor: bigint;
  /** Of the payee, out of the amount. */
  readonly payeeFeeMinor: bigint;
  /** Of a refund: the fee of what is given back, from the provider, on top of the amount. */
  readonly feeBackMinor: bigint;
  /** To the agent, from the provider. */
  readonly commissionMinor: bigint;
  /** The rules by which it was priced. */
  readonly ruleVersion: string;
  /** What it is for: an invoice, the payment that is given back. */
  readonly subjectId: string | null;
  /** Who is on the other side where that is nobody of ours; null: both sides are here. */
  readonly outside: Outside | null;
}

/** Somebody at another provider, as the scheme named them. `number`: a phone number (E.164), or what else they are called. */
export type Outside = Readonly<Record<'dfspId' | 'number' | 'firstName' | 'lastName', string>>;

/** Whoever a code is told to, at whatever provider, as long as it was told to nobody. */
export const unnamed: Outside = { dfspId: '', number: '', firstName: '', lastName: '' };

export function isUnnamed({ dfspId }: Outside): boolean {
  return dfspId === '';
}

/** Whether its money is held for a code that is told at another provider: what it is for is known when it was told. */
export function isByCode({ askedAs, outside, subjectId }: Pick<Terms, 'askedAs' | 'outside' | 'subjectId'>): boolean {
  return askedAs === 'payer' && outside !== null && subjectId === null;
}

export interface Quote extends Terms {
  /** Also the id of the payment and of the ledger's transfer that may come of it. */
  readonly quoteId: string;
  readonly commissionAccountId: string | null;
  /** The money is held first, and moves when it is approved. */
  readonly held: boolean;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

/** See lifecycle.ts. */
export type PaymentState = 'pending' | 'completed' | 'failed' | 'rejected' | 'expired';

export interface Payment extends Terms {
  readonly paymentId: string;
  readonly state: PaymentState;
  readonly failure: PaymentError | null;
  /** Eight characters that can be read out. */
  readonly reference: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly expiresAt: Date | null;
}

/** Whether it is one of a bulk: its payer has ordered many at once, and is told of them together. */
export function isOfBulk({ askedAs, product }: Pick<Terms, 'askedAs' | 'product'>): boolean {
  return askedAs === 'staff' && product === 'send';
}

/** What a payment takes over from its quote. */
export function termsOf(quote: Quote): Terms {
  return {
    product: quote.product,
    channel: quote.channel,
    initiatorId: quote.initiatorId,
    askedAs: quote.askedAs,
    payerId: quote.payerId,
    payeeId: quote.payeeId,
    payerAccountId: quote.payerAccountId,
    payeeAccountId: quote.payeeAccountId,
    currency: quote.currency,
    amountMinor: quote.amountMinor,
    feeMinor: quote.feeMinor,
    payeeFeeMinor: quote.payeeFeeMinor,
    feeBackMinor: quote.feeBackMinor,
    commissionMinor: quote.commissionMinor,
    ruleVersion: quote.ruleVersion,
    subjectId: quote.subjectId,
    outside: quote.outside,
  };
}
