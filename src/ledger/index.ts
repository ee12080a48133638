/**
 * Ledger: the books, and the only room that moves money. It promises that
 * - a transfer happens once or not at all, however often its id is sent; a refused id stays refused;
 * - debits equal credits, in every currency, always: a leg is both at once;
 * - no account leaves its bounds and limits: what is reserved counts at once, so that the second phase can break nothing;
 * - what is attached to a transfer commits with it, and what is wrong with one harms no other;
 * - nothing that was booked is changed or removed; the database refuses it, and the forensic log would show it.
 * What a transfer is for, who may make it and what it costs are the business of other rooms.
 */
export { archiveMonth, exportMonth, type ArchiveError } from './archive';
export { verifyArchive, type ArchiveReport } from './archive-proof';
export { chartOf, openChart, type Chart } from './chart';
export type { LedgerError } from './errors';
export { createLedger } from './ledger';
export { untilResolved } from './port';
export type {
  AccountBounds,
  AccountId,
  AccountStatus,
  Actor,
  Balance,
  Entry,
  Ledger,
  Leg,
  LegCode,
  LimitProfile,
  NewAccount,
  Outcome,
  PeriodError,
  Transfer,
  VerifyReport,
} from './port';
