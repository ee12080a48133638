import type { CashPlan, CashWord } from '../../../menus/counter';
import { longest, providerOf } from '../longest';
import { callerOf, fullName, type Samples } from './sample';

const { amountMinor, feeMinor, reference, msisdn } = longest;

const plan: CashPlan = { counterRequestId: 'r1', commissionMinor: feeMinor, asksId: false };
const words: readonly CashWord[] = (['wanted', 'paid', 'underway'] as const).map((state) => ({ state, reference }));

export const counter: Samples = {
  inputs: (person) =>
    [false, true].map((isSale) => ({
      ...callerOf(person),
      asked: {
        ...{ counterRequestId: 'r1', isSale, number: msisdn, name: fullName(person), provider: providerOf(person) },
        amountMinor,
      },
    })),
  answers: () => ({
    resume: [undefined, plan],
    plan: [plan, { ...plan, asksId: true }],
    noteId: [undefined],
    request: words,
    typeCode: words,
    anotherCode: words,
    stop: [undefined],
  }),
};
