import type { Payee, Quote } from '../../../menus/send-money';
import { longest, providerOf } from '../longest';
import { callerOf, fullName, times, type Samples } from './sample';

const { amountMinor, feeMinor, totalMinor, reference, msisdn } = longest;

const quote: Quote = {
  quoteId: 'q1',
  amountMinor,
  feeMinor,
  totalMinor,
  arrivesMinor: amountMinor,
  feesMinor: feeMinor,
};

export const sendMoney: Samples = {
  inputs: (person) => [callerOf(person), { ...callerOf(person), hasPeers: false }],
  answers: (person) => {
    const payee: Payee = { number: msisdn, name: fullName(person), provider: '' };
    const elsewhere: Payee = { ...payee, provider: providerOf(person) };
    return {
      recentPayees: [times(5, () => payee), [payee], []],
      lookupPayee: [payee, elsewhere],
      quote: [quote, { ...quote, arrivesMinor: '99999950' }],
      submit: [
        { reference, underway: false },
        { reference, underway: true },
      ],
    };
  },
};
