import { z } from 'zod';
import { err, ok, type Log } from '../platform';
import type { SimSwaps } from './port';

export interface CamaraOptions {
  /** Where the API is, without a slash at the end; undefined while there is none: nothing is known then. */
  readonly baseUrl: () => string | undefined;
  readonly token: string;
  /** Shorter than a hop may take: somebody waits on the phone. */
  readonly timeoutMs: number;
  readonly log: Log;
}

/** CAMARA SIM Swap, `POST /retrieve-date`, status 200. `monitoredPeriod`: the days that the network may look back. */
const answerSchema = z.object({
  latestSimChange: z.iso.datetime({ offset: true }).nullish(),
  monitoredPeriod: z.number().int().positive().optional(),
});
const dayMs = 86_400_000;

/**
 * Asks a network in the shape of CAMARA SIM Swap. `holdMs`: how long a change matters; a network that may not look back
 * as far as that does not know.
 */
export function createCamaraSimSwaps({ holdMs, ...options }: CamaraOptions & { readonly holdMs: number }): SimSwaps {
  const { baseUrl, token, timeoutMs, log } = options;
  return {
    check: async (msisdn) => {
      const base = baseUrl();
      if (base === undefined) return err('unavailable');
      try {
        const response = await fetch(`${base}/sim-swap/v2/retrieve-date`, {
          method: 'POST',
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', accept: 'application/json' },
          body: JSON.stringify({ phoneNumber: msisdn }),
          redirect: 'error',
          signal: AbortSignal.timeout(timeoutMs),
        });
        if (response.status !== 200) {
          await response.body?.cancel();
          log.warn({ status: response.status }, 'the network does not say whether a SIM was changed');
          return err('unavailable');
        }
        const answer = answerSchema.parse(await response.json());
        if (answer.latestSimChange != null) return ok({ swappedAt: new Date(answer.latestSimChange) });
        // A key that is missing is no answer; a short memory is none either.
        if (answer.latestSimChange === undefined || (answer.monitoredPeriod ?? Infinity) * dayMs < holdMs)
          return err('unavailable');
        return ok({ swappedAt: null });
      } catch (error) {
        log.warn({ why: error instanceof Error ? error.name : 'unknown' }, 'the network does not answer');
        return err('unavailable');
      }
    },
  };
}
