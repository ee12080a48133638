/** Why the ledger refuses, by the code that the database gives. Codes below 100 stick to the id for good. */
export const refusalCodes = {
  insufficient_funds: 1,
  ceiling_exceeded: 2,
  account_unknown: 3,
  account_closed: 4,
  account_frozen: 5,
  currency_mismatch: 6,
  limit_exceeded: 7,
  transfer_expired: 8,
  pending_unknown: 9,
  pending_gone: 10,
  amount_exceeds_pending: 11,
  transfer_exists_different: 101,
} as const;

export type LedgerError = keyof typeof refusalCodes | 'transfer_invalid' | 'attachment_refused';

/** Why an account cannot be changed. */
export type AccountError = 'account_unknown' | 'account_closed' | 'account_not_empty' | 'bounds_exceeded';
