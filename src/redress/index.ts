/**
 * Redress: money that was sent by mistake is held and comes back, and complaints are looked into by a clock. It promises
 * that nothing is held or given back beyond what was paid, that each case is decided once, and that both sides hear of
 * every step. How a case lives is described at the head of case.ts.
 */
export type { Claim } from './answer';
export type { CaseKind, WrongSendReason } from './case';
export { createRefundCompanion } from './companion';
export type { SeenCase } from './disputes';
export type { RedressError } from './errors';
export { createRedress, type Redress } from './redress';
export type { CaseFile } from './staff';
