/** Why an invoice is not made, found or decided over. Nothing has changed when any of these is returned. */
export type InvoiceError =
  /** The account is no merchant's, or the caller neither holds it nor sells at its till. */
  | 'not_allowed'
  | 'payee_unknown'
  /** Whoever has that number sells nothing. */
  | 'payee_not_merchant'
  /** A merchant doesn't buy from themselves. */
  | 'payee_self'
  | 'amount_invalid'
  /** Paid, refused, cancelled or expired meanwhile, or never asked of the caller. */
  | 'invoice_gone'
  /** The buyer has as many open invoices of this shop as one shop may send. */
  | 'invoices_too_many'
  /** Nobody sells there under that number. */
  | 'operator_unknown'
  /** Details `max`: what the operator may still ask for, as people read it. */
  | 'operator_limit'
  /** The person sells at this till already. */
  | 'operator_known'
  /** The till has as many operators as a till may have. */
  | 'operators_too_many';
