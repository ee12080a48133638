import { longest } from '../longest';
import type { Samples } from './sample';

export const joinPhone: Samples = {
  inputs: [{ msisdn: longest.msisdn, letIn: 'h1' }],
  answers: () => ({ ask: [undefined] }),
};
