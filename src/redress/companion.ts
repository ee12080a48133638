import type { Companion, Payment } from '../payments';
import { assert, plusMs, type Attachment } from '../platform';
import type { TellingDeps } from './deps';
import { caseHolding, decisionAttachment } from './store';
import { decisionStep, stepAttachments } from './telling';
import { undecided } from './case';

/**
 * What commits with every refund, whoever orders it: how much of the original came back by now, never more than was
 * paid (R219). Where a hold ends because its time is up, its case is decided with it, and both are told.
 */
export function createRefundCompanion(
  deps: TellingDeps & { find: (paymentId: string) => Promise<Payment | undefined> },
): Companion {
  return {
    attachments: async (refund) => [
      refundRow(refund),
      ...(refund.state === 'expired' ? await lapse(deps, refund) : []),
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
  const now = deps.clock.now();
  const appealUntil = plusMs(now, deps.policy.appealMs);
  const by = { kind: 'system', id: 'sweeper' } as const;
  const step = await decisionStep(deps, one, { payment, held, outcome: 'lapsed', by });
  return [
    decisionAttachment({
      caseId: one.caseId,
      outcome: 'lapsed',
      decidedBy: null,
      trace: null,
      decidedAt: now,
      appealUntil,
    }),
    ...(await stepAttachments(deps, step)),
  ];
}
