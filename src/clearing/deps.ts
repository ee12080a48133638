import type { Accounts } from '../accounts';
import type { Audit } from '../audit';
import type { Identity } from '../identity';
import type { Payments } from '../payments';
import type { Clock, Db, Ids, Log, Market } from '../platform';
import type { Rules } from '../rules';
import type { SwitchAdapter } from '../switch';

export interface ClearingDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly market: Market;
  readonly audit: Audit;
  readonly identity: Identity;
  readonly accounts: Accounts;
  readonly rules: Rules;
  readonly payments: Payments;
  readonly adapter: SwitchAdapter;
  readonly terms: ClearingTerms;
}

export interface ClearingTerms {
  /** What this provider is called in the scheme: 1 to 32 characters. */
  readonly dfspId: string;
  /** How long somebody on a line waits for another provider. */
  readonly patienceMs: number;
  /** How long an offer of ours holds. */
  readonly offerTtlMs: number;
  /** Within what time the scheme decides over a transfer of ours. */
  readonly transferTtlMs: number;
  /** How long after that nothing of ours can arrive there any more: only then is what it doesn't know taken for lost. */
  readonly graceMs: number;
}
