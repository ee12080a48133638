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
  const { paymentId, state, askedAs, outside, subjectId } = payment;
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
  if (incoming) return []; // the row of a transfer that comes in knows more than its payment does
  assert(outside && subjectId, 'money leaves by an offer');
  return [
    {
      writer: 'outgoing_transfer',
      row: {
        payment_id: paymentId,
        transfer_id: ids.wireId(),
        quote_id: subjectId,
        dfsp_id: outside.dfspId,
        customer_id: payment.initiatorId,
        currency: payment.currency,
        amount_minor: payment.amountMinor.toString(),
        created_at: payment.createdAt.toISOString(),
        expires_at: plusMs(payment.createdAt, terms.transferTtlMs).toISOString(),
      },
    },
  ];
}
