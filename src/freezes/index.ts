/**
 * Freezes: accounts that the staff hold back, which side of them and until when. It promises that the ledger refuses what
 * any freeze forbids, that one which ends takes nothing away from another, and that who is suspected is told nothing.
 */
export { createFreezes, type Freeze, type Freezes } from './freezes';
