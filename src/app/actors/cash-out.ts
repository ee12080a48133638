import type { Services } from '../services';
import { paymentActors } from './payment';

export function cashOutActors(services: Services) {
  const { lookup, quote, submit } = paymentActors(services, 'cash_out', ({ quoteId, amountMinor, feeMinor }) => ({
    quoteId,
    amountMinor: amountMinor.toString(),
    feeMinor: feeMinor.toString(),
  }));
  return { lookupCustomer: lookup, quote, request: submit };
}
