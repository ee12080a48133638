import type { Accounts } from '../accounts';
import type { Agents } from '../agents';
import type { Audit } from '../audit';
import type { Bulks } from '../bulk';
import type { Clearing } from '../clearing';
import type { Freezes } from '../freezes';
import type { Identity } from '../identity';
import type { Ledger } from '../ledger';
import type { Notifications } from '../notifications';
import type { Onboarding } from '../onboarding';
import type { Payments } from '../payments';
import type { Clock, Db, Ids, Market } from '../platform';
import type { Redress } from '../redress';
import type { Rules } from '../rules';
import type { Settlement } from '../settlement';

/** The rooms that the staff's commands work on. A command that needs another one adds its line here and in src/app/services.ts. */
export interface StaffDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly market: Market;
  readonly identity: Identity;
  readonly accounts: Accounts;
  readonly ledger: Ledger;
  readonly freezes: Freezes;
  readonly rules: Rules;
  readonly payments: Payments;
  readonly agents: Agents;
  readonly onboarding: Onboarding;
  readonly notifications: Notifications;
  readonly audit: Audit;
  readonly redress: Redress;
  readonly clearing: Clearing;
  readonly settlement: Settlement;
  readonly bulks: Bulks;
  /** Makes the digests of tokens: 32 bytes that the database does not hold. */
  readonly tokenKey: Buffer;
}
