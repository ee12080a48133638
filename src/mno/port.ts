import { err, type Msisdn, type Result } from '../platform';

/** When the SIM behind a number was last changed. */
export interface SimSwaps {
  /** Null: the network knows of no change. Errors: `unavailable`, also when the network doesn't know the number. Never throws. */
  check(msisdn: Msisdn): Promise<Result<{ readonly swappedAt: Date | null }, 'unavailable'>>;
}

/** Where no network can be asked. */
export const noSimSwaps: SimSwaps = { check: () => Promise.resolve(err('unavailable')) };
