import { formatAmount, formatDay } from '../../platform';
import { unwrap } from '../refusals';
import type { Services } from '../services';
import { serve, type PinHop } from './serve';

export function statementActors({ payments, market }: Services) {
  return {
    statement: serve(async (input: PinHop) =>
      unwrap(await payments.statement(input)).map(({ payment, direction, name }) => ({
        direction,
        name,
        date: formatDay(payment.updatedAt, market),
        amount: formatAmount(payment.amountMinor, payment.currency),
        fee: formatAmount(payment.feeMinor, payment.currency),
      })),
    ),
  };
}
