import type { Accounts } from '../accounts';
import type { Audit } from '../audit';
import type { Identity } from '../identity';
import type { Notifications } from '../notifications';
import type { Payments } from '../payments';
import type { Clock, Db, Ids, Log, Market } from '../platform';
import type { Rules } from '../rules';
import type { SwitchAdapter } from '../switch';

export interface InvoicesDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly identity: Identity;
  readonly accounts: Accounts;
  readonly payments: Payments;
  readonly rules: Rules;
  readonly audit: Audit;
  readonly notifications: Notifications;
  readonly market: Market;
  readonly limits: InvoiceLimits;
  readonly log: Log;
  /** The way to buyers and shops at other providers. */
  readonly scheme: InvoiceScheme;
}

export interface InvoiceScheme {
  readonly adapter: Pick<SwitchAdapter, 'requestPayment' | 'answerPaymentRequest' | 'cancelPaymentRequest'>;
  /** What this provider is called in the scheme. */
  readonly dfspId: string;
  /** How long the scheme may take to take a message. */
  readonly patienceMs: number;
  /** How long requests are kept of which nothing came. */
  readonly keptMs: number;
}

export interface InvoiceLimits {
  /** How long a buyer may take to pay an invoice. */
  readonly invoiceTtlMs: number;
}
