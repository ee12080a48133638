import type { Clock, Config, Log } from '../platform';
import { createLoopbackHub } from '../switch';
import type { ServiceDeps } from './services';

/** A provider with nobody beside it. */
export function aloneScheme(
  scheme: Config['scheme'],
  { clock, log }: { clock: Clock; log: Log },
): ServiceDeps['scheme'] {
  const onError = (error: unknown) => log.error({ err: error }, 'an event of the scheme was not taken');
  const hub = createLoopbackHub({ now: () => clock.now(), onError });
  return { ...scheme, adapter: hub.adapterFor(scheme.dfspId) };
}
