import type { Accounts } from '../accounts';
import type { Audit } from '../audit';
import type { Identity } from '../identity';
import type { Ledger } from '../ledger';
import type { Notifications } from '../notifications';
import type { Payments } from '../payments';
import type { Cipher, Clock, Db, Ids, Log, Market } from '../platform';
import type { Rules } from '../rules';

/** What the rows need that commit with agents' payments. */
export interface CompanionDeps {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly db: Db;
  readonly cipher: Cipher;
  readonly identity: Identity;
  readonly notifications: Notifications;
  readonly rules: Rules;
  readonly market: Market;
  readonly audit: Audit;
  /** How long a customer's code is good. */
  readonly codeTtlMs: number;
}

export interface AgentsDeps extends CompanionDeps {
  readonly accounts: Accounts;
  readonly ledger: Ledger;
  readonly payments: Payments;
  readonly log: Log;
}
