import type { Audit } from '../audit';
import type { Chart, Ledger } from '../ledger';
import type { Clock, Currency, Db, Log, Market } from '../platform';
import type { SwitchAdapter } from '../switch';

export interface SettlementDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Log;
  readonly ledger: Ledger;
  readonly chart: Chart;
  readonly audit: Audit;
  readonly currency: Currency;
  readonly market: Pick<Market, 'timeZone'>;
  readonly adapter: Pick<SwitchAdapter, 'statement'>;
  /** What this provider is called in the scheme. */
  readonly dfspId: string;
  /** How long after the scheme's decision it may still be on its way to us. */
  readonly graceMs: number;
}

/** From the one moment until before the other. */
export interface Window {
  readonly from: Date;
  readonly to: Date;
}
