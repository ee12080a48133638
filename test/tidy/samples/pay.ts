import type { Quote, Target } from '../../../menus/pay';
import { longest, noteOf, providerOf } from '../longest';
import { fullName, type Samples } from './sample';

const { amountMinor, feeMinor, totalMinor, reference, code, userNumber } = longest;
const quote: Quote = { quoteId: 'q1', amountMinor, feeMinor, totalMinor };

export const pay: Samples = {
  answers: (person) => {
    const shop: Target = { number: longest.till, name: fullName(person), provider: '' };
    const bill: Target = { ...shop, number: code, invoice: { invoiceId: 'i1', amountMinor, note: noteOf(person) } };
    const provider = providerOf(person);
    const elsewhere: Target = { ...shop, number: userNumber, provider };
    return {
      find: [shop, bill, elsewhere, { ...bill, provider }],
      quote: [quote],
      submit: [false, true].map((underway) => ({ reference, underway })),
    };
  },
};
