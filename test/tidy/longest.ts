import { refusal } from '../../src/app/refusals';
import { balanceMark } from '../../src/sms';
import type { ReaderName, Refusal, Values } from '../../src/ussd';

/**
 * The longest that anything on a screen may plausibly be, and why services refuse: a code that is new in
 * src/app/refusals.ts fails the tests until it stands here. What the services of each tree answer: samples/.
 */

/** Two names of thirty letters; two scripts that a screen in Latin letters must romanise; and names that need no shortening. */
export const people = {
  latin: { first: 'Christopher Emmanuel Wasikhong', last: "Nyang'oro-Wasikhongo Mukabanah" },
  oneWord: { first: 'W'.repeat(30), last: 'M'.repeat(30) },
  accents: { first: 'Wanjirũ Ngũgĩ Mũthoni Mbũgua W', last: 'Kpêwéhounàñçï Agbékponoù Têvi-' },
  arabic: { first: 'عبد الرحمن محمد عبد العزيز علي', last: 'القاسمي الشنقيطي المصطفى حسن ع' },
  amharic: { first: 'ኃይለማርያም ገብረእግዚአብሔር ወልደሥላሴ መን', last: 'ተክለሃይማኖት ወልደጊዮርጊስ አስፋው በላይነህ' },
  short: { first: 'Kani', last: 'Ado' },
} as const;
export interface Person {
  readonly first: string;
  readonly last: string;
}

export const longest = {
  currency: 'KES',
  // Cents, too: an amount without them can be said shorter.
  amountMinor: '100000050',
  feeMinor: '100025',
  totalMinor: '100100075',
  amount: 'KES 1,000,000.50',
  fee: 'KES 1,000.25',
  total: 'KES 1,001,000.75',
  reference: 'WMWMWMWM',
  caseNumber: '88888888',
  msisdn: '+254700000001',
  userNumber: '18888886',
  identifier: `${'W'.repeat(64)}@${'m'.repeat(63)}`,
  serviceCode: '*384*12345#',
  date: '20/11 14:05',
  till: '888888',
  code: '8888888',
  dial: '*384*12345*3*8888888#',
  number: 96,
  nationalId: 'WMWMWMWM123456789012',
} as const;

/** What a provider may be called: up to 32 letters; shorter for those whose names need no shortening. */
export const providerOf = ({ first, last }: Person): string => 'M'.repeat(Math.min(32, first.length + last.length));

/** As long as an account may be called, in the person's letters. */
export const accountNameOf = ({ last }: Person): string => last.slice(0, 20).trim();

type Refused = Parameters<typeof refusal>[0];
const none: readonly Values[] = [{}];

/** What each refusal may have to say; a new code does not compile before it stands here. */
const refusalValues: Readonly<Record<Refused, readonly Values[]>> = {
  unregistered: none,
  not_delivered: none,
  scheme_away: none,
  scheme_limit: none,
  scheme_forbids: none,
  scheme_refuses: none,
  account_closed: none,
  account_gone: none,
  account_viewed: none,
  account_commission: none,
  account_primary: none,
  account_not_empty: none,
  account_reserved: none,
  accounts_full: none,
  profile_waiting: none,
  profile_not_empty: none,
  profile_invoices: none,
  profile_cases: none,
  profile_agents: none,
  holder_known: none,
  holder_gone: none,
  holder_owner: none,
  holders_full: none,
  person_unknown: none,
  account_blocked: none,
  limit_reached: none,
  limit_amount_day: [{ left: longest.amount }],
  limit_count_day: none,
  limit_amount_week: [{ left: longest.amount }],
  limit_count_week: none,
  limit_amount_month: [{ left: longest.amount }],
  limit_count_month: none,
  limit_amount_year: [{ left: longest.amount }],
  limit_count_year: none,
  limit_transfer_min: [{ min: longest.amount }],
  limit_transfer_max: [{ max: longest.amount }],
  already_registered: none,
  phone_taken: none,
  phone_full: none,
  let_in_over: none,
  phone_known: none,
  phones_full: none,
  phone_gone: none,
  phone_last: none,
  phone_asks_too_many: none,
  phone_taken_since: none,
  phone_request_gone: none,
  pins_differ: none,
  pin_is_birth_date: none,
  pin_same: none,
  reset_code_wrong: [{ count: 2 }, { count: 1 }],
  reset_over: none,
  sim_swapped: none,
  sim_unknown: none,
  pin_wrong: [{ count: 2 }, { count: 1 }],
  pin_locked: none,
  pin_busy: none,
  pin_unproven: none,
  payee_unknown: none,
  identifier_unknown: none,
  payee_self: none,
  payee_refused: none,
  not_allowed: none,
  not_signatory: none,
  payee_not_agent: none,
  payee_not_merchant: none,
  amount_invalid: none,
  quote_unknown: none,
  quote_expired: none,
  funds_insufficient: [{ total: longest.total, available: longest.amount }],
  customer_cannot_pay: none,
  request_open: none,
  request_gone: none,
  id_needed: none,
  id_mismatch: none,
  application_open: none,
  application_needless: none,
  application_unknown: none,
  application_decided: none,
  code_unknown: none,
  code_wrong: [{ count: 2 }, { count: 1 }],
  code_spent: none,
  code_needed: none,
  code_open: none,
  agent_elsewhere: none,
  atm_too_much: none,
  cash_request_open: none,
  counter_over: none,
  code_unasked: none,
  code_unknown_there: none,
  cash_refused: none,
  code_undelivered: none,
  float_unrelated: none,
  super_missing: none,
  float_asked: none,
  commission_none: none,
  alarms_crossed: none,
  invoice_gone: none,
  invoices_too_many: none,
  operator_unknown: none,
  operator_limit: [{ max: longest.amount }],
  operator_known: none,
  operators_too_many: none,
  payment_unknown: none,
  not_reversible: none,
  return_too_late: none,
  return_asked: none,
  already_refunded: none,
  too_many_cases: none,
  case_gone: none,
  appeal_too_late: none,
};

/** Why services that only compare or hash a chosen PIN may refuse; any other may refuse for anything. */
const refusesOnlyFor: Readonly<Record<string, readonly Refused[]>> = {
  hashPin: ['pin_is_birth_date', 'pin_busy'],
  matchPin: ['pins_differ', 'pin_busy'],
  hashNewPin: ['pin_same', 'pin_is_birth_date', 'pin_busy'],
  setPin: ['pins_differ', 'pin_busy', 'reset_over'],
  proveReset: ['reset_code_wrong', 'reset_over', 'sim_swapped', 'sim_unknown'],
};

export function refusalsOf(service: string): readonly Refusal[] {
  const codes: readonly string[] | undefined = refusesOnlyFor[service];
  return codes ? refusals.filter(({ code }) => codes.includes(code)) : refusals;
}

export const refusals = Object.entries(refusalValues).flatMap(([code, variants]) =>
  variants.map((values) => refusal(code as Refused, values)),
);

/** What a person may type that is understood, as each reader hands it on. */
export function answerTo(reader: ReaderName, person: Person): string {
  const answers: Readonly<Record<ReaderName, string>> = {
    msisdn: longest.msisdn,
    person: longest.msisdn,
    payee: longest.identifier,
    shopNumber: longest.till,
    invoiceCode: longest.code,
    operatorNo: '96',
    note: noteOf(person),
    amount: longest.amountMinor,
    pin: typedPin,
    newPin: typedPin,
    personName: person.first,
    accountName: accountNameOf(person),
    birthDate: '1990-12-25',
    nationalId: longest.nationalId,
    code: '480927',
    otp: '4809271234',
    resetCode: typedPin,
    idDigits: 'WM34',
  };
  return answers[reader];
}
export const typedPin = '8305';

/** What somebody says that they sell or buy, as long as it may be, in the person's letters. */
export const noteOf = ({ last }: Person): string => last.slice(0, 20).trim();

/** Everything that a text may name, at its longest. */
export function valuesOf(person: Person): Values {
  const { amount, fee, total, reference, msisdn, nationalId, serviceCode, date, currency, userNumber } = longest;
  const whole = (long: string) => ({ long, short: long.replace(/\.\d+$/, '') });
  return {
    ...{ amount, fee, total, reference, msisdn, serviceCode, date, nationalId, currency, userNumber },
    ...{
      balance: balanceMark(currency),
      commission: fee,
      payeeFee: fee,
      code: '123456',
      minutes: '10',
      tries: '2',
      account: { name: accountNameOf(person) },
      old: { name: accountNameOf(person) },
      feeBack: fee,
      held: amount,
      number: longest.caseNumber,
      name: { name: `${person.first} ${person.last}` },
      provider: { name: providerOf(person) },
    },
    original: reference,
    ...{ code: '480927', day: '20/11', inCount: 999, outCount: 999, refused: 999 },
    ...{ inAmount: whole(amount), outAmount: whole(amount), earned: whole(fee), float: whole(amount) },
    ...{ note: { name: noteOf(person) }, till: longest.till, dial: longest.dial, number: longest.number },
  };
}
