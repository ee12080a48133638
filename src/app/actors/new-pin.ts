import type { Proof } from '../../../menus/new-pin';
import type { StoredPin } from '../../identity';
import type { Tx } from '../../platform';
import { unwrap } from '../refusals';
import type { Services } from '../services';
import { byCustomer, serve } from './serve';

interface NewPin {
  customerId: string;
  pin: string;
  newPin: StoredPin;
  proof: string;
  by: Proof;
}

export function newPinActors({ db, identity, notifications, audit }: Services) {
  const set = (tx: Tx, by: Proof, change: Parameters<typeof identity.changePin>[1]) =>
    by === 'pin' ? identity.changePin(tx, change) : identity.finishPinReset(tx, change);
  const actions = { pin: 'pin.changed', code: 'pin.reset' } as const;
  return {
    hashNewPin: serve(async (input: { customerId: string; pin: string }) =>
      unwrap(await identity.hashNewPin(input.customerId, input.pin)),
    ),
    setPin: serve(async ({ customerId, pin, newPin, proof, by }: NewPin) => {
      unwrap(await identity.matchPin(newPin, pin));
      await db.tx(async (tx) => {
        unwrap(await set(tx, by, { customerId, pin: newPin, proof }));
        const customer = await identity.byId(tx, customerId);
        if (customer) await notifications.tell(tx, customer, 'sms.pinChanged');
        await audit.record(tx, [{ action: actions[by], ...byCustomer(customerId), traceId: proof }]);
      });
    }),
  };
}
