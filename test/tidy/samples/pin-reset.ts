import { hashed, type Samples } from './sample';

export const pinReset: Samples = {
  answers: () => ({ proveReset: [undefined], hashNewPin: [hashed], resetPin: [undefined] }),
};
