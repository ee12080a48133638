import type { Currency, Clock, Log } from '../../platform';
import type { SwitchHandler } from '../port';
import type { Ask } from './client';
import type { Directory } from './directory';
import type { EligibilityOptions } from './eligibility';
import type { Ledger } from './ledger';
import type { Peers } from './peers';
import type { Store } from './store';
import type { TermsMaker } from './terms';

/** What all directions of the adapter share. */
export interface Shared {
  readonly dfspId: string;
  readonly currency: Currency;
  readonly eligibility: EligibilityOptions;
  readonly ask: Ask;
  readonly directory: Directory;
  readonly ledger: Ledger;
  readonly peers: Peers;
  readonly terms: TermsMaker;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** Throws before the start and after the stop. */
  readonly handler: () => SwitchHandler;
  /** Work that goes on after an answer; `stop` waits for it. Whatever it fails with is logged. */
  readonly background: (work: Promise<unknown>) => void;
}
