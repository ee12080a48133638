import type { StoredPin } from '../../identity';
import { unwrap } from '../refusals';
import type { Services } from '../services';
import { byCustomer, serve } from './serve';

export function pinResetActors({ db, identity, notifications, audit }: Services) {
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
    hashNewPin: serve(async (input: { customerId: string; pin: string }) =>
      unwrap(await identity.hashNewPin(input.customerId, input.pin)),
    ),
    resetPin: serve(async (input: { customerId: string; pin: string; newPin: StoredPin; proof: string }) => {
      unwrap(await identity.matchPin(input.newPin, input.pin));
      await db.tx(async (tx) => {
        const { customerId, newPin, proof } = input;
        unwrap(await identity.finishPinReset(tx, { customerId, pin: newPin, proof }));
        const customer = await identity.byId(tx, customerId);
        if (customer) await notifications.tell(tx, customer, 'sms.pinChanged');
        await audit.record(tx, [{ action: 'pin.reset', ...byCustomer(customerId), traceId: proof }]);
      });
    }),
  };
}
