import type { Audit } from '../audit';
import type { Identity } from '../identity';
import type { Notifications } from '../notifications';
import type { Clock, Db, Ids, Market } from '../platform';

/** The rooms that the staff's commands work on. A command that needs another one adds its line here and in src/app/services.ts. */
export interface StaffDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly market: Market;
  readonly identity: Identity;
  readonly notifications: Notifications;
  readonly audit: Audit;
  /** Makes the digests of tokens: 32 bytes that the database does not hold. */
  readonly tokenKey: Buffer;
}
