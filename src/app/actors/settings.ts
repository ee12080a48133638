import type { Language } from '../../ussd';
import { unwrap } from '../refusals';
import type { Services } from '../services';
import { byCustomer, serve, type PinHop } from './serve';

export function settingsActors({ db, identity, audit }: Services) {
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
  };
}
