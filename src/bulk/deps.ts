import type { Accounts } from '../accounts';
import type { Outside, Payments } from '../payments';
import type { Clock, Db, Ids, Market, Result } from '../platform';
import type { Rules } from '../rules';
import type { Party } from '../switch';

export interface BulkDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly market: Market;
  readonly rules: Pick<Rules, 'amountMaxMinor'>;
  readonly accounts: Accounts;
  readonly payments: Pick<Payments, 'lookup' | 'payOne'>;
  readonly scheme: Scheme;
}

/** The way to other providers, in the hands of whoever clears: see src/clearing. Errors are codes of payments. */
export interface Scheme {
  recentPayee(number: string): Promise<Result<{ readonly party: Party; readonly outside: Outside }, string>>;
  offersFor(question: {
    readonly customerId: string;
    readonly dfspId: string;
    readonly items: readonly {
      readonly paymentId: string;
      readonly payee: Party;
      readonly amountMinor: bigint;
      readonly note: string;
    }[];
  }): Promise<{
    readonly bulkId: string;
    readonly offers: ReadonlyMap<string, Result<{ readonly expiresAt: Date }, string>>;
  }>;
  sealBulk(bulkId: string): Promise<void>;
  whyRefused(paymentId: string): Promise<string>;
}
