import { formatAmount, isCurrency, minorFromDecimal } from '../platform';
import type { Money } from './port';

/** Money on a wire: a decimal string, in every scheme. */
export interface WireMoney {
  readonly currency: string;
  readonly amount: string;
}

/** An amount has no trailing zeros (7.2.13): `5.5`, `5`. */
export function writeMoney({ amountMinor, currency }: Money): { readonly currency: string; readonly amount: string } {
  const plain = formatAmount(amountMinor, currency).replaceAll(',', '');
  return { currency, amount: plain.includes('.') ? plain.replace(/\.?0+$/, '') : plain };
}

/** Undefined: a currency that isn't served here, or a fraction that it doesn't have. */
export function readMoney({ currency, amount }: WireMoney): Money | undefined {
  if (!isCurrency(currency)) return undefined;
  try {
    return { amountMinor: minorFromDecimal(amount, currency), currency };
  } catch {
    return undefined;
  }
}
