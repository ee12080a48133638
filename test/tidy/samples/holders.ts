import type { Holder } from '../../../menus/holders';
import { fullName, times, type Samples } from './sample';

export const holders: Samples = {
  answers: (person) => {
    const ranks = ['owner', 'signatory', 'viewer'] as const;
    const holder = (index: number): Holder => ({
      ...{ holderId: `h${index}`, name: fullName(person) },
      rank: ranks[Math.min(index, 2)] ?? 'viewer',
    });
    return {
      listHolders: [times(8, holder), [holder(0)]],
      findPerson: [{ name: fullName(person) }, { name: '' }],
      changeHolder: [undefined],
    };
  },
};
