import { unwrap } from '../refusals';
import type { Services } from '../services';
import { noteIdActor } from './agents';
import { paymentActors } from './payment';
import { serve } from './serve';

export function cashInActors(services: Services) {
  const { agents } = services;
  const { lookup, quote, submit } = paymentActors(services, 'cash_in', ({ quoteId, amountMinor, commissionMinor }) => {
    const asks = agents.asks(amountMinor);
    return {
      quoteId,
      amountMinor: amountMinor.toString(),
      commissionMinor: commissionMinor.toString(),
      asksId: asks.id,
      asksCode: asks.depositCode,
    };
  });
  return {
    ...{ lookupCustomer: lookup, quote, submit, noteId: noteIdActor(services) },
    sendCode: serve(async (input: { customerId: string; quoteId: string }) => {
      unwrap(await agents.sendDepositCode(input));
    }),
    proveCode: serve(async (input: { customerId: string; quoteId: string; code: string; hopKey: string }) => {
      unwrap(await agents.proveDepositCode(input));
    }),
  };
}
