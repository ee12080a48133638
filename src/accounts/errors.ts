/** Why an account, or who holds it, can't be changed. */
export type AccountsError =
  /** There is no such open account, or it is none of theirs (any more). */
  | 'account_gone'
  /** They may look on, and no more (R23, R28, R36). */
  | 'account_viewed'
  /** A commission account stays as it is (R67, R68). */
  | 'account_commission'
  /** It is the primary account of whoever asks, or of its owner (R10); an owner's only one is closed with the profile. */
  | 'account_primary'
  /** There is money in it (R11). */
  | 'account_not_empty'
  /** Money is held in it, or on its way to it (R12). */
  | 'account_reserved'
  /** Nobody has more accounts than fit on a screen. */
  | 'accounts_full'
  /** They hold the account already (R26). */
  | 'holder_known'
  /** They don't hold the account (any more). */
  | 'holder_gone'
  /** The owner stays, as the owner (R27, R33). */
  | 'holder_owner'
  | 'holders_full'
  /** Nobody has this user number (R26). */
  | 'person_unknown';
