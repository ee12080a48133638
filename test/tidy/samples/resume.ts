import type { Samples } from './sample';

export const resume: Samples = {
  inputs: ['send-money', 'pending', 'balance', 'statement', 'settings', 'accounts', 'cash-in', 'cash-out', 'other'].map(
    (where) => ({
      where,
    }),
  ),
  answers: () => ({}),
};
