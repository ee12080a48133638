import type { Payee, Quote } from '../../../menus/send-money';
import { longest } from '../longest';
import { fullName, times, type Samples } from './sample';

const { amountMinor, feeMinor, totalMinor, reference, msisdn } = longest;

const quote: Quote = { quoteId: 'q1', amountMinor, feeMinor, totalMinor };

export const sendMoney: Samples = {
  answers: (person) => {
    const payee: Payee = { number: msisdn, name: fullName(person), provider: '' };
    const elsewhere: Payee = { ...payee, provider: 'M'.repeat(32) };
    return {
      recentPayees: [times(5, () => payee), [payee], []],
      lookupPayee: [payee, elsewhere],
      quote: [quote],
      submit: [
        { reference, underway: false },
        { reference, underway: true },
      ],
    };
  },
};
