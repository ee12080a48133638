import type { Accounts } from '../accounts';
import type { Agents } from '../agents';
import type { Audit } from '../audit';
import type { Freezes } from '../freezes';
import type { Identity } from '../identity';
import type { Invoices } from '../invoices';
import type { Ledger } from '../ledger';
import type { Notifications } from '../notifications';
import type { Onboarding } from '../onboarding';
import type { Payments } from '../payments';
import type { Clock, Db, Ids, Market } from '../platform';
import type { Redress } from '../redress';
import type { Rules } from '../rules';

/** Every room that may still have something to do with somebody. */
export interface ClosingDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly market: Market;
  readonly rules: Rules;
  readonly identity: Identity;
  readonly accounts: Accounts;
  readonly ledger: Ledger;
  readonly audit: Audit;
  readonly notifications: Notifications;
  readonly freezes: Freezes;
  readonly payments: Payments;
  readonly onboarding: Onboarding;
  readonly invoices: Invoices;
  readonly agents: Agents;
  readonly redress: Redress;
}
