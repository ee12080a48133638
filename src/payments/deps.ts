import type { Accounts } from '../accounts';
import type { Audit } from '../audit';
import type { Identity } from '../identity';
import type { Chart, Ledger } from '../ledger';
import type { Notifications } from '../notifications';
import type { Attachment, Clock, Db, Ids, Market } from '../platform';
import type { Product, Rules } from '../rules';
import type { SmsKey, Values } from '../ussd';
import type { PaymentError } from './errors';
import type { Payment } from './payment';

export interface PaymentsDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly identity: Identity;
  readonly accounts: Accounts;
  readonly ledger: Ledger;
  readonly chart: Chart;
  readonly audit: Audit;
  readonly rules: Rules;
  readonly notifications: Notifications;
  readonly market: Market;
  readonly limits: PaymentLimits;
  /** What else commits with payments of a product: an invoice that is paid by it. */
  readonly companions: Companions;
}

export interface Companion {
  /** Rows for a payment that comes into a state, with the transfer that moves its money. */
  attachments(payment: Payment, transferId: string): Promise<readonly Attachment[]>;
  /** What the payee is told instead of the product's own words, where there is more to say. */
  readonly receipt?: (payment: Payment) => Promise<Told | undefined>;
  /** What a constraint that these rows violate means for whoever pays. */
  readonly refusals: Readonly<Record<string, PaymentError>>;
}
export interface Told {
  readonly text: SmsKey;
  readonly values: Values;
}
export type Companions = Readonly<Partial<Record<Product, Companion>>>;

export interface PaymentLimits {
  /** How long a quote holds. */
  readonly quoteTtlMs: number;
  /** How long a customer may take to approve a cash-out. */
  readonly cashOutTtlMs: number;
  /** How long money waits for the code that the customer has. */
  readonly codeTtlMs: number;
  /** How long after a payment a redial says what came of it. */
  readonly noticeTtlMs: number;
}

/** Companions of one product as one. Only one of them has words of its own for the payee. */
export function together(...companions: readonly Companion[]): Companion {
  const receipt = companions.find((companion) => companion.receipt)?.receipt;
  return {
    attachments: async (payment, transferId) =>
      (await Promise.all(companions.map((companion) => companion.attachments(payment, transferId)))).flat(),
    ...(receipt && { receipt }),
    refusals: Object.fromEntries(companions.flatMap(({ refusals }) => Object.entries(refusals))),
  };
}

/** The rows of the product's companion, where it has one. */
export async function companionRows(
  { companions }: Pick<PaymentsDeps, 'companions'>,
  payment: Payment,
  transferId: string,
): Promise<readonly Attachment[]> {
  return (await companions[payment.product]?.attachments(payment, transferId)) ?? [];
}
