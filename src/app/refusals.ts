import type { AgentError } from '../agents';
import type { AccountsError } from '../accounts';
import type { ClearingError } from '../clearing';
import type { ClosingError } from '../closing';
import type { PhoneError, PinError, RegistrationError, ResetError } from '../identity';
import type { CounterError } from '../counter';
import type { InvoiceError } from '../invoices';
import type { ApplicationError } from '../onboarding';
import type { PaymentError } from '../payments';
import type { JoinError } from '../phones';
import type { Result } from '../platform';
import type { RedressError } from '../redress';
import { Refusal, type TextKey, type Values } from '../ussd';

/** Everything that a service behind a menu may refuse for. */
type Refused =
  | AgentError
  | AccountsError
  | ClosingError
  | PaymentError
  | PinError
  | RegistrationError
  | InvoiceError
  | ApplicationError
  | ResetError
  | PhoneError
  | JoinError
  | RedressError
  | ClearingError
  | CounterError
  | 'agent_elsewhere'
  | 'identifier_unknown'
  | 'not_delivered'
  | 'unregistered'
  | 'account_closed'
  | 'pins_differ'
  | 'pin_same'
  | 'pin_unproven'
  | 'pin_is_birth_date';

/** What the caller reads: a new code does not compile before it has a sentence. */
const refusalTexts: Readonly<Record<Refused, TextKey>> = {
  unregistered: 'kit.nothing',
  not_delivered: 'send-money.notDelivered',
  scheme_away: 'send-money.schemeAway',
  scheme_limit: 'send-money.schemeLimit',
  scheme_forbids: 'send-money.schemeForbids',
  scheme_refuses: 'send-money.schemeRefuses',
  account_closed: 'kit.accountClosed',
  account_gone: 'accounts.gone',
  account_viewed: 'accounts.viewed',
  account_commission: 'accounts.commission',
  account_primary: 'accounts.isPrimary',
  account_not_empty: 'accounts.notEmpty',
  account_reserved: 'accounts.reserved',
  accounts_full: 'accounts.full',
  profile_waiting: 'close-profile.waiting',
  profile_not_empty: 'close-profile.notEmpty',
  profile_invoices: 'close-profile.invoices',
  profile_cases: 'close-profile.cases',
  profile_agents: 'close-profile.agents',
  holder_known: 'holders.known',
  holder_gone: 'holders.gone',
  holder_owner: 'holders.ownerStays',
  holders_full: 'holders.full',
  person_unknown: 'holders.personUnknown',
  account_blocked: 'kit.accountBlocked',
  limit_reached: 'kit.limitReached',
  limit_amount_day: 'kit.limitAmountDay',
  limit_count_day: 'kit.limitCountDay',
  limit_amount_week: 'kit.limitAmountWeek',
  limit_count_week: 'kit.limitCountWeek',
  limit_amount_month: 'kit.limitAmountMonth',
  limit_count_month: 'kit.limitCountMonth',
  limit_amount_year: 'kit.limitAmountYear',
  limit_count_year: 'kit.limitCountYear',
  limit_transfer_min: 'kit.limitTransferMin',
  limit_transfer_max: 'kit.limitTransferMax',
  already_registered: 'signup.alreadyRegistered',
  phone_taken: 'signup.phoneTaken',
  phone_full: 'phones.full',
  let_in_over: 'phones.letInOver',
  phone_known: 'phones.known',
  phones_full: 'phones.tooMany',
  phone_gone: 'phones.gone',
  phone_last: 'phones.last',
  phone_asks_too_many: 'phones.asksTooMany',
  phone_taken_since: 'phones.takenSince',
  phone_request_gone: 'pending.gone',
  pins_differ: 'signup.pinsDiffer',
  pin_is_birth_date: 'signup.pinIsBirthDate',
  pin_same: 'new-pin.same',
  pin_unproven: 'new-pin.unchanged',
  reset_code_wrong: 'pin-reset.codeWrong',
  reset_over: 'pin-reset.over',
  sim_swapped: 'kit.simSwapped',
  sim_unknown: 'kit.simUnknown',
  pin_wrong: 'kit.pinWrong',
  pin_locked: 'kit.pinLocked',
  pin_busy: 'kit.pinBusy',
  payee_unknown: 'kit.payeeUnknown',
  identifier_unknown: 'send-money.identifierUnknown',
  payee_self: 'kit.payeeSelf',
  payee_refused: 'kit.payeeRefused',
  not_allowed: 'kit.notAllowed',
  not_signatory: 'kit.notSignatory',
  payee_not_agent: 'kit.payeeNotAgent',
  payee_not_merchant: 'kit.payeeNotMerchant',
  amount_invalid: 'kit.amountInvalid',
  quote_unknown: 'kit.quoteExpired',
  quote_expired: 'kit.quoteExpired',
  funds_insufficient: 'kit.fundsInsufficient',
  customer_cannot_pay: 'cash-out.customerCannotPay',
  request_open: 'cash-out.alreadyOpen',
  request_gone: 'pending.gone',
  id_needed: 'withdraw.idNeeded',
  application_open: 'apply.open',
  application_needless: 'apply.needless',
  application_unknown: 'kit.nothing',
  application_decided: 'kit.nothing',
  id_mismatch: 'kit.idMismatch',
  code_unknown: 'cash-out-code.unknown',
  code_wrong: 'cash-out-code.wrong',
  code_spent: 'cash-out-code.spent',
  code_needed: 'cash-out-code.needed',
  code_open: 'withdraw.codeOpen',
  agent_elsewhere: 'withdraw.agentElsewhere',
  atm_too_much: 'withdraw.atmTooMuch',
  cash_request_open: 'counter.open',
  counter_over: 'counter.over',
  code_unasked: 'counter.notYet',
  code_unknown_there: 'counter.noCode',
  cash_refused: 'counter.refused',
  code_undelivered: 'counter.undelivered',
  float_unrelated: 'agent-float.unrelated',
  super_missing: 'agent-float.superMissing',
  float_asked: 'agent-float.alreadyAsked',
  commission_none: 'agent-desk.commissionNone',
  alarms_crossed: 'agent-desk.alarmsCrossed',
  invoice_gone: 'pending.gone',
  invoices_too_many: 'kit.invoicesTooMany',
  operator_unknown: 'kit.operatorUnknown',
  operator_limit: 'kit.operatorLimit',
  operator_known: 'kit.operatorKnown',
  operators_too_many: 'kit.operatorsTooMany',
  payment_unknown: 'wrong-send.unknown',
  not_reversible: 'wrong-send.notReversible',
  return_too_late: 'wrong-send.tooLate',
  return_asked: 'wrong-send.asked',
  already_refunded: 'wrong-send.alreadyBack',
  too_many_cases: 'wrong-send.tooMany',
  case_gone: 'cases.gone',
  appeal_too_late: 'cases.appealTooLate',
};

/** A refusal as a menu's `onError` meets it. */
export function refusal(code: Refused, values: Values = {}): Refusal {
  return new Refusal(code, refusalTexts[code], values);
}

/** The value of a result, or its refusal thrown. */
export function unwrap<T>(result: Result<T, Refused>): T {
  if (result.ok) return result.value;
  const { error, detail = {} } = result;
  const isTry = error === 'pin_wrong' || error === 'code_wrong' || error === 'reset_code_wrong';
  throw refusal(error, isTry ? { count: detail['left'] ?? 0 } : detail);
}
