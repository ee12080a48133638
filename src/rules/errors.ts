/** Why rules, or somebody's tier, are not changed. */
export type RuleError =
  /** Detail `problem`: which field, and what is wrong with it. */
  | 'rules_invalid'
  | 'rules_unknown'
  /** Approved or rejected before. */
  | 'rules_decided'
  /** Who proposed it cannot decide over it. */
  | 'same_person'
  /** It would hold from a moment that is over, or so near that somebody may not have heard of it. */
  | 'effective_date_past'
  | 'customer_unknown'
  | 'tier_unknown'
  | 'reason_missing'
  /** Nobody has put them where they are by hand. */
  | 'not_overridden';
