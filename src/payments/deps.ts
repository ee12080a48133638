import type { Accounts } from '../accounts';
import type { Audit } from '../audit';
import type { Identity } from '../identity';
import type { Chart, Ledger } from '../ledger';
import type { Notifications } from '../notifications';
import type { Clock, Db, Ids, Market } from '../platform';
import type { Rules } from '../rules';

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
}

export interface PaymentLimits {
  /** How long a quote holds. */
  readonly quoteTtlMs: number;
  /** How long a customer may take to approve a cash-out. */
  readonly cashOutTtlMs: number;
  /** How long after a payment a redial says what came of it. */
  readonly noticeTtlMs: number;
}
