import type { Samples } from './sample';
import { longest } from '../longest';

export const closeProfile: Samples = {
  answers: () => ({ closeProfile: [{ leftMinor: '0' }, { leftMinor: longest.amountMinor }] }),
};
