import type { CashInQuote } from '../../../menus/cash-in';
import { longest } from '../longest';
import { fullName, type Samples } from './sample';

const { amountMinor, feeMinor, reference, msisdn } = longest;

const quote: CashInQuote = { quoteId: 'q1', amountMinor, commissionMinor: feeMinor };

export const cashIn: Samples = {
  answers: (person) => ({
    lookupCustomer: [{ number: msisdn, name: fullName(person) }],
    quote: [quote],
    submit: [{ reference }],
  }),
};
