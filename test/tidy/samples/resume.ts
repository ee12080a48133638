import type { Samples } from './sample';

const trees = [
  ...['send-money', 'pending', 'balance', 'statement', 'settings', 'accounts', 'cash-in', 'cash-out', 'wrong-send'],
  ...['claim', 'cases', 'sell-goods', 'till', 'apply', 'move-money', 'pin-reset', 'other'],
];

export const resume: Samples = {
  inputs: trees.map((where) => ({ where })),
  answers: () => ({}),
};
