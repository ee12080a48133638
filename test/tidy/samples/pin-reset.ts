import type { Samples } from './sample';

export const pinReset: Samples = {
  answers: () => ({ proveReset: [undefined] }),
};
