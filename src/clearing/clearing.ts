import { plusMs, type Result, type Tx } from '../platform';
import type { Payment } from '../payments';
import type { SwitchHandler } from '../switch';
import { askBack, refuseAskedBack, takeAskedAnswer, takeAskedBack } from './asking-back';
import { refundRequestFor, type RefundRequest } from './asking-back-store';
import type { ClearingDeps } from './deps';
import { correct, planCorrection, type CorrectionOrder } from './correction';
import {
  correctionOf,
  readContradicted,
  type Contradicted,
  type CorrectionRow,
  type TransferName,
} from './correction-store';
import { createDirectory } from './directory';
import type { ClearingError } from './errors';
import { answerLookup, answerPrepare, answerQuote, answerUnconfirmed, takeConfirmation } from './incoming';
import { offersFor, sendDueBulks, whyRefused, type BulkOffers, type BulkQuestion } from './bulk';
import { deleteBulksBefore, sealBulk } from './bulk-store';
import { deleteOffersBefore } from './incoming-store';
import {
  findPayee,
  quotePayee,
  recentPayee,
  takePartyAnswer,
  takeQuoteAnswer,
  type Elsewhere,
  type OfferRequest,
  type OutgoingOffer,
} from './outgoing';
import { deletePartyAnswersBefore, deleteQuotesBefore } from './outgoing-store';
import { offerForHeld, sendHeld, type HeldOrder } from './held';
import { alarmStuck, listTransfers, schemeSteps, type SchemeStep, type SeenTransfer } from './journal';
import type { JournalEntry, JournalFilter } from './journal-store';
import { findPayment, overridable, override, type Override, type OverrideError } from './override';
import { customerOf, outsideOf } from './party';
import { refundable, refundElsewhere, type RefundError, type RefundOrder } from './refund';
import { awaitOutcome, sendDue, takeOutcome } from './sending';
import { createWaiting } from './waiting';

export interface Clearing {
  /** What the adapter tells its events to. */
  readonly handler: SwitchHandler;
  /** Who is reached by a phone number (E.164) or a user number at another provider. Errors: `payee_unknown`, `scheme_away`. */
  findPayee(number: string): Promise<Result<Elsewhere, ClearingError>>;
  /** The same, as it was answered a moment ago; asked again where that is too long ago. */
  recentPayee(number: string): Promise<Result<Elsewhere, ClearingError>>;
  /** What it would cost to pay them; `payments.submit` sends it. */
  quote(request: OfferRequest): Promise<Result<OutgoingOffer, ClearingError>>;
  /** See held.ts. */
  offerForHeld(order: HeldOrder): ReturnType<typeof offerForHeld>;
  sendHeld(tx: Tx, order: { payment: Payment; offerId: string }): Promise<boolean>;
  /** What it would cost to pay many at one provider, asked together; for each payment its offer, or why there is none. */
  offersFor(question: BulkQuestion): Promise<BulkOffers>;
  /** What is held by offers of this bulk leaves together; nothing more comes into it. */
  sealBulk(bulkId: string): Promise<void>;
  /** Why the scheme gave up a payment of ours. */
  whyRefused(paymentId: string): Promise<ClearingError>;
  /** What became of a payment that was just submitted: `pending` where nobody has said in time. */
  awaitOutcome(paymentId: string): Promise<Payment['state']>;
  /** Sends and asks for what is due, either way. Returns how many. */
  work(): Promise<number>;
  /** R200, R206, R209, R210: transfers through the scheme, either way. */
  transfers(filter: Omit<JournalFilter, 'expiredBefore'> & { readonly isExpired?: boolean }): Promise<SeenTransfer[]>;
  /** M18: what was asked of the scheme for a payment and what came of it; empty where it stays in this house. */
  steps(paymentId: string): Promise<SchemeStep[]>;
  /** The payment of a transfer, by the id that the scheme knows it by. */
  findPayment(transferId: string): Promise<string | undefined>;
  /** Whether the staff may decide over a transfer. Errors: as `OverrideError` says. */
  overridable(paymentId: string): Promise<Result<JournalEntry, OverrideError>>;
  /** M31, M32: two of the staff decide over a transfer that nobody else decides. Again it answers the same. */
  override(order: Override): Promise<Result<JournalEntry, OverrideError>>;
  /** What the scheme has decided otherwise than holds here, the first heard first. */
  contradicted(): Promise<Contradicted[]>;
  /** M32: what would put it right now. Errors: as `CorrectionError` says. */
  planCorrection(name: TransferName): ReturnType<typeof planCorrection>;
  /** M32: carries out what was planned. Again by its act it answers the same. Errors: as `CorrectionError` says. */
  correct(order: CorrectionOrder): ReturnType<typeof correct>;
  /** How a transfer was corrected, or what an act has. */
  correctionOf(by: Parameters<typeof correctionOf>[1]): Promise<CorrectionRow | undefined>;
  /** Whether so much of a payment that came in can go back. Errors: `not_reversible`, `amount_exceeds`. */
  refundable(order: Pick<RefundOrder, 'originalId' | 'amountMinor'>): ReturnType<typeof refundable>;
  /** R213: gives back what came in from another provider, by a transfer the other way. Errors: as `RefundError` says. */
  refund(order: RefundOrder): Promise<Result<Payment, RefundError>>;
  /** B13: asks the provider that got a payment for it. Again, while the request runs, it is the same one. Errors: `not_reversible`, … */
  askBack(what: { paymentId: string; amountMinor: bigint }): ReturnType<typeof askBack>;
  /** Whether a payment is asked back between the providers, either way, and what was said to it. */
  askedBack(paymentId: string): Promise<RefundRequest | undefined>;
  /** Tells the provider that asked for it that nothing comes back. */
  refuseAskedBack(paymentId: string): Promise<void>;
  /** Tells the log once of each transfer over which nobody decides. Returns how many. */
  alarmStuck(): Promise<number>;
  /** Tells the scheme's directory who is reached here, and who no more. Returns how many. */
  tellDirectory(): Promise<number>;
  /** Removes questions and answers that no longer matter, and messages whose time is over. Returns how many. */
  forgetOld(): Promise<number>;
}

const offersKeptMs = 24 * 3_600_000;
const contradictedMax = 100;

export function createClearing(clearing: ClearingDeps): Clearing {
  const deps = { ...clearing, waiting: createWaiting() };
  const { db, clock } = deps;
  return {
    handler: {
      onLookup: (lookup) => answerLookup(deps, lookup),
      onQuote: (quote) => answerQuote(deps, quote),
      onPrepare: (transfer) => answerPrepare(deps, transfer),
      onConfirmed: (confirmation) => takeConfirmation(deps, confirmation),
      onPartyAnswer: (answer) => takePartyAnswer(deps, answer),
      onQuoteAnswer: (answer) => takeQuoteAnswer(deps, answer),
      onTransferOutcome: (outcome) => takeOutcome(deps, outcome),
      onPaymentRequest: async (request) => {
        if (request.transactionType.scenario === 'REFUND') return takeAskedBack(deps, request);
        const buyer = await customerOf(deps.identity, request.payer.partyId);
        await deps.requests.take({ request, buyer, seller: outsideOf(request.payee) });
      },
      onPaymentRequestCancelled: (request) => deps.requests.takeCancel(request),
      onPaymentRequestAnswer: async (answer) => {
        if (!(await takeAskedAnswer(deps, answer))) await deps.requests.takeAnswer(answer);
      },
      onCodeAsked: (ask) => deps.requests.takeCodeAsk(ask),
      onCodeAnswer: (answer) => deps.requests.takeCodeAnswer(answer),
    },
    findPayee: (number) => findPayee(deps, number),
    recentPayee: (number) => recentPayee(deps, number),
    quote: (request) => quotePayee(deps, request),
    offerForHeld: (order) => offerForHeld(deps, order),
    sendHeld: (tx, order) => sendHeld(deps, tx, order),
    offersFor: (question) => offersFor(deps, question),
    sealBulk: (bulkId) => sealBulk(db, bulkId, clock.now()),
    whyRefused: (paymentId) => whyRefused(deps, paymentId),
    awaitOutcome: (paymentId) => awaitOutcome(deps, paymentId),
    work: async () => (await sendDue(deps)) + (await sendDueBulks(deps)) + (await answerUnconfirmed(deps)),
    transfers: (filter) => listTransfers(deps, filter),
    steps: (paymentId) => schemeSteps(deps, paymentId),
    findPayment: (transferId) => findPayment(deps, transferId),
    overridable: (paymentId) => overridable(deps, paymentId),
    override: (order) => override(deps, order),
    contradicted: () => readContradicted(db, contradictedMax),
    planCorrection: (name) => planCorrection(deps, name),
    correct: (order) => correct(deps, order),
    correctionOf: (by) => correctionOf(db, by),
    refundable: (order) => refundable(deps, order),
    refund: (order) => refundElsewhere(deps, order),
    askBack: (what) => askBack(deps, what),
    askedBack: (paymentId) => refundRequestFor(db, paymentId),
    refuseAskedBack: (paymentId) => refuseAskedBack(deps, paymentId),
    alarmStuck: () => alarmStuck(deps),
    tellDirectory: createDirectory(deps),
    forgetOld: async () => {
      const before = plusMs(clock.now(), -offersKeptMs);
      const gone = [
        deleteQuotesBefore(db, before),
        deleteOffersBefore(db, before),
        deletePartyAnswersBefore(db, before),
      ];
      const messages = await deps.adapter.forget(plusMs(clock.now(), -deps.terms.keptMs));
      const counts = [...(await Promise.all(gone)), await deleteBulksBefore(db, before), messages];
      return counts.reduce((sum, count) => sum + count, 0);
    },
  };
}
