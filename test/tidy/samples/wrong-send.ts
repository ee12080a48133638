import type { RecentSend, Returned } from '../../../menus/wrong-send';
import { longest, providerOf } from '../longest';
import { fullName, times, type Samples } from './sample';

const { amountMinor, date } = longest;

export const wrongSend: Samples = {
  answers: (person) => {
    const send = (index: number): RecentSend => ({
      ...{ paymentId: `p${index}`, name: fullName(person), amountMinor, provider: '' },
    });
    const elsewhere = { ...send(0), provider: providerOf(person) };
    const returned = (heldMinor: string, provider = ''): Returned => ({
      ...{ number: longest.caseNumber, amountMinor, heldMinor, provider, date },
    });
    return {
      recentSends: [times(9, send), [send(0)], [elsewhere], []],
      askBack: [returned(amountMinor), returned('0'), returned('0', providerOf(person))],
    };
  },
};
