import { longest } from '../longest';
import { hashed, type Samples } from './sample';

export const signup: Samples = {
  inputs: [{ msisdn: longest.msisdn }],
  answers: () => ({ hashPin: [hashed], matchPin: [undefined], register: [{ userNumber: longest.userNumber }] }),
};
