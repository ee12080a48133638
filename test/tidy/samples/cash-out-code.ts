import type { Payout } from '../../../menus/cash-out-code';
import { longest } from '../longest';
import { fullName, type Samples } from './sample';

const { amountMinor, feeMinor, reference } = longest;

export const cashOutCode: Samples = {
  answers: (person) => {
    const payout: Payout = {
      paymentId: 'p1',
      name: fullName(person),
      amountMinor,
      commissionMinor: feeMinor,
      asksId: false,
    };
    return { present: [payout, { ...payout, asksId: true }], noteId: [undefined], redeem: [{ reference }] };
  },
};
