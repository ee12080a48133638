import type { Samples } from './sample';

export const settings: Samples = {
  answers: () => ({ setLanguage: [undefined], verifyPin: [undefined] }),
};
