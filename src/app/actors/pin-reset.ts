import { unwrap } from '../refusals';
import type { Services } from '../services';
import { byCustomer, serve } from './serve';

export function pinResetActors({ identity, audit }: Services) {
  return {
    proveReset: serve(async ({ customerId, code, hopKey }: { customerId: string; code: string; hopKey: string }) => {
      const event = { action: 'pin.reset_ended', ...byCustomer(customerId), traceId: hopKey } as const;
      unwrap(
        await identity.proveReset({
          ...{ customerId, code, hopKey },
          onEnded: (tx, why) => audit.record(tx, [{ ...event, new: { why } }]),
        }),
      );
    }),
  };
}
