import type { Accounts } from '../accounts';
import type { Audit } from '../audit';
import type { Identity } from '../identity';
import type { Notifications } from '../notifications';
import type { Payments } from '../payments';
import type { Clock, Db, Ids, Market } from '../platform';
import type { Rules } from '../rules';

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
}

export interface InvoiceLimits {
  /** How long a buyer may take to pay an invoice. */
  readonly invoiceTtlMs: number;
}
