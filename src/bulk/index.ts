/**
 * Bulk: a business' list of payments, from one account of ours to people here and at other providers. It promises that its
 * maker sees whom each row would pay before anybody is paid, that somebody else executes it and nobody changes it after that was
 * asked for, and that each row is paid once at most. How payments are made is src/payments, how they leave src/clearing.
 */
export { createBulks, type Bulks } from './bulks';
export { createBulkCompanion } from './companion';
export type { Bulk, Row, RowState, Sum } from './store';
