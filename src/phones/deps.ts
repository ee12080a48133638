import type { Audit } from '../audit';
import type { Identity } from '../identity';
import type { Notifications } from '../notifications';
import type { Clock, Db, Ids, Market } from '../platform';

export interface PhonesDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly identity: Identity;
  readonly audit: Audit;
  readonly notifications: Notifications;
  readonly market: Market;
}
