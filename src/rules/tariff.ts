import { minorFromDecimal, type Currency } from '../platform';

/** What a customer can be charged for. */
export type Product = 'send' | 'cash_in' | 'cash_out';

export interface Price {
  /** To the payer, on top of the amount, into the fee account. */
  readonly feeMinor: bigint;
  /** To the agent, from the provider. */
  readonly commissionMinor: bigint;
}

export interface Rules {
  readonly currency: Currency;
  /** The most that one payment may move. */
  readonly amountMaxMinor: bigint;
  /** A pure function of its argument: what was quoted is what is charged. */
  price(product: Product): Price;
}

/** Flat prices, as decimal strings of the market's currency. Putting cash into one's own account is free of charge. */
const sandboxTariff: Readonly<Record<Product, { fee: string; commission: string }>> = {
  send: { fee: '10', commission: '0' },
  cash_in: { fee: '0', commission: '5' },
  cash_out: { fee: '10', commission: '5' },
};
const sandboxAmountMax = '1000000';

export function createSandboxRules(currency: Currency): Rules {
  const minor = (decimal: string) => minorFromDecimal(decimal, currency);
  return {
    currency,
    amountMaxMinor: minor(sandboxAmountMax),
    price: (product) => {
      const { fee, commission } = sandboxTariff[product];
      return { feeMinor: minor(fee), commissionMinor: minor(commission) };
    },
  };
}
