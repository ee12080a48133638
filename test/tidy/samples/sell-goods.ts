import type { AskedElsewhere, Buyer, Place } from '../../../menus/sell-goods';
import { longest, providerOf } from '../longest';
import { fullName, type Samples } from './sample';

export const sellGoods: Samples = {
  answers: (person) => {
    const buyer: Buyer = { customerId: 'c2', name: fullName(person), userNumber: longest.userNumber, provider: '' };
    const elsewhere: Buyer = { ...buyer, userNumber: longest.msisdn, provider: providerOf(person) };
    const waiting: AskedElsewhere = {
      ...{ counterRequestId: 'r1', isSale: true, number: '', name: fullName(person), provider: providerOf(person) },
      amountMinor: longest.amountMinor,
    };
    const places: Place[] = [true, false].map((hasOperators) => ({ accountId: '281474976710656', hasOperators }));
    return {
      findPlace: [...places, ...places.map((place) => ({ ...place, waiting }))],
      lookupBuyer: [buyer, elsewhere],
      draft: [{ invoiceId: 'i1' }],
      issue: [undefined],
      askForCode: [true, false].map((wanted) => ({ wanted })),
    };
  },
};
