import type { StatementLine } from '../../../menus/statement';
import { fullName, times, type Samples } from './sample';

export const statement: Samples = {
  answers: (person) => {
    const payment = (index: number): StatementLine => ({
      direction: index % 3 === 0 ? 'received' : 'sent',
      kind: index === 2 || index === 3 ? 'refund' : index === 4 || index === 6 ? 'correction' : 'payment',
      date: `${String(20 - index)}/11`,
      name: index === 1 ? undefined : fullName(person),
      amount: '1,000,000.00',
      fee: '1,000.00',
    });
    return { statement: [times(10, payment), [payment(1)], []] };
  },
};
