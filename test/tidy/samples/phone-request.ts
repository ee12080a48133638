import { longest } from '../longest';
import { callerOf, type Samples } from './sample';

export const phoneRequest: Samples = {
  inputs: (person) => [{ ...callerOf(person), request: { requestId: 'r1', msisdn: longest.msisdn } }],
  answers: () => ({ consent: [undefined], refuse: [undefined] }),
};
