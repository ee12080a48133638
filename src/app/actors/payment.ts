import type { Quote } from '../../payments';
import type { Msisdn } from '../../platform';
import type { Product } from '../../rules';
import { unwrap } from '../refusals';
import type { Services } from '../services';
import { personOf, serve, type PinHop } from './serve';

interface Lookup {
  customerId: string;
  msisdn: string;
}

/** Looks up, quotes and submits one product for whoever calls; `show` is what that tree shows of a quote. */
export function paymentActors<Q>({ payments }: Services, product: Product, show: (quote: Quote) => Q) {
  return {
    lookup: serve(async ({ customerId, msisdn }: Lookup) => {
      const { other } = unwrap(await payments.lookup({ product, initiatorId: customerId, msisdn: msisdn as Msisdn }));
      return personOf(other);
    }),
    quote: serve(async ({ customerId, msisdn, amountMinor }: Lookup & { amountMinor: string }) => {
      const request = { product, initiatorId: customerId, msisdn: msisdn as Msisdn, amountMinor: BigInt(amountMinor) };
      return show(unwrap(await payments.quote(request)));
    }),
    submit: serve(async (input: PinHop & { quoteId: string }) => {
      const { reference } = unwrap(await payments.submit(input));
      return { reference };
    }),
  };
}
