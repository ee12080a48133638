import { longest } from '../longest';
import { fullName, times, type Samples } from './sample';

const { amountMinor, feeMinor, reference, msisdn } = longest;

export const agentFloat: Samples = {
  answers: (person) => ({
    lookupPeer: [{ number: msisdn, name: fullName(person) }],
    quote: [{ quoteId: 'q1', amountMinor, feeMinor }],
    submit: [{ reference }],
    superAgent: [{ requestId: 'r1', name: fullName(person) }],
    ask: [undefined],
    requests: [times(9, (index) => ({ requestId: `r${index}`, name: fullName(person), amountMinor })), []],
    quoteRequest: [{ quoteId: 'q1', amountMinor, feeMinor }],
    refuse: [undefined],
  }),
};
