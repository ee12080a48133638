/**
 * Settlement: what providers owe each other, and whether our journal and the scheme's agree. It promises that positions come from
 * our own books, that a window is closed once and a transfer is in one window, and that comparing moves no money: every difference
 * has a name and is kept. What is under way between providers is src/clearing.
 */
export type { Position } from './positions';
export { createSettlement, type Settlement } from './settlement';
