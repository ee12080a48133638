import { formatAmount, formatMoney, type Currency } from '../platform';

/** Whose balance a message tells: what is available on an account as of a transfer. */
export interface BalanceOf {
  readonly transferId: string;
  readonly accountId: string;
  readonly currency: Currency;
}

/** Two ways of saying a balance; which one a message takes depends on the room that its words leave. */
export interface BalanceMark {
  readonly long: string;
  readonly short: string;
}

/** More than an account can hold or owe. */
const longestMinor = -4_000_000_000_000_000_000n;
/** What a person's account may plausibly hold; one that holds more gets a message of two segments where room was short. */
const plausibleMinor = 9_999_999_999n;
/** A letter of GSM-7 that no name and no text has. */
const letter = '¤';

/**
 * Stands in a message where a balance will: nobody knows it before the money has moved. The long mark is as long as the
 * longest amount, so that a message which fits its segment with the mark fits it with any balance; the short one says
 * no currency.
 */
export function balanceMark(currency: Currency): BalanceMark {
  return {
    long: letter.repeat(formatMoney(longestMinor, currency).length),
    short: letter.repeat(formatAmount(plausibleMinor, currency).length),
  };
}

/** The words as they leave. */
export function fillBalance(
  body: string,
  balance: { readonly minor: bigint; readonly currency: Currency } | undefined,
): string {
  if (!balance) return body;
  const { minor, currency } = balance;
  const { long, short } = balanceMark(currency);
  return body.includes(long)
    ? body.replace(long, formatMoney(minor, currency))
    : body.replace(short, formatAmount(minor, currency).replace(/\.00$/, ''));
}
