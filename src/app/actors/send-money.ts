import type { Services } from '../services';
import { paymentActors, quoteShown } from './payment';
import { personOf, serve } from './serve';

export function sendMoneyActors(services: Services) {
  const { lookup, quote, submit } = paymentActors(services, 'send', quoteShown);
  return {
    recentPayees: serve(async ({ customerId }: { customerId: string }) =>
      (await services.payments.recentPayees(customerId)).map(personOf),
    ),
    lookupPayee: lookup,
    quote,
    submit,
  };
}
