import { formatMoney, type Currency } from '../platform';

/** Whose balance a message tells: what is available on an account as of a transfer. */
export interface BalanceOf {
  readonly transferId: string;
  readonly accountId: string;
  readonly currency: Currency;
}

/** More than an account can hold or owe. */
const longestMinor = -4_000_000_000_000_000_000n;
/** A letter of GSM-7 that no name and no text has. */
const letter = '¤';

/**
 * Stands in a message where a balance will: nobody knows it before the money has moved. It is as long as the longest
 * amount, so that a message which fits its segment with the mark fits it with any balance.
 */
export function balanceMark(currency: Currency): string {
  return letter.repeat(formatMoney(longestMinor, currency).length);
}

/** The words as they leave. */
export function fillBalance(
  body: string,
  balance: { readonly minor: bigint; readonly currency: Currency } | undefined,
): string {
  return balance ? body.replace(balanceMark(balance.currency), formatMoney(balance.minor, balance.currency)) : body;
}
