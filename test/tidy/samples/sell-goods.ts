import type { Buyer } from '../../../menus/sell-goods';
import { longest, providerOf } from '../longest';
import { fullName, type Samples } from './sample';

export const sellGoods: Samples = {
  answers: (person) => {
    const buyer: Buyer = { customerId: 'c2', name: fullName(person), userNumber: longest.userNumber, provider: '' };
    const elsewhere: Buyer = { ...buyer, userNumber: longest.msisdn, provider: providerOf(person) };
    return {
      findPlace: [true, false].map((hasOperators) => ({ accountId: '281474976710656', hasOperators })),
      lookupBuyer: [buyer, elsewhere],
      draft: [{ invoiceId: 'i1' }],
      issue: [undefined],
    };
  },
};
