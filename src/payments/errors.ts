import type { LedgerError } from '../ledger';

/** Why a payment is not made. No money has moved when any of these is returned. */
export type PaymentError =
  | 'payee_unknown'
  | 'payee_self'
  /** The caller's role, or the account, may not do this. */
  | 'not_allowed'
  /** The caller holds the account without the right to take from it (R35). */
  | 'not_signatory'
  | 'payee_not_agent'
  | 'payee_not_merchant'
  | 'amount_invalid'
  | 'quote_unknown'
  | 'quote_expired'
  /** Details `total` and `available`, as people read them. Told only after the PIN: a balance is nobody else's business. */
  | 'funds_insufficient'
  /** The customer of a cash-out can't pay: the agent learns no more than that. */
  | 'customer_cannot_pay'
  /** The payee's account takes no (more) money. */
  | 'payee_refused'
  | 'account_blocked'
  /** The payer's account may move no more in this day, week, month or year. */
  | LimitError
  /** The market wants an ID to be looked at for so much, or the code of the customer to be told. */
  | 'id_needed'
  | 'code_needed'
  /** The customer has an open code. */
  | 'code_open'
  /** Float moves between an agent and the super-agent only. */
  | 'float_unrelated'
  /** The agent already waits for this customer. */
  | 'request_open'
  /** The request was approved, refused or has expired. */
  | 'request_gone'
  /** What it pays for was paid, refused, cancelled or has expired. */
  | 'invoice_gone';

type LimitPeriod = 'day' | 'week' | 'month' | 'year';
/** Which limit of the payer's; detail `left` for an amount, `min` and `max` for one payment's. */
export type LimitError =
  | 'limit_reached'
  | 'limit_transfer_min'
  | 'limit_transfer_max'
  | `limit_amount_${LimitPeriod}`
  | `limit_count_${LimitPeriod}`;

/** What the ledger says of the payer's side and of the payee's. */
export const payerRefusals: Readonly<Partial<Record<LedgerError, PaymentError>>> = {
  insufficient_funds: 'funds_insufficient',
  limit_exceeded: 'limit_reached',
  account_frozen: 'account_blocked',
  account_closed: 'account_blocked',
};
export const payeeRefusals: Readonly<Partial<Record<LedgerError, PaymentError>>> = {
  ceiling_exceeded: 'payee_refused',
  limit_exceeded: 'payee_refused',
  account_frozen: 'payee_refused',
  account_closed: 'payee_refused',
};
