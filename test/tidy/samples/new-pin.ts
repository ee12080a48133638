import { callerOf, hashed, type Samples } from './sample';

export const newPin: Samples = {
  inputs: (person) => (['pin', 'code'] as const).map((by) => ({ ...callerOf(person), proof: 'h1', by })),
  answers: () => ({ hashNewPin: [hashed], setPin: [undefined] }),
};
