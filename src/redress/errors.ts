/** Why nothing is held, opened or decided. No money has moved when any of these is returned. */
export type CaseError =
  /** There is no such payment, or it is none of this person's business: the two look alike. */
  | 'payment_unknown'
  /** A purchase, cash, or what is no payment between two people: a case about it goes another way. */
  | 'not_reversible'
  | 'return_too_late'
  /** Somebody else said so before. */
  | 'return_asked'
  | 'already_refunded'
  /** This person has asked often enough today. */
  | 'too_many_cases'
  /** It was decided, answered or has expired meanwhile; or there is no such case for this person. */
  | 'case_gone'
  | 'appeal_too_late';

/** The same for somebody on the phone, whose PIN may have been proven too long ago. */
export type RedressError = CaseError | 'pin_unproven';

/** Why the staff are refused. */
export type StaffRefusal =
  | 'case_unknown'
  | 'case_gone'
  | 'payment_unknown'
  | 'not_reversible'
  | 'return_asked'
  | 'already_refunded'
  | 'amount_exceeds'
  /** The money is not there (any more), or its account is frozen. */
  | 'refund_impossible'
  /** Whoever decides has given back often enough today. */
  | 'too_many_refunds'
  | 'note_malformed'
  /** Digits in a row that may be of somebody's papers, PIN or phone. */
  | 'note_has_papers';
