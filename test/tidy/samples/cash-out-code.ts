import type { AskedElsewhere, Payout } from '../../../menus/cash-out-code';
import { longest, providerOf } from '../longest';
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
    const asked: AskedElsewhere = {
      ...{
        counterRequestId: 'r1',
        isSale: false,
        number: '',
        name: fullName(person),
        provider: providerOf(person),
        amountMinor,
      },
    };
    return {
      waiting: [undefined, asked],
      lookupCustomer: [
        { ...asked, counterRequestId: '', provider: '' },
        { ...asked, counterRequestId: '' },
      ],
      present: [payout, { ...payout, asksId: true }],
      noteId: [undefined],
      redeem: [{ reference }],
    };
  },
};
