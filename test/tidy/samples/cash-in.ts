import type { CashInQuote } from '../../../menus/cash-in';
import { longest } from '../longest';
import { fullName, type Samples } from './sample';

const { amountMinor, feeMinor, reference, msisdn } = longest;

const quote: CashInQuote = { quoteId: 'q1', amountMinor, commissionMinor: feeMinor, asksId: false, asksCode: false };

export const cashIn: Samples = {
  answers: (person) => ({
    lookupCustomer: [{ number: msisdn, name: fullName(person) }],
    quote: [
      quote,
      { ...quote, asksCode: true },
      { ...quote, asksId: true },
      { ...quote, asksId: true, asksCode: true },
    ],
    ...{ noteId: [undefined], sendCode: [undefined], proveCode: [undefined] },
    submit: [{ reference }],
  }),
};
