/** What identity may answer instead of doing what it was asked. */
export type RegistrationError =
  /** The same name, birth date and national ID are known from another phone (R49). */
  | 'already_registered'
  /** The number belongs to somebody, and nobody said that it is shared. */
  | 'phone_taken'
  | 'phone_full'
  /** The PIN that let the newcomer onto the phone was proven too long ago, or for somebody else. */
  | 'let_in_over';

/** Why a person and a phone don't come together, or don't part. */
export type PhoneError =
  /** That phone is the person's already (R45). */
  | 'phone_known'
  /** The phone has as many people as it can have. */
  | 'phone_full'
  /** The person has as many phones as they can have. */
  | 'phones_full'
  /** It is not the person's phone, or no longer. */
  | 'phone_gone'
  /** It is their only one. */
  | 'phone_last';

export type PinError =
  /** Detail `left`: the attempts that remain. */
  | 'pin_wrong'
  | 'pin_locked'
  /** Too many verifications at once; no attempt was consumed. */
  | 'pin_busy';

/** Why a code that was sent for a new PIN opens nothing. */
export type ResetError =
  /** Detail `left`: the tries that remain. */
  | 'reset_code_wrong'
  /** There is none, or no longer: too late, tried too often, replaced, used. */
  | 'reset_over'
  /** The SIM behind the number was changed a short while ago. */
  | 'sim_swapped'
  /** The network does not say whether it was. */
  | 'sim_unknown';
