import type { Companion, Payment } from '../payments';
import { assert, type Attachment } from '../platform';
import { undecided } from './case';
import type { TellingDeps } from './deps';
import { cameBack } from './elsewhere';
import { caseHolding } from './store';
import { ownDecision } from './telling';

/**
 * What commits with every refund, whoever orders it: how much of the original came back by now, never more than was
 * paid (R219). Where a hold ends because its time is up, or another provider gives it back, its case is decided with it.
 */
export function createRefundCompanion(
  deps: TellingDeps & { find: (paymentId: string) => Promise<Payment | undefined> },
): Companion {
  return {
    attachments: async (refund) => [
      refundRow(refund),
      ...(refund.state === 'expired' ? await lapse(deps, refund) : []),
      ...(refund.state === 'completed' && refund.outside ? await cameBack(deps, refund) : []),
    ],
    refusals: {
      refund_within_original: 'not_allowed',
      refund_one_hold: 'not_allowed',
      refund_of_payment: 'not_allowed',
    },
  };
}

function refundRow({ paymentId, subjectId, state, amountMinor, feeBackMinor }: Payment): Attachment {
  assert(subjectId, 'a refund names what is given back');
  return {
    writer: 'refund',
    row: {
      payment_id: paymentId,
      original_id: subjectId,
      state,
      amount_minor: amountMinor.toString(),
      fee_minor: feeBackMinor.toString(),
    },
  };
}

async function lapse(
  deps: TellingDeps & { find: (paymentId: string) => Promise<Payment | undefined> },
  held: Payment,
): Promise<Attachment[]> {
  const one = await caseHolding(deps.db, held.paymentId);
  const payment = await deps.find(held.subjectId ?? '');
  if (!one || !payment || !undecided.includes(one.state)) return [];
  return ownDecision(deps, one, { payment, held, outcome: 'lapsed', by: { kind: 'system', id: 'sweeper' } });
}
