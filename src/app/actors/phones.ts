import type { OwnPhone, PhoneChange } from '../../../menus/phones';
import { fullName } from '../../identity';
import type { Msisdn } from '../../platform';
import { unwrap } from '../refusals';
import type { Services } from '../services';
import { serve, type PinHop } from './serve';

/** My phones. */
export function phonesActors({ db, identity, phones }: Services) {
  return {
    listPhones: serve(async ({ customerId }: { customerId: string }): Promise<OwnPhone[]> => {
      const own = await identity.phones.of(db, customerId);
      return own.map(({ msisdn, isContact }) => ({ msisdn, isContact }));
    }),
    chooseContact: serve(async ({ msisdn, on, ...by }: PhoneChange) => {
      unwrap(await phones.chooseContact({ ...by, msisdn: msisdn as Msisdn, on: on as Msisdn }));
    }),
    removePhone: serve(async ({ msisdn, on, ...by }: PhoneChange) => {
      const { contact, heir } = unwrap(await phones.remove({ ...by, msisdn: msisdn as Msisdn, on: on as Msisdn }));
      return { contact: contact ?? '', heir: heir ? fullName(heir) : '' };
    }),
  };
}

/** Who has this phone lets another in. */
export function sharePhoneActors({ identity, phones }: Services) {
  return {
    openerOf: serve(async ({ msisdn }: { msisdn: string }) => unwrap(await phones.opener(msisdn as Msisdn))),
    verifyPin: serve(async ({ hopKey, ...input }: PinHop) => {
      unwrap(await identity.verifyPin({ ...input, attemptKey: hopKey }));
    }),
  };
}

/** Somebody who has an account asks for this phone. */
export function joinPhoneActors({ phones }: Services) {
  return {
    ask: serve(
      async ({ msisdn, letIn, ...asked }: { msisdn: string; letIn: string; person: string; hopKey: string }) => {
        unwrap(await phones.ask({ ...asked, msisdn: msisdn as Msisdn, letIn: letIn === '' ? undefined : letIn }));
      },
    ),
  };
}

/** They answer on a phone that they had before. */
export function phoneRequestActors({ phones }: Services) {
  return {
    consent: serve(async ({ on, ...agreed }: PinHop & { requestId: string; on: string }) => {
      unwrap(await phones.consent({ ...agreed, on: on as Msisdn }));
    }),
    refuse: serve(async (refused: { customerId: string; requestId: string; hopKey: string }) => {
      unwrap(await phones.refuse(refused));
    }),
  };
}
