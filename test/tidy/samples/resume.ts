import type { Samples } from './sample';

const trees = ['send-money', 'pending', 'balance', 'statement', 'settings', 'accounts', 'cash-in', 'cash-out'];

export const resume: Samples = {
  inputs: [...trees, 'wrong-send', 'claim', 'cases', 'other'].map((where) => ({ where })),
  answers: () => ({}),
};
