import { accountNameOf, longest } from '../longest';
import { fullName, hashed, type Samples } from './sample';

export const signup: Samples = {
  inputs: [{ msisdn: longest.msisdn, letIn: '' }],
  answers: (person) => ({
    invitationTo: [{ inviter: fullName(person), account: accountNameOf(person) }, undefined],
    hashPin: [hashed],
    matchPin: [undefined],
    register: [{ userNumber: longest.userNumber }],
  }),
};
