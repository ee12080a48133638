/**
 * Ledger: the books, and the only room that moves money. It promises that
 * - a transfer happens once or not at all, however often its id is sent; a refused id stays refused;
 * - debits equal credits, in every currency, always: a leg is both at once;
 * - no account leaves its bounds: what is reserved counts at once, so that the second phase can break nothing;
 * - nothing that was booked is changed or removed; the database refuses it.
 * What a transfer is for, who may make it and what it costs are the business of other rooms.
 */
export { chartOf, openChart, type Chart } from './chart';
export type { AccountStatusError, LedgerError } from './errors';
export { createLedger } from './ledger';
export type {
  AccountStatus,
  Balance,
  Ledger,
  Leg,
  LegCode,
  NewAccount,
  NewTransfer,
  TransferOutcome,
  VerifyReport,
} from './port';
