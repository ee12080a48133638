import type { Samples } from './sample';

export const closeProfile: Samples = { answers: () => ({ closeProfile: [undefined] }) };
