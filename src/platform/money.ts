import { err, ok, type Result } from './result';

/**
 * Amounts are `bigint` minor units inside, decimal strings at every edge, and never a JavaScript number.
 * Exponents from ISO 4217; a currency that we do not know is refused at start-up.
 */
export type Currency = keyof typeof minorDigits;

/** The numbers of ISO 4217. */
const numbers = {
  GHS: 936,
  KES: 404,
  RWF: 646,
  TZS: 834,
  UGX: 800,
  USD: 840,
  XAF: 950,
  XOF: 952,
  ZMW: 967,
} as const satisfies Record<Currency, number>;

const minorDigits = { GHS: 2, KES: 2, RWF: 0, TZS: 2, UGX: 0, USD: 2, XAF: 0, XOF: 0, ZMW: 2 } as const;

/** Longer than any amount that fits a bigint column; what is longer is refused before it is parsed. */
const typedLengthMax = 40;

export type AmountError =
  'amount_not_a_number' | 'amount_zero' | 'amount_negative' | 'amount_decimals' | 'amount_too_large';

export function isCurrency(code: string): code is Currency {
  return Object.hasOwn(minorDigits, code);
}

/** `KES` → 404. */
export function currencyNumber(currency: Currency): number {
  return numbers[currency];
}

/** 404 → `KES`; throws on a number that we do not know. */
export function currencyOfNumber(number: number): Currency {
  const found = (Object.keys(numbers) as Currency[]).find((currency) => numbers[currency] === number);
  if (found === undefined) throw new Error(`no currency has the number ${number}`);
  return found;
}

/** Minor digits of a currency, e.g. 2 for KES. */
function decimalsOf(currency: Currency): number {
  return minorDigits[currency];
}

/**
 * Reads what a person typed (`1000`, `1000.50`) as minor units. No signs, commas, inner spaces, leading zeros or exponents.
 * Errors: `amount_not_a_number`, `amount_zero`, `amount_negative`, `amount_decimals` (detail `decimals`), `amount_too_large` (detail `max`).
 */
export function parseAmount(typed: string, currency: Currency, maxMinor: bigint): Result<bigint, AmountError> {
  const raw = typed.trim();
  const decimals = decimalsOf(currency);
  if (/^-\d+(\.\d+)?$/.test(raw)) return err('amount_negative');
  const tooLarge = err('amount_too_large', { max: formatMoney(maxMinor, currency) });
  if (/^\d+(\.\d+)?$/.test(raw) && raw.length > typedLengthMax) return tooLarge;
  if (/^0+(\.0+)?$/.test(raw)) return err('amount_zero');
  const match = /^(0|[1-9]\d*)(?:\.(\d+))?$/.exec(raw);
  if (!match) return err('amount_not_a_number');
  const [, whole = '', fraction = ''] = match;
  if (fraction.length > decimals) return err('amount_decimals', { decimals });
  const amountMinor = BigInt(whole + fraction.padEnd(decimals, '0'));
  return amountMinor > maxMinor ? tooLarge : ok(amountMinor);
}

/** `100000n, 'KES'` → `KES 1,000.00`: the same in every language, as the networks' own receipts show it. */
export function formatMoney(amountMinor: bigint, currency: Currency): string {
  return `${currency} ${formatAmount(amountMinor, currency)}`;
}

/** `100000n, 'KES'` → `1,000.00`. */
export function formatAmount(amountMinor: bigint, currency: Currency): string {
  const decimals = decimalsOf(currency);
  const sign = amountMinor < 0n ? '-' : '';
  const digits = (amountMinor < 0n ? -amountMinor : amountMinor).toString().padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals).replace(/\B(?=(\d{3})+$)/g, ',');
  return decimals === 0 ? sign + whole : `${sign}${whole}.${digits.slice(digits.length - decimals)}`;
}

/** A decimal string from a file or an API (`1000.50`) as minor units; throws on anything else. */
export function minorFromDecimal(decimal: string, currency: Currency): bigint {
  const decimals = decimalsOf(currency);
  const match = /^(\d+)(?:\.(\d+))?$/.exec(decimal);
  const [, whole = '', fraction = ''] = match ?? [];
  if (!match || fraction.length > decimals) throw new Error(`not an amount in ${currency}: ${JSON.stringify(decimal)}`);
  return BigInt(whole + fraction.padEnd(decimals, '0'));
}
