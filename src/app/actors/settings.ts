import type { StoredPin } from '../../identity';
import type { Language } from '../../ussd';
import { unwrap } from '../refusals';
import type { Services } from '../services';
import { byCustomer, serve, type PinHop } from './serve';

export function settingsActors({ db, identity, notifications, audit }: Services) {
  return {
    setLanguage: serve(({ customerId, language }: { customerId: string; language: Language }) =>
      db.tx(async (tx) => {
        const before = await identity.setLanguage(tx, customerId, language);
        if (before === language) return;
        const change = { old: { language: before }, new: { language } };
        await audit.record(tx, [{ action: 'language.changed', ...byCustomer(customerId), ...change }]);
      }),
    ),
    verifyPin: serve(async ({ hopKey, ...input }: PinHop) => {
      unwrap(await identity.verifyPin({ ...input, attemptKey: hopKey }));
    }),
    hashNewPin: serve(async (input: { customerId: string; pin: string }) =>
      unwrap(await identity.hashNewPin(input.customerId, input.pin)),
    ),
    changePin: serve(async (input: { customerId: string; pin: string; newPin: StoredPin; proof: string }) => {
      unwrap(await identity.matchPin(input.newPin, input.pin));
      await db.tx(async (tx) => {
        const { customerId, newPin, proof } = input;
        unwrap(await identity.changePin(tx, { customerId, pin: newPin, proof }));
        const customer = await identity.byId(tx, customerId);
        if (customer) await notifications.tell(tx, customer, 'sms.pinChanged');
        await audit.record(tx, [{ action: 'pin.changed', ...byCustomer(customerId), traceId: proof }]);
      });
    }),
  };
}
