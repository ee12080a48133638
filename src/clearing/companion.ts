import { isByCode, isOfBulk, type Companion, type Payment } from '../payments';
import { assert, plusMs, type Attachment, type Db } from '../platform';
import type { ClearingTerms } from './deps';
import { offerFor } from './outgoing-store';

interface CompanionDeps {
  readonly db: Db;
  readonly terms: ClearingTerms;
}

/** What commits with every payment that has a side at another provider: the journal of what the scheme is asked. */
export function createCrossingCompanion(deps: CompanionDeps): Companion {
  return {
    attachments: (payment) => rowsOf(deps, payment),
    refusals: { outgoing_offer: 'quote_expired', outgoing_transfer_quote_id_key: 'quote_expired' },
  };
}

async function rowsOf({ db, terms }: CompanionDeps, payment: Payment): Promise<Attachment[]> {
  const { paymentId, state, askedAs, outside, amountMinor } = payment;
  if (!outside) return [];
  if (isByCode(payment)) return codeRows(payment);
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
  // The row of a transfer that comes in, or that goes back by the staff's order, knows more than its payment does.
  if (incoming || (askedAs === 'staff' && !isOfBulk(payment))) return [];
  const quoteId = (await offerFor(db, paymentId)) ?? null;
  return [createOutgoingRow({ terms }, payment, { quoteId, amountMinor })];
}

/** Money that is held for a code leaves when the code was told (held.ts): before that nobody was asked for anything. */
function codeRows({ paymentId, state, updatedAt, expiresAt }: Payment): Attachment[] {
  if (state === 'pending') return [];
  const decided = { state: state === 'completed' ? 'committed' : 'aborted', decided_at: updatedAt.toISOString() };
  const seen = { payment_id: paymentId, expires_at: expiresAt?.toISOString() ?? null };
  return [{ writer: 'code_decision', row: { ...seen, ...decided } }];
}

/** A transfer of ours by an offer of the other provider, written with the hold on its money; refused where there is no offer. */
export function createOutgoingRow(
  { terms }: { terms: ClearingTerms },
  { paymentId, outside, initiatorId, payerId, currency, createdAt }: Payment,
  { quoteId, amountMinor }: { quoteId: string | null; amountMinor: bigint },
): Attachment {
  assert(outside, 'somebody elsewhere is paid');
  return {
    writer: 'outgoing_transfer',
    row: {
      payment_id: paymentId,
      transfer_id: quoteId, // that its transaction has as well (outgoing.ts)
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
