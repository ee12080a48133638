import type { Accounts } from '../accounts';
import type { Audit } from '../audit';
import type { Identity } from '../identity';
import type { Ledger } from '../ledger';
import type { Notifications } from '../notifications';
import type { Payments } from '../payments';
import type { Clock, Db, Ids, Log, Market } from '../platform';
import type { RedressPolicy } from '../rules';

/** What telling people of a case takes. */
export interface TellingDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly identity: Identity;
  readonly notifications: Notifications;
  readonly audit: Audit;
  readonly market: Market;
  readonly policy: RedressPolicy;
}

export interface RedressDeps extends TellingDeps {
  readonly ids: Ids;
  readonly log: Log;
  readonly accounts: Accounts;
  readonly ledger: Ledger;
  readonly payments: Payments;
}
