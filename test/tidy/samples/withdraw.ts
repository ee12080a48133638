import type { HeldCode, WithdrawAgent, WithdrawQuote } from '../../../menus/withdraw';
import { longest, providerOf } from '../longest';
import { fullName, type Samples } from './sample';

const { amountMinor, feeMinor, totalMinor, reference, msisdn, date } = longest;

const quote: WithdrawQuote = { quoteId: 'q1', amountMinor, feeMinor, totalMinor };

export const withdraw: Samples = {
  answers: (person) => {
    const held: HeldCode = {
      ...{ paymentId: 'p1', atAtm: false, agentName: fullName(person), provider: '' },
      ...{ amountMinor, feeMinor, until: date },
    };
    const agent: WithdrawAgent = { atAtm: false, number: msisdn, name: fullName(person), provider: '' };
    return {
      heldCode: [undefined, held, { ...held, provider: providerOf(person) }, { ...held, atAtm: true, agentName: '' }],
      lookupAgent: [agent, { ...agent, provider: providerOf(person) }],
      quote: [quote],
      submit: [{ reference, until: date }],
      cancel: [undefined],
    };
  },
};
