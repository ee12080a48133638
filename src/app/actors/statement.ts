import { formatAmount, formatDay } from '../../platform';
import { fullName } from '../../identity';
import { unwrap } from '../refusals';
import type { Services } from '../services';
import { serve, type PinHop } from './serve';

export function statementActors({ payments, market }: Services) {
  return {
    statement: serve(async (input: PinHop & { accountId: string }) =>
      unwrap(await payments.statement(input)).map(({ payment, direction, other }) => ({
        direction,
        isRefund: payment.product === 'refund',
        name: other && fullName(other),
        date: formatDay(payment.updatedAt, market),
        amount: formatAmount(
          payment.amountMinor + (direction === 'received' ? payment.feeBackMinor : 0n),
          payment.currency,
        ),
        fee: formatAmount(direction === 'sent' ? payment.feeMinor : payment.payeeFeeMinor, payment.currency),
      })),
    ),
  };
}
