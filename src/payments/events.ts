import type { AuditAction, AuditEvent } from '../audit';
import type { Actor } from '../ledger';
import type { Payment } from './payment';

type PaymentAction = Extract<AuditAction, `payment.${string}`>;

/** What the forensic log keeps of a payment: who moved how much from where to where, and by which transfer. */
export function eventOf(
  action: PaymentAction,
  payment: Payment,
  { by, ...trace }: { by: Actor; transferId: string; traceId: string | undefined },
): AuditEvent {
  const { product, state, failure, reference, payerAccountId, payeeAccountId, currency } = payment;
  return {
    action,
    actor: by,
    subject: { kind: 'payment', id: payment.paymentId },
    ...trace,
    new: {
      product,
      state,
      reference,
      payerAccountId,
      payeeAccountId,
      currency,
      amountMinor: payment.amountMinor.toString(),
      feeMinor: payment.feeMinor.toString(),
      commissionMinor: payment.commissionMinor.toString(),
      ...(payment.payeeFeeMinor > 0n && { payeeFeeMinor: payment.payeeFeeMinor.toString() }),
      ...(payment.feeBackMinor > 0n && { feeBackMinor: payment.feeBackMinor.toString() }),
      ...(payment.subjectId !== null && { subjectId: payment.subjectId }),
      ...(failure !== null && { failure }),
    },
  };
}
