import type { Served } from '../../../menus/agent-desk';
import { longest } from '../longest';
import { fullName, times, type Samples } from './sample';

const { amountMinor, feeMinor, reference, date } = longest;

export const agentDesk: Samples = {
  answers: (person) => {
    const served = (way: Served['way']): Served => ({ way, name: fullName(person), amountMinor, reference, date });
    return {
      desk: [{ floatMinor: amountMinor, commissionMinor: amountMinor, shortOfFloat: 999 }],
      lastServed: [times(5, (index) => served(index % 2 === 0 ? 'in' : 'out')), []],
      quoteSweep: [{ quoteId: 'q1', amountMinor }],
      submit: [{ reference }],
      alarms: [{ lowMinor: feeMinor, highMinor: amountMinor }],
      setAlarm: [undefined],
    };
  },
};
