import type { RecentSend, Returned } from '../../../menus/wrong-send';
import { longest } from '../longest';
import { fullName, times, type Samples } from './sample';

const { amountMinor, date } = longest;

export const wrongSend: Samples = {
  answers: (person) => {
    const send = (index: number): RecentSend => ({ paymentId: `p${index}`, name: fullName(person), amountMinor });
    const returned = (heldMinor: string): Returned => ({ number: longest.caseNumber, amountMinor, heldMinor, date });
    return { recentSends: [times(9, send), [send(0)], []], askBack: [returned(amountMinor), returned('0')] };
  },
};
