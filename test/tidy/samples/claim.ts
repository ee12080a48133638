import { longest } from '../longest';
import { callerOf, fullName, type Samples } from './sample';

const { amountMinor, reference } = longest;

export const claim: Samples = {
  inputs: (person) => [
    {
      ...callerOf(person),
      claim: { caseId: 'c1', name: fullName(person), amountMinor, heldMinor: amountMinor },
    },
  ],
  answers: () => ({ giveBack: [{ reference }], keep: [undefined] }),
};
