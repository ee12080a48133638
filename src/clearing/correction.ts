import { chartOf, type Actor } from '../ledger';
import type { Corrected, PaymentError } from '../payments';
import { assert, err, ok, type Result } from '../platform';
import type { ClearingDeps } from './deps';
import {
  contradictedOne,
  correctionAttachment,
  correctionOf,
  isRefunded,
  type Contradicted,
  type CorrectionRow,
  type TransferName,
} from './correction-store';
import { transferDigest } from './incoming';
import { incomingOf, offerOf } from './incoming-store';
import { outsideOf } from './party';

/**
 * The scheme has decided otherwise than what was done here, and two of the staff put the books right (M32): once, by a transfer of its
 * own beside the first. It is of the customer's account where the money is there, the limits allow it and the account takes it; else of
 * the provider's own. Which of the two it is, is planned before and told to both; where it is otherwise by then, nothing moves.
 */

export type CorrectionError =
  /** The scheme says nothing else than what holds here. */
  | 'transfer_agrees'
  /** Before; detail `problem` says by which act. */
  | 'transfer_corrected'
  /** It was refused, and what it was for is not known here. */
  | 'correction_unknown'
  /** A part of it came back by a refund, or is held to: what it would be is not one transfer. */
  | 'already_refunded'
  /** It was planned otherwise a moment ago. */
  | 'correction_differs';

export interface CorrectionPlan {
  readonly contradicted: Contradicted;
  readonly original: Corrected;
  readonly side: CorrectionRow['side'];
  /** Why it can't be the customer's account. */
  readonly why?: PaymentError | 'cash_given' | 'cash_not_given';
}

/** Who rehearses. */
const planner: Actor = { kind: 'system', id: 'correction' };

/** What would put it right now, moved and taken back for the proof. Errors: as `CorrectionError` says. */
export async function planCorrection(
  deps: ClearingDeps,
  name: TransferName,
): Promise<Result<CorrectionPlan, CorrectionError>> {
  const contradicted = await contradictedOne(deps.db, name);
  const before = await correctionOf(deps.db, name);
  if (before) return err('transfer_corrected', { problem: `act ${before.act}` });
  if (!contradicted) return err('transfer_agrees');
  const original = await originalOf(deps, contradicted);
  if (!original) return err('correction_unknown');
  const done = doneHere(contradicted);
  if (done === 'completed' && original.paymentId !== null && (await isRefunded(deps.db, original.paymentId))) {
    return err('already_refunded');
  }
  const planned = { contradicted, original };
  if (isCashHere(original)) {
    return ok({ ...planned, side: 'provider', why: done === 'completed' ? 'cash_given' : 'cash_not_given' });
  }
  const tried = await deps.payments.rehearseCorrection({ original, done, by: planner, traceId: deps.ids.uuid() });
  if (tried.ok) return ok({ ...planned, side: 'customer' });
  if (tried.error !== 'attachment_refused') return ok({ ...planned, side: 'provider', why: tried.error });
  throw new Error(`a correction can't be rehearsed: ${String(tried.detail?.['reason'])}`);
}

function doneHere({ ours }: Contradicted): 'completed' | 'rejected' {
  return ours === 'committed' ? 'completed' : 'rejected';
}

/** An agent of ours gives cash on our word, and gives none without: neither is ever the agent's to bear, or to have. */
function isCashHere({ product, payerId }: Corrected): boolean {
  return product === 'cash_out' && payerId === null;
}

/** What it was about: the payment; where it was refused before there was one, the offer that it named. */
async function originalOf(deps: ClearingDeps, contradicted: Contradicted): Promise<Corrected | undefined> {
  const { paymentId, dfspId, transferId, quoteId, expiresAt } = contradicted;
  if (paymentId !== null) return deps.payments.find(paymentId);
  const offer = await offerOf(deps.db, dfspId, quoteId);
  const row = await incomingOf(deps.db, dfspId, transferId);
  if (!offer?.customerId || !offer.accountId || !row) return undefined;
  const { currency } = deps.rules;
  const asOffered = transferDigest({ quoteId, amount: { amountMinor: offer.amountMinor, currency }, expiresAt });
  if (!row.digest.equals(asOffered)) return undefined; // it was for something else
  return {
    ...{ paymentId: null, reference: null, createdAt: offer.createdAt, currency },
    ...{ product: offer.refundOf === null ? offer.product : 'refund', channel: 'api', askedAs: 'scheme' },
    ...{ initiatorId: null, payerId: null, payeeId: offer.customerId },
    ...{ payerAccountId: chartOf(currency).clearing, payeeAccountId: offer.accountId },
    ...{ amountMinor: offer.amountMinor, feeMinor: 0n, payeeFeeMinor: offer.payeeFeeMinor },
    ...{ feeBackMinor: offer.feeBackMinor, commissionMinor: 0n, ruleVersion: offer.ruleVersion },
    ...{ subjectId: null, outside: outsideOf(offer.payer) },
  };
}

export interface CorrectionOrder {
  readonly plan: CorrectionPlan;
  /** A fresh UUIDv7: the key of idempotency, and the id of the ledger's transfer. */
  readonly correctionId: string;
  readonly by: Actor;
  /** Of the staff, approved by a second person: the database asks for it. */
  readonly actId: string;
}

/** Constraints of the row that comes with it. */
const refusals: ReadonlyMap<unknown, CorrectionError> = new Map([
  ['transfer_corrected_once', 'transfer_corrected'],
  ['transfer_correction_needless', 'transfer_agrees'],
  ['refund_within_original', 'already_refunded'],
]);

/** Carries out what was planned. By an act that has done it, it answers the same. Errors: as `CorrectionError` says. */
export async function correct(
  deps: ClearingDeps,
  { plan, correctionId, by, actId }: CorrectionOrder,
): Promise<Result<CorrectionRow, CorrectionError>> {
  const { contradicted, original, side } = plan;
  const { dfspId, transferId, ours, theirs } = contradicted;
  const corrected = await deps.payments.correct({
    ...{ correctionId, original, side, done: doneHere(contradicted), by, traceId: actId },
    attachments: ({ movedMinor, feeMinor }) => {
      const event = (ledgerId: string, more: Readonly<Record<string, string>>) =>
        deps.audit.attachment({
          action: 'transfer.corrected',
          actor: by,
          subject: { kind: 'scheme_transfer', id: transferId },
          ...{
            transferId: ledgerId,
            traceId: actId,
            old: { state: ours },
            new: { state: theirs, dfspId, side, ...more },
          },
        });
      return [
        correctionAttachment({ contradicted, correctionId, side, feeMinor, actId, now: deps.clock.now() }),
        event(correctionId, { movedMinor: movedMinor.toString(), paymentId: original.paymentId ?? '' }),
        ...(original.paymentId === null ? [] : [event(original.paymentId, { correctionId })]),
      ];
    },
  });
  if (corrected.ok) {
    const row = await correctionOf(deps.db, { actId });
    assert(row, 'a correction is there as soon as its money has moved');
    return ok(row);
  }
  if (corrected.error !== 'attachment_refused') return err('correction_differs');
  const reason = corrected.detail?.['reason'];
  const refusal = refusals.get(reason);
  if (!refusal) throw new Error(`the transfer ${transferId} could not be corrected: ${String(reason)}`);
  return err(refusal);
}
