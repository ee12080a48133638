import type { CashOutQuote } from '../../../menus/cash-out';
import { longest } from '../longest';
import { fullName, type Samples } from './sample';

const { amountMinor, feeMinor, reference, msisdn } = longest;

const quote: CashOutQuote = { quoteId: 'q1', amountMinor, feeMinor, asksId: false };

export const cashOut: Samples = {
  answers: (person) => ({
    lookupCustomer: [{ number: msisdn, name: fullName(person) }],
    quote: [quote, { ...quote, asksId: true }],
    noteId: [undefined],
    request: [{ reference }],
  }),
};
