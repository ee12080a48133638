import type { StatementLine } from '../../../menus/statement';
import { shownMinor, type Payment } from '../../payments';
import { formatAmount, formatDay } from '../../platform';
import { fullName } from '../../identity';
import { unwrap } from '../refusals';
import type { Services } from '../services';
import { serve, type PinHop } from './serve';

function kindOf({ product }: Payment): StatementLine['kind'] {
  return product === 'refund' || product === 'correction' ? product : 'payment';
}

export function statementActors({ payments, market }: Services) {
  return {
    statement: serve(async (input: PinHop & { accountId: string }) =>
      unwrap(await payments.statement(input)).map(({ payment, direction, other }) => ({
        direction,
        kind: kindOf(payment),
        name: other && fullName(other),
        date: formatDay(payment.updatedAt, market),
        amount: formatAmount(shownMinor({ payment, direction }), payment.currency),
        fee: formatAmount(direction === 'sent' ? payment.feeMinor : payment.payeeFeeMinor, payment.currency),
      })),
    ),
  };
}
