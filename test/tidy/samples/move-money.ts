import type { OwnQuote, Target } from '../../../menus/move-money';
import { longest } from '../longest';
import { times, type Samples } from './sample';

const { amountMinor, feeMinor, reference, accountName } = longest;
const quote: OwnQuote = { quoteId: 'q1', amountMinor, feeMinor };
const target = (index: number): Target => ({ accountId: `a${index}`, name: accountName });

export const moveMoney: Samples = {
  answers: () => ({ listTargets: [times(8, target), [target(0)], []], quote: [quote], submit: [{ reference }] }),
};
