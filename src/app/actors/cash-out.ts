import type { Services } from '../services';
import { noteIdActor } from './agents';
import { paymentActors } from './payment';

export function cashOutActors(services: Services) {
  const { lookup, quote, submit } = paymentActors(services, 'cash_out', ({ quoteId, amountMinor, feeMinor }) => ({
    quoteId,
    amountMinor: amountMinor.toString(),
    feeMinor: feeMinor.toString(),
    asksId: services.agents.asks(amountMinor).id,
  }));
  return { lookupCustomer: lookup, quote, request: submit, noteId: noteIdActor(services) };
}
