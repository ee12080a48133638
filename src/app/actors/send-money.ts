import type { Services } from '../services';
import { paymentActors } from './payment';
import { personOf, serve } from './serve';

export function sendMoneyActors(services: Services) {
  const { lookup, quote, submit } = paymentActors(services, 'send', ({ quoteId, amountMinor, feeMinor }) => ({
    quoteId,
    amountMinor: amountMinor.toString(),
    feeMinor: feeMinor.toString(),
    totalMinor: (amountMinor + feeMinor).toString(),
  }));
  return {
    recentPayees: serve(async ({ customerId }: { customerId: string }) =>
      (await services.payments.recentPayees(customerId)).map(personOf),
    ),
    lookupPayee: lookup,
    quote,
    submit,
  };
}
