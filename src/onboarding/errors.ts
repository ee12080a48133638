/** Why an application is not taken or not decided. */
export type ApplicationError =
  /** There is one that nobody has decided yet. */
  | 'application_open'
  /** Who applies is an agent or a merchant already. */
  | 'application_needless'
  | 'application_unknown'
  | 'application_decided'
  /** That is not the ID with which the person registered. */
  | 'id_mismatch';

/** Why somebody may not apply; `account_closed`: their profile was closed meanwhile. */
export type ApplyError = ApplicationError | 'account_closed';
