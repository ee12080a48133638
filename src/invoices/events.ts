import type { AuditAction, AuditEvent } from '../audit';
import type { Invoice } from './invoice';

type InvoiceAction = Extract<AuditAction, `invoice.${string}`>;

/**
 * What the forensic log keeps of an invoice that is made or given up. One that is paid has no event of its own: the
 * payment's names it (`subjectId`), and commits with it.
 */
export function eventOf(
  action: InvoiceAction,
  { invoiceId, type, accountId, buyerId, issuedBy, operator, outside, amountMinor, currency }: Invoice,
  { by, traceId }: { by: AuditEvent['actor']; traceId: string | undefined },
): AuditEvent {
  return {
    action,
    actor: by,
    subject: { kind: 'invoice', id: invoiceId },
    traceId,
    new: {
      ...{ type, accountId, buyerId, issuedBy, currency, amountMinor: amountMinor.toString() },
      ...(outside && { dfspId: outside.dfspId }),
      ...(operator && { till: operator.tillNumber, operatorNo: operator.operatorNo }),
    },
  };
}
