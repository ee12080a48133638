import type { Buyer, NewInvoice, Place } from '../../../menus/sell-goods';
import { fullName } from '../../identity';
import { refusal, unwrap } from '../refusals';
import type { Services } from '../services';
import { here } from './payment';
import { serve } from './serve';

export function sellGoodsActors({ invoices, clearing, counter }: Services) {
  /** As the seller was shown them: whoever is at another provider by now is asked for anew. */
  const buyerAt = async ({ userNumber, provider }: Buyer) => {
    const found = unwrap(await clearing.recentPayee(userNumber));
    if (found.outside.dfspId !== provider) throw refusal('payee_unknown');
    return found;
  };
  return {
    findPlace: serve(async (who: Who): Promise<Place> => {
      const { accountId, hasOperators } = await placeOf(invoices, who);
      const waits = await counter.waitingSale(who);
      if (waits?.accountId !== accountId) return { accountId, hasOperators };
      const { counterRequestId, party, dfspId: provider, amountMinor } = waits;
      const about = { number: '', name: party.name, provider, amountMinor: amountMinor.toString() };
      return { accountId, hasOperators, waiting: { counterRequestId, isSale: true, ...about } };
    }),
    lookupBuyer: serve(async (ask: { sellerId: string; accountId: string; number: string }): Promise<Buyer> => {
      const found = await invoices.lookUpBuyer(ask);
      if (found.ok || found.error !== 'payee_unknown') {
        const { customerId, userNumber, ...name } = unwrap(found);
        return { customerId, name: fullName(name), userNumber, provider: here };
      }
      const { outside } = unwrap(await clearing.findPayee(ask.number));
      return { customerId: '', name: fullName(outside), userNumber: outside.number, provider: outside.dfspId };
    }),
    draft: draft(invoices),
    issue: serve(async ({ buyer, ...order }: NewInvoice) => {
      const who = buyer.provider === here ? { buyerId: buyer.customerId } : { elsewhere: await buyerAt(buyer) };
      unwrap(await invoices.send({ ...orderOf(order), ...who }));
    }),
    askForCode: serve(async ({ buyer: { userNumber: number, provider }, ...order }: NewInvoice) => {
      const { state } = unwrap(await counter.sell({ ...orderOf(order), number, provider }));
      return { wanted: state !== 'asked' };
    }),
  };
}

function orderOf({ operatorNo, pin, amountMinor, ...order }: Omit<NewInvoice, 'buyer'>) {
  const operator = operatorNo === '' ? undefined : { operatorNo: Number(operatorNo), pin };
  return { ...order, operator, amountMinor: BigInt(amountMinor) };
}

interface Who {
  customerId: string;
  accountId: string;
}

/** Where the caller sells; a `not_allowed` thrown where that is nowhere. */
export async function placeOf(invoices: Services['invoices'], who: Who) {
  const place = await invoices.placeOf(who);
  if (!place) throw refusal('not_allowed');
  return place;
}

export function draft(invoices: Services['invoices']) {
  return serve<object, { invoiceId: string }>(() => Promise.resolve({ invoiceId: invoices.newId() }));
}
