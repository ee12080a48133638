import type { Outside } from '../payments';
import type { Currency } from '../platform';

/**
 * The life of an invoice.
 *
 * `standard` is sent to one buyer; `pending` is a code that one person pays, whoever comes first; `product` is a code
 * that anybody pays, again and again. All are born `pending`: they ask, and hold nobody's money.
 *
 *   → `paid`      the payment's rows commit with its money, and this is one of them: what is approved is executed, so
 *                 there is no state between the two. Never a product: it stays payable (R131).
 *   → `rejected`  by the buyer of a standard one. Nobody was asked for the others.
 *   → `cancelled` by whoever may sell on that account; a product is stopped this way.
 *   → `expired`   by the sweeper.
 * Nothing leaves these four; the database refuses it as well (R250).
 *
 * Where one of the two is a customer of another provider, each provider has an invoice of its own with this same life, and
 * `outside` says who is not here. Its payment crosses the scheme: from the hold to the scheme's decision it is that
 * payment's alone (`payingId`), and nobody rejects, cancels, expires or pays it otherwise (R123).
 *
 * The fourth type of the trade, cash-out, is no row here: an agent's request holds the customer's money from the
 * moment it is made (the agent must be able to hand out cash on the SMS), so its state can't part from the ledger's
 * reservation, and a second row would be a second truth about it. It is a pending payment with the same life (pending →
 * completed, rejected, expired; src/payments/lifecycle.ts), and Pending lists both alike: menus/pending.ts.
 */
export type InvoiceType = 'standard' | 'pending' | 'product';
export type InvoiceState = 'pending' | 'paid' | 'rejected' | 'cancelled' | 'expired';

export interface Invoice {
  readonly invoiceId: string;
  /** Seven digits, the last a check digit: what is dialled to pay it. */
  readonly code: string;
  readonly type: InvoiceType;
  readonly state: InvoiceState;
  /** Where the money goes, and whose account that is: the merchant. Null: who sold is at another provider. */
  readonly accountId: string | null;
  readonly ownerId: string | null;
  /** Who sold. */
  readonly issuedBy: string | null;
  /** Set where an operator of a till sold. */
  readonly operator: { readonly tillNumber: string; readonly operatorNo: number } | null;
  /** Null: whoever dials the code, or somebody at another provider. */
  readonly buyerId: string | null;
  /** Who is at another provider: the buyer, or who sold. */
  readonly outside: Outside | null;
  readonly currency: Currency;
  readonly amountMinor: bigint;
  /** What it is for; empty where nothing was said. */
  readonly note: string;
  readonly paymentId: string | null;
  /** The payment that is under way for it, and that the scheme has not decided over. */
  readonly payingId: string | null;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
}

/** A shop's number. */
export interface Till {
  /** Six digits, the last a check digit. */
  readonly tillNumber: string;
  readonly accountId: string;
  readonly ownerId: string;
  readonly name: string;
}

/** Who sells at a till without holding its account. */
export interface Operator {
  readonly tillNumber: string;
  readonly operatorNo: number;
  readonly customerId: string;
  /** The most that their invoices of one day may ask for; null: no limit of their own. */
  readonly dayMaxMinor: bigint | null;
}
