import type { Samples } from './sample';

export const apply: Samples = { answers: () => ({ apply: [undefined] }) };
