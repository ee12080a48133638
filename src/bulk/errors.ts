/** Why a bulk is not made, changed or paid. */
export type BulkError =
  | 'bulk_unknown'
  | 'bulk_row_unknown'
  /** Detail `problem`: the lines and fields, and what is wrong with them. */
  | 'bulk_malformed'
  /** It is not its maker's any more, or not yet the second person's. */
  | 'bulk_not_draft'
  /** It waits for the second person, or has been approved: nothing of it changes. */
  | 'bulk_shown'
  | 'bulk_not_maker'
  /** Not every row has been looked at. */
  | 'bulk_unchecked'
  /** There is nothing in it that could be paid. */
  | 'bulk_nothing'
  /** Nobody executes what they have made. */
  | 'same_person'
  | 'bulk_account_unknown';
