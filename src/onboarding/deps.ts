import type { Accounts } from '../accounts';
import type { Audit } from '../audit';
import type { Identity } from '../identity';
import type { Ledger } from '../ledger';
import type { Notifications } from '../notifications';
import type { Clock, Db, Ids, Market } from '../platform';

export interface OnboardingDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly identity: Identity;
  readonly accounts: Accounts;
  readonly ledger: Ledger;
  readonly audit: Audit;
  readonly notifications: Notifications;
  readonly market: Market;
}
