import type { CasePayment, MyCase } from '../../../menus/cases';
import { fullName } from '../../identity';
import { formatAmount, formatDateTime, formatDay } from '../../platform';
import type { CaseKind, SeenCase } from '../../redress';
import { unwrap } from '../refusals';
import type { Services } from '../services';
import { serve, type PinHop } from './serve';

export function casesActors({ redress, market }: Services) {
  const seenOf = ({ case: one, payment, otherName, mayAppeal }: SeenCase): MyCase => ({
    caseId: one.caseId,
    number: one.number,
    state: one.state,
    outcome: one.outcome,
    amountMinor: payment.amountMinor.toString(),
    name: otherName === '' ? undefined : otherName,
    date: formatDateTime(mayAppeal && one.appealUntil ? one.appealUntil : one.dueAt, market),
    mayAppeal,
  });
  return {
    myCases: serve(async (input: PinHop) => unwrap(await redress.myCases(input)).map(seenOf)),
    casePayments: serve(async (input: { customerId: string; accountId: string; proof: string }) =>
      unwrap(await redress.disputablePayments(input)).map(({ payment, direction, other }): CasePayment => ({
        paymentId: payment.paymentId,
        direction,
        name: other && fullName(other),
        date: formatDay(payment.updatedAt, market),
        amount: formatAmount(payment.amountMinor, payment.currency),
      })),
    ),
    openCase: serve(
      async ({
        kind,
        ...input
      }: {
        customerId: string;
        paymentId: string;
        kind: string;
        proof: string;
        hopKey: string;
      }) => {
        const opened = unwrap(await redress.openDispute({ ...input, kind: kind as Exclude<CaseKind, 'wrong_send'> }));
        return { number: opened.number, date: formatDateTime(opened.dueAt, market) };
      },
    ),
    appeal: serve(async (input: { customerId: string; caseId: string; proof: string; hopKey: string }) => {
      const { number, dueAt } = unwrap(await redress.appeal(input));
      return { number, date: formatDateTime(dueAt, market) };
    }),
  };
}
