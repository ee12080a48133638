import type { OwnQuote, Target } from '../../../menus/move-money';
import { accountNameOf, longest } from '../longest';
import { times, type Samples } from './sample';

const { amountMinor, feeMinor, reference } = longest;
const quote: OwnQuote = { quoteId: 'q1', amountMinor, feeMinor };

export const moveMoney: Samples = {
  answers: (person) => {
    const target = (index: number): Target => ({ accountId: `a${index}`, name: accountNameOf(person) });
    return { listTargets: [times(8, target), [target(0)], []], quote: [quote], submit: [{ reference }] };
  },
};
