import type { Currency } from '../platform';
import type { Product } from '../rules';
import type { PaymentError } from './errors';

export interface Quote {
  /** Also the id of the payment and of the ledger's transfer that may come of it. */
  readonly quoteId: string;
  readonly product: Product;
  readonly initiatorId: string;
  readonly payerId: string;
  readonly payeeId: string;
  readonly payerAccountId: string;
  readonly payeeAccountId: string;
  readonly commissionAccountId: string | null;
  readonly currency: Currency;
  readonly amountMinor: bigint;
  readonly feeMinor: bigint;
  readonly commissionMinor: bigint;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

/** See lifecycle.ts. */
export type PaymentState = 'pending' | 'completed' | 'failed' | 'rejected' | 'expired';

export interface Payment {
  readonly paymentId: string;
  readonly product: Product;
  readonly state: PaymentState;
  readonly failure: PaymentError | null;
  /** Eight characters that can be read out. */
  readonly reference: string;
  readonly initiatorId: string;
  readonly payerId: string;
  readonly payeeId: string;
  readonly payerAccountId: string;
  readonly payeeAccountId: string;
  readonly currency: Currency;
  readonly amountMinor: bigint;
  readonly feeMinor: bigint;
  readonly commissionMinor: bigint;
  readonly updatedAt: Date;
  readonly expiresAt: Date | null;
}
