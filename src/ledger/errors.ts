/** Why the ledger refuses. What refuses a new transfer sticks to its id for good: only a new id is a new attempt. */
export type LedgerError = (typeof ledgerErrors)[number];

/** Why an account's status cannot change. */
export type AccountStatusError = (typeof accountStatusErrors)[number];

const ledgerErrors = [
  'insufficient_funds',
  'ceiling_exceeded',
  'account_unknown',
  'account_closed',
  'account_frozen',
  'currency_mismatch',
  'transfer_exists_different',
  'transfer_unknown',
  'transfer_not_pending',
  'transfer_expired',
] as const;

const accountStatusErrors = ['account_unknown', 'account_closed', 'account_not_empty'] as const;

/** Whether a code that the database returned is one that callers know. */
export function isLedgerError(code: string): code is LedgerError {
  return (ledgerErrors as readonly string[]).includes(code);
}

/** Whether a code that the database returned is one that callers know. */
export function isAccountStatusError(code: string): code is AccountStatusError {
  return (accountStatusErrors as readonly string[]).includes(code);
}
