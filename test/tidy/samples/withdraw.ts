import type { HeldCode, WithdrawQuote } from '../../../menus/withdraw';
import { longest } from '../longest';
import { fullName, type Samples } from './sample';

const { amountMinor, feeMinor, totalMinor, reference, msisdn, date } = longest;

const quote: WithdrawQuote = { quoteId: 'q1', amountMinor, feeMinor, totalMinor };

export const withdraw: Samples = {
  answers: (person) => {
    const held: HeldCode = { paymentId: 'p1', agentName: fullName(person), amountMinor, feeMinor, until: date };
    return {
      heldCode: [undefined, held],
      lookupAgent: [{ number: msisdn, name: fullName(person) }],
      quote: [quote],
      submit: [{ reference, until: date }],
      cancel: [undefined],
    };
  },
};
