import type { Buyer, NewInvoice } from '../../../menus/sell-goods';
import { fullName } from '../../identity';
import { refusal, unwrap } from '../refusals';
import type { Services } from '../services';
import { serve } from './serve';

export function sellGoodsActors({ invoices }: Services) {
  return {
    findPlace: serve(async (who: Who) => {
      const { accountId, hasOperators } = await placeOf(invoices, who);
      return { accountId, hasOperators };
    }),
    lookupBuyer: serve(async (ask: { sellerId: string; accountId: string; number: string }): Promise<Buyer> => {
      const buyer = unwrap(await invoices.lookUpBuyer(ask));
      return { customerId: buyer.customerId, name: fullName(buyer), userNumber: buyer.userNumber };
    }),
    draft: draft(invoices),
    issue: serve(async ({ operatorNo, pin, amountMinor, ...order }: NewInvoice) => {
      const operator = operatorNo === '' ? undefined : { operatorNo: Number(operatorNo), pin };
      unwrap(await invoices.send({ ...order, operator, amountMinor: BigInt(amountMinor) }));
    }),
  };
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
