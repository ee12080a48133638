import type { Services } from '../services';
import { paymentActors } from './payment';

export function cashInActors(services: Services) {
  const { lookup, quote, submit } = paymentActors(services, 'cash_in', ({ quoteId, amountMinor, commissionMinor }) => ({
    quoteId,
    amountMinor: amountMinor.toString(),
    commissionMinor: commissionMinor.toString(),
  }));
  return { lookupCustomer: lookup, quote, submit };
}
