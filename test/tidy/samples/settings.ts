import { hashed, type Samples } from './sample';

export const settings: Samples = {
  answers: () => ({ setLanguage: [undefined], verifyPin: [undefined], hashNewPin: [hashed], changePin: [undefined] }),
};
