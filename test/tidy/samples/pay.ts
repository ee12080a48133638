import type { Quote, Target } from '../../../menus/pay';
import { longest, noteOf } from '../longest';
import { fullName, type Samples } from './sample';

const { amountMinor, feeMinor, totalMinor, reference, code } = longest;
const quote: Quote = { quoteId: 'q1', amountMinor, feeMinor, totalMinor };

export const pay: Samples = {
  answers: (person) => {
    const shop: Target = { number: longest.till, name: fullName(person) };
    const bill: Target = { ...shop, number: code, invoice: { invoiceId: 'i1', amountMinor, note: noteOf(person) } };
    return { find: [shop, bill], quote: [quote], submit: [{ reference }] };
  },
};
