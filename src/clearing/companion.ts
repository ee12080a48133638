import type { Companion, Payment } from '../payments';
import { assert, plusMs, type Attachment, type Ids } from '../platform';
import type { ClearingTerms } from './deps';

/** What commits with every payment that has a side at another provider: the journal of what the scheme is asked. */
export function createSendCompanion({ ids, terms }: { ids: Ids; terms: ClearingTerms }): Companion {
  return {
    attachments: (payment) => Promise.resolve(payment.outside ? [rowOf(payment, { ids, terms })].flat() : []),
    refusals: { outgoing_offer: 'quote_expired', outgoing_transfer_quote_id_key: 'quote_expired' },
  };
}

function rowOf(payment: Payment, { ids, terms }: { ids: Ids; terms: ClearingTerms }): Attachment[] {
  const { paymentId, state, askedAs, subjectId, amountMinor } = payment;
  const incoming = askedAs === 'scheme';
  if (state === 'completed' || state === 'rejected') {
    const decision = { payment_id: paymentId, decided_at: payment.updatedAt.toISOString() };
    return [
      {
        writer: incoming ? 'incoming_decision' : 'outgoing_decision',
        row: { ...decision, state: state === 'completed' ? 'committed' : 'aborted' },
      },
    ];
  }
  // The row of a transfer that comes in, or that the staff order, knows more than its payment does.
  if (incoming || askedAs === 'staff') return [];
  assert(subjectId, 'money leaves by an offer');
  return [createOutgoingRow({ ids, terms }, payment, { quoteId: subjectId, amountMinor })];
}

/** A transfer of ours by an offer of the other provider, written with the hold on its money. */
export function createOutgoingRow(
  { ids, terms }: { ids: Ids; terms: ClearingTerms },
  { paymentId, outside, initiatorId, payerId, currency, createdAt }: Payment,
  { quoteId, amountMinor }: { quoteId: string; amountMinor: bigint },
): Attachment {
  assert(outside, 'somebody elsewhere is paid');
  return {
    writer: 'outgoing_transfer',
    row: {
      payment_id: paymentId,
      transfer_id: ids.wireId(),
      quote_id: quoteId,
      dfsp_id: outside.dfspId,
      customer_id: initiatorId ?? payerId,
      currency,
      amount_minor: amountMinor.toString(),
      created_at: createdAt.toISOString(),
      expires_at: plusMs(createdAt, terms.transferTtlMs).toISOString(),
    },
  };
}
