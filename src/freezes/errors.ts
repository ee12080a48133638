/** Why nothing is frozen or lifted. */
export type FreezeError =
  /** It would have ended already. */
  | 'freeze_end_past'
  | 'freeze_unknown'
  /** It was lifted, or its time was over. */
  | 'freeze_lifted'
  /** The person owns no open account, or there is no such account. */
  | 'freeze_nothing';
