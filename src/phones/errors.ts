/** Why somebody who has an account is not let onto a phone; what identity refuses comes beside it. */
export type JoinError =
  /** As many were asked from this phone as may be in a day. */
  | 'phone_asks_too_many'
  /** Whoever has the phone now is not who let anybody be asked there: whoever asks asks again. */
  | 'phone_taken_since'
  /** Nobody asks that any more: too late, decided before, or never asked of this person. */
  | 'phone_request_gone';
