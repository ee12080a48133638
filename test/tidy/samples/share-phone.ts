import { longest } from '../longest';
import type { Samples } from './sample';

export const sharePhone: Samples = {
  inputs: [{ msisdn: longest.msisdn }],
  answers: ({ first }) => ({ openerOf: [{ customerId: 'c1', firstName: first }], verifyPin: [undefined] }),
};
