/** Why a profile stays open: something of it still concerns somebody. */
export type ClosingError =
  /** The staff hold something back (R268). */
  | 'account_blocked'
  /** A payment waits for an answer or is being checked, or money is on hold. */
  | 'profile_waiting'
  /** There is money in one of the accounts, the one for commission too. */
  | 'profile_not_empty'
  /** An invoice is open that they sent or got. */
  | 'profile_invoices'
  /** A case is undecided that is theirs, or about money that came to them. */
  | 'profile_cases'
  /** Agents get their float from them, or a request for float waits. */
  | 'profile_agents'
  /** The staff have an application of theirs to decide. */
  | 'application_open';
