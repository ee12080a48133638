/**
 * Clearing: payments between this provider and others, over a scheme. It promises that money which leaves is held here
 * until the scheme has said what became of it, that money which comes is paid to nobody before the scheme has confirmed
 * it, that whatever is delivered twice happens once, and that the scheme's directory hears who is reached here. What a scheme speaks is src/switch; what moves is src/payments.
 */
export { createClearing, type Clearing } from './clearing';
export { createCrossingCompanion } from './companion';
export type { CorrectionPlan } from './correction';
export type { Contradicted, CorrectionRow } from './correction-store';
export type { Requests } from './deps';
export type { ClearingError } from './errors';
export { outsideOf } from './party';
export type { SeenTransfer } from './journal';
export { createWaiting, type Waiting } from './waiting';
