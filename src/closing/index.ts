/**
 * Closing: a customer leaves for good (R55, R56, Q1). It promises that nobody leaves money or a promise behind, that all
 * of it ends in one transaction or nothing does, and that whoever comes to the phone next finds nothing of who was there.
 */
export { createClosing, type Closing } from './closing';
export type { ClosingError } from './errors';
