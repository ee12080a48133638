import {
  hasCheckDigit,
  parseAmount,
  parseIdentifier,
  parseMsisdn,
  parseUserNumber,
  type AmountError,
  type Clock,
  type Country,
  type Currency,
} from '../platform';
import type { TextKey, Values } from './texts';

/** Why an answer was not understood: the text that says so. */
export interface ReadProblem {
  readonly text: TextKey;
  readonly values?: Values;
}
export type Read =
  { readonly ok: true; readonly value: string } | { readonly ok: false; readonly problem: ReadProblem };

/** How free input is read. Each turns what was typed into one clean form, or says what is wrong with it. */
export type ReaderName =
  | 'msisdn'
  | 'person'
  | 'payee'
  | 'shopNumber'
  | 'invoiceCode'
  | 'operatorNo'
  | 'note'
  | 'amount'
  | 'pin'
  | 'newPin'
  | 'code'
  | 'otp'
  | 'resetCode'
  | 'personName'
  | 'accountName'
  | 'birthDate'
  | 'nationalId'
  | 'idDigits';
export type Readers = Readonly<Record<ReaderName, (typed: string) => Read>>;

export interface ReaderOptions {
  readonly country: Country;
  readonly currency: Currency;
  readonly amountMaxMinor: bigint;
  readonly clock: Clock;
}

const ageMaxYears = 120;
const amountProblems = {
  amount_not_a_number: 'kit.amountNotANumber',
  amount_zero: 'kit.amountZero',
  amount_negative: 'kit.amountNegative',
  amount_decimals: 'kit.amountDecimals',
  amount_too_large: 'kit.amountTooLarge',
} satisfies Record<AmountError, TextKey>;

const read = (value: string): Read => ({ ok: true, value });
const problem = (text: TextKey, values?: Values): Read => ({
  ok: false,
  problem: values ? { text, values } : { text },
});

export function createReaders({ country, currency, amountMaxMinor, clock }: ReaderOptions): Readers {
  return {
    /** E.164. */
    msisdn: (typed) => {
      const msisdn = parseMsisdn(typed, country);
      return msisdn ? read(msisdn) : problem('kit.msisdnInvalid');
    },
    /** The eight digits of a user number, which may well be those of a landline, or a phone number as E.164. */
    person: (typed) => {
      const number = parseUserNumber(typed) ?? parseMsisdn(typed, country);
      return number === undefined ? problem('kit.personInvalid') : read(number);
    },
    /** The same, or what somebody at another provider is called: it has an @, and its kind is still to be asked. */
    payee: (typed) => {
      const number = parseUserNumber(typed) ?? parseMsisdn(typed, country) ?? parseIdentifier(typed);
      return number === undefined ? problem('kit.personInvalid') : read(number);
    },
    /** Six digits of a till, seven of a code, eight of a user number, or a phone number as E.164. */
    shopNumber: (typed) => {
      const number = readNumber(typed, { min: tillLength, max: userNumberLength }, 'kit.shopNumberInvalid');
      const msisdn = number.ok ? undefined : parseMsisdn(typed, country);
      return msisdn === undefined ? number : read(msisdn);
    },
    /** Seven digits. */
    invoiceCode: (typed) => readNumber(typed, { min: codeLength, max: codeLength }, 'kit.invoiceCodeInvalid'),
    /** Two to 96, without zeros before it. */
    operatorNo: (typed) => {
      const number = /^0*([1-9]\d?)$/.exec(typed.trim())?.[1];
      return number === undefined ? problem('kit.operatorNoInvalid') : read(number);
    },
    /**
     * One to twenty letters and digits of any script, inner spaces single; the keys of navigation stay what they are. What
     * could be a PIN is refused: it would stand in rows and messages, and whoever is used to typing it may do so here.
     */
    note: (typed) => {
      const note = typed.normalize('NFC').trim().replace(/ +/g, ' ');
      if (/^\p{Nd}{4,6}$/u.test(note.replace(/ /g, ''))) return problem('kit.noteLikePin');
      return /^(?!(?:0|97|99)$)[\p{L}\p{N}][\p{L}\p{M}\p{N}'’., /-]{0,19}$/u.test(note)
        ? read(note)
        : problem('kit.noteInvalid');
    },
    /** Minor units as a decimal string. */
    amount: (typed) => {
      const amount = parseAmount(typed, currency, amountMaxMinor);
      return amount.ok ? read(amount.value.toString()) : problem(amountProblems[amount.error], amount.detail);
    },
    pin: (typed) => (/^\d{4,6}$/.test(typed) ? read(typed) : problem('kit.pinDigits')),
    newPin: readNewPin,
    /** Six digits. */
    code: (typed) => {
      const code = typed.replace(/\s/g, '');
      return /^\d{6}$/.test(code) ? read(code) : problem('kit.codeInvalid');
    },
    /** Another provider's code, which has three to ten digits (FSPIOP, section 7.3.22). */
    otp: (typed) => {
      const code = typed.replace(/\s/g, '');
      return /^\d{3,10}$/.test(code) ? read(code) : problem('kit.otpInvalid');
    },
    /** Six digits that are as good as a PIN: whoever asks for them keeps them as one. */
    resetCode: (typed) => {
      const code = typed.replace(/\s/g, '');
      return /^\d{6}$/.test(code) ? read(code) : problem('pin-reset.codeInvalid');
    },
    /** Trimmed, inner spaces single; letters of any script. */
    personName: (typed) => {
      const name = typed.normalize('NFC').trim().replace(/ +/g, ' ');
      return /^\p{L}[\p{L}\p{M}'’. -]{0,29}$/u.test(name) ? read(name) : problem('kit.nameInvalid');
    },
    /** Trimmed, inner spaces single; a letter first, then letters and digits of any script, at most 20 in all. */
    accountName: (typed) => {
      const name = typed.normalize('NFC').trim().replace(/ +/g, ' ');
      return /^\p{L}[\p{L}\p{M}\p{N}'’&. -]{0,19}$/u.test(name) ? read(name) : problem('kit.accountNameInvalid');
    },
    /** ISO 8601 date, from DDMMYYYY. */
    birthDate: (typed) => readBirthDate(typed, clock),
    /** Upper case, without spaces. */
    nationalId: (typed) => {
      const id = typed.replace(/[\s-]/g, '').toUpperCase();
      return /^[A-Z0-9/]{5,20}$/.test(id) && /\d{4}/.test(id) ? read(id) : problem('kit.nationalIdInvalid');
    },
    /** The last four of an ID's number, upper case. */
    idDigits: (typed) => {
      const digits = typed.replace(/[\s-]/g, '').toUpperCase();
      return /^[A-Z0-9]{4}$/.test(digits) ? read(digits) : problem('kit.idDigitsInvalid');
    },
  };
}

const tillLength = 6;
const codeLength = 7;
const userNumberLength = 8;

/** Digits whose last one checks, spaces and dashes aside. */
function readNumber(typed: string, { min, max }: { min: number; max: number }, text: TextKey): Read {
  const digits = typed.replace(/[\s-]/g, '');
  const fits = digits.length >= min && digits.length <= max && hasCheckDigit(digits);
  return fits ? read(digits) : problem(text);
}

/** R58: 4 to 6 digits, not all the same, no straight run up or down. */
function readNewPin(typed: string): Read {
  if (!/^\d{4,6}$/.test(typed)) return problem('kit.pinDigits');
  const steps = new Set(Array.from(typed.slice(1), (digit, index) => Number(digit) - Number(typed.charAt(index))));
  const [step] = steps;
  const weak = steps.size === 1 && (step === 0 || step === 1 || step === -1);
  return weak ? problem('kit.pinWeak') : read(typed);
}

function readBirthDate(typed: string, clock: Clock): Read {
  const match = /^(\d{2})[-/. ]?(\d{2})[-/. ]?(\d{4})$/.exec(typed.trim());
  const [, day = '', month = '', year = ''] = match ?? [];
  const iso = `${year}-${month}-${day}`;
  const date = new Date(`${iso}T00:00:00Z`);
  const now = clock.now();
  const real = match && !Number.isNaN(date.getTime()) && date.toISOString().startsWith(iso);
  if (!real || date > now || now.getUTCFullYear() - date.getUTCFullYear() > ageMaxYears) {
    return problem('kit.birthDateInvalid');
  }
  return read(iso);
}
