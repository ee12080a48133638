import type { PendingRequest } from '../../../menus/pending';
import { longest } from '../longest';
import { fullName, times, type Samples } from './sample';

const { amountMinor, feeMinor, totalMinor, reference } = longest;

export const pending: Samples = {
  answers: (person) => {
    const request = (index: number): PendingRequest => ({
      paymentId: `p${index}`,
      name: fullName(person),
      amountMinor,
      feeMinor,
      totalMinor,
    });
    return { listPending: [times(9, request), [request(0)], []], approve: [{ reference }], reject: [undefined] };
  },
};
