import type { CasePayment, MyCase } from '../../../menus/cases';
import { longest } from '../longest';
import { fullName, times, type Samples } from './sample';

const { amountMinor, date, caseNumber: number } = longest;
const outcomes = ['refunded', 'refunded_in_part', 'agreed', 'corrected', 'rejected', 'lapsed'] as const;

export const cases: Samples = {
  answers: (person) => {
    const one = (state: MyCase['state'], more: Partial<MyCase> = {}): MyCase => ({
      ...{ caseId: `c-${state}-${more.outcome ?? ''}`, number, state, amountMinor, date },
      ...{ outcome: null, name: fullName(person), mayAppeal: false, ...more },
    });
    const payment = (index: number): CasePayment => ({
      paymentId: `p${index}`,
      direction: index % 2 === 0 ? 'sent' : 'received',
      date: '20/11',
      name: index === 1 ? undefined : fullName(person),
      amount: '1,000,000.00',
    });
    const decided = outcomes.map((outcome) => one('decided', { outcome, mayAppeal: outcome !== 'refunded' }));
    return {
      myCases: [
        [...decided, one('open'), one('investigating')],
        [one('appealed', { outcome: 'rejected' }), one('closed', { outcome: 'agreed', name: undefined })],
        [],
      ],
      casePayments: [times(9, payment), []],
      openCase: [{ number, date }],
      appeal: [{ number, date }],
    };
  },
};
