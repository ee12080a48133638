import type { HeldCode, WithdrawQuote } from '../../../menus/withdraw';
import { longest, providerOf } from '../longest';
import { fullName, type Samples } from './sample';

const { amountMinor, feeMinor, totalMinor, reference, msisdn, date } = longest;

const quote: WithdrawQuote = { quoteId: 'q1', amountMinor, feeMinor, totalMinor };

export const withdraw: Samples = {
  answers: (person) => {
    const held: HeldCode = {
      ...{ paymentId: 'p1', agentName: fullName(person), provider: '', amountMinor, feeMinor, until: date },
    };
    const agent = { number: msisdn, name: fullName(person), provider: '' };
    return {
      heldCode: [undefined, held, { ...held, provider: providerOf(person) }],
      lookupAgent: [agent, { ...agent, provider: providerOf(person) }],
      quote: [quote],
      submit: [{ reference, until: date }],
      cancel: [undefined],
    };
  },
};
