/** Why nobody from another provider is served at a counter. No money has moved when any of these is returned. */
export type CounterError =
  /** An ID is looked at for so much, which no machine does. */
  | 'atm_too_much'
  /** This account waits for another customer's code. */
  | 'cash_request_open'
  /** It was paid, given up or has ended. */
  | 'counter_over'
  /** The customer's provider has not asked for the code (yet). */
  | 'code_unasked'
  /** The customer's provider knows no code for whoever asks and this amount. */
  | 'code_unknown_there'
  /** The customer's provider said no. */
  | 'cash_refused'
  /** The customer's provider does not take the code now: nothing is lost by typing it again. */
  | 'code_undelivered';
