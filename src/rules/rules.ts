import type { Currency, Market } from '../platform';
import { bookOf, type Book } from './book';
import { loadMarket, versionsOf } from './market';
import type { Conduct, Limit, LimitRequest, Price, PriceRequest } from './types';

export interface Rules {
  readonly currency: Currency;
  /** The most that may be typed as an amount. How much one payment may move is said by the limits. */
  readonly amountMaxMinor: bigint;
  /** A pure function of its argument and of the versions known here: keep what it says, and that is what is charged. */
  price(request: PriceRequest): Price;
  /** What holds for one side of a payment, one a scope; empty for what counts toward no limit. */
  limits(request: LimitRequest): Limit[];
  /** How the market wants it done. */
  conduct(at: Date): Conduct;
}

/** The rules of the market that is configured. Throws a `ConfigError` where there are none, or where they are wrong. */
export function createRules({ market }: { market: Pick<Market, 'country' | 'currency'> }): Rules {
  const file = loadMarket(market);
  const book: Book = bookOf(versionsOf(file));
  return {
    currency: file.currency,
    amountMaxMinor: file.amountMaxMinor,
    price: (request) => book.price(request),
    limits: (request) => book.limits(request),
    conduct: (at) => book.current('conduct', at).body,
  };
}
