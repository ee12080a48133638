/**
 * Payments: from "to whom and how much" to money moved and both sides told. It promises that what was quoted is what is
 * charged, that a payment happens once however often it is asked for, and that row, money and messages commit together.
 * How a payment lives is described at the head of lifecycle.ts.
 */
export type { Corrected } from './correction';
export { together, type Companion } from './deps';
export type { PaymentError } from './errors';
export { shownMinor, type LastPayment, type SeenPayment } from './history';
export { isByCode, isOfBulk, isUnnamed, unnamed, type Outside, type Payment, type Quote } from './payment';
export { createPayments, type Payments } from './payments';
export { targetOf, type Found, type Target } from './quote';
export type { Submission } from './submit';
export type { RefundError } from './refund';
