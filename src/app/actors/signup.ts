import type { Registration } from '../../../menus/signup';
import type { StoredPin } from '../../identity';
import type { Msisdn } from '../../platform';
import { unwrap } from '../refusals';
import type { Services } from '../services';
import { serve } from './serve';

export function signupActors({ accounts, identity, onboarding }: Services) {
  return {
    invitationTo: serve(({ msisdn }: { msisdn: string }) => accounts.invitationTo(msisdn as Msisdn)),
    hashPin: serve(async (input: { pin: string; birthDate: string }) =>
      unwrap(await identity.hashPin(input.pin, input.birthDate)),
    ),
    matchPin: serve(async (input: { pin: string; newPin: StoredPin }) => {
      unwrap(await identity.matchPin(input.newPin, input.pin));
    }),
    register: serve(
      async ({ newPin, msisdn, language, firstName, lastName, birthDate, nationalId, letIn }: Registration) => {
        const person = { language, firstName, lastName, birthDate, nationalId, ...(letIn !== '' && { letIn }) };
        const { userNumber } = unwrap(await onboarding.open({ ...person, msisdn: msisdn as Msisdn, pin: newPin }));
        return { userNumber };
      },
    ),
  };
}
