import type { Till } from '../../../menus/till';
import { longest } from '../longest';
import { fullName, times, type Samples } from './sample';

const { amountMinor, till: tillNumber, dial } = longest;

export const till: Samples = {
  answers: (person) => {
    const seller = (index: number) => ({ operatorNo: String(index + 2), name: fullName(person) });
    const sold = [fullName(person), ''].map((name) => ({ name, count: 999, amountMinor }));
    const whole: Till = { tillNumber, dial, sellers: times(6, seller), sold };
    return {
      viewTill: [whole, { ...whole, sellers: [], sold: [] }, { ...whole, tillNumber: '' }],
      openTill: [{ ...whole, sellers: [], sold: [] }],
      lookupSeller: [{ customerId: 'c2', name: fullName(person) }],
      addSeller: [{ operatorNo: '96' }],
      dropSeller: [undefined],
    };
  },
};
