import type { Sent } from '../../../menus/invoices';
import { longest, noteOf } from '../longest';
import { fullName, times, type Samples } from './sample';

const { amountMinor, userNumber, dial } = longest;
const states = ['pending', 'underway', 'paid', 'rejected', 'cancelled', 'expired'] as const;

export const invoices: Samples = {
  answers: (person) => {
    const note = noteOf(person);
    const sent = (index: number): Sent => ({
      ...{ invoiceId: `i${index}`, state: states[index % states.length] ?? 'pending', dial: '', isProduct: false },
      ...{ name: fullName(person), userNumber, note: index % 2 === 0 ? note : '', amountMinor },
    });
    const code = (index: number): Sent => ({ ...sent(index), name: '', dial, note, isProduct: index % 2 === 0 });
    return {
      findPlace: [{ accountId: '281474976710656' }],
      listSent: [times(10, sent), times(6, code), []],
      cancel: [undefined],
      draft: [{ invoiceId: 'i1' }],
      makeCode: [{ dial }],
    };
  },
};
