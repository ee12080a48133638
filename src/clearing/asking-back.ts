import type { Payment } from '../payments';
import { assert, err, ok, plusMs, type Result } from '../platform';
import { isPassing, type IncomingPaymentRequest, type PaymentRequestAnswer, type SchemeError } from '../switch';
import {
  answerRefundRequest,
  cameBy,
  keepRefundRequest,
  refundRequestBy,
  refundRequestFor,
  sentThere,
  type RefundRequest,
} from './asking-back-store';
import type { ClearingDeps } from './deps';
import { errorOf, refused, type ClearingError } from './errors';
import { contextOf } from './outgoing';
import { customerOf, partyIdOf, partyOf } from './party';

/**
 * Money that was sent by mistake is asked back between providers by a request to pay of the scenario `REFUND`, which names the
 * first transaction (FSPIOP API Definition, sections 7.4.14 and 7.5.30). Who is asked keeps a case of it, and gives it back as
 * refund.ts does, or says no. A request that runs is the same request however often it is sent.
 */

const answeredWithinMs = 7 * 24 * 3_600_000;

/** Asks the provider that got a payment of a customer of ours for it. Errors: `not_reversible`; what the scheme refuses for. */
export async function askBack(
  deps: ClearingDeps,
  { paymentId, amountMinor }: { paymentId: string; amountMinor: bigint },
): Promise<Result<RefundRequest, ClearingError | 'not_reversible'>> {
  const { db, clock, ids, adapter, identity, terms } = deps;
  const sent = await sentThere(db, paymentId);
  if (!sent || amountMinor <= 0n) return err('not_reversible');
  const { payee: payer, transactionId, currency } = sent;
  const askedAt = clock.now();
  const asked = { way: 'out', dfspId: payer.dfspId, requestId: ids.wireId(), paymentId, amountMinor } as const;
  await keepRefundRequest(db, { ...asked, answer: null, askedAt, expiresAt: plusMs(askedAt, answeredWithinMs) });
  const request = await refundRequestFor(db, paymentId);
  const customer = await identity.byId(db, sent.customerId);
  assert(request && customer, 'what is asked back is kept, and whose it was');
  const said = await adapter.requestPayment(
    {
      ...{ requestId: request.requestId, payer, expiresAt: request.expiresAt },
      payee: partyOf(customer, partyIdOf(customer.msisdn ?? customer.userNumber), terms.dfspId),
      amount: { amountMinor: request.amountMinor, currency },
      transactionType: {
        ...{ scenario: 'REFUND', initiator: 'PAYEE', initiatorType: 'CONSUMER' },
        refundInfo: { originalTransactionId: transactionId },
      },
    },
    contextOf(deps),
  );
  if (said.status === 'accepted') return ok(request);
  if (!isPassing(said.error)) await answerRefundRequest(db, request, { answer: 'rejected', error: said.error });
  return err(errorOf(said.error));
}

/** What the other provider says to it; false: it answers another request. */
export async function takeAskedAnswer(
  { db }: Pick<ClearingDeps, 'db'>,
  { requestId, dfspId, state, error }: PaymentRequestAnswer,
): Promise<boolean> {
  const request = await refundRequestBy(db, { way: 'out', dfspId, requestId });
  if (request) await answerRefundRequest(db, request, { answer: state, ...(error && { error }) });
  return request !== undefined;
}

/** Another provider asks for what one of its customers sent here: a case is opened, and the answer is that we have it, or no. */
export async function takeAskedBack(deps: ClearingDeps, asked: IncomingPaymentRequest): Promise<void> {
  const { requestId, dfspId } = asked;
  const key = { way: 'in', dfspId, requestId } as const;
  const error = (await refundRequestBy(deps.db, key)) ? undefined : await keptNot(deps, asked);
  const request = await refundRequestBy(deps.db, key);
  const isOther = (request?.amountMinor ?? asked.amount.amountMinor) !== asked.amount.amountMinor;
  const no = isOther ? refused('3106', 'Modified request: this requestId was used for something else') : error;
  await answer(deps, key, no ? { state: 'rejected', error: no } : { state: request?.answer ?? 'rejected' });
}

/** Keeps it with its case; why not, otherwise. */
async function keptNot(deps: ClearingDeps, asked: IncomingPaymentRequest): Promise<SchemeError | undefined> {
  const { dfspId, requestId, amount, expiresAt } = asked;
  const payment = await askedFor(deps, asked);
  if (payment?.currency !== amount.currency || amount.amountMinor <= 0n) return unknown;
  if (amount.amountMinor > payment.amountMinor) return refused('4200', 'Payer limit error: so much was not sent');
  const askedAt = deps.clock.now();
  if (expiresAt <= askedAt) return refused('3301', 'Transaction request expired');
  const row = { way: 'in', dfspId, requestId, paymentId: payment.paymentId } as const;
  const times = { askedAt, expiresAt };
  const opened = await deps.onAskedBack({
    payment,
    by: { kind: 'provider', id: dfspId },
    ...{ channel: 'api', traceId: requestId },
    also: (tx) => keepRefundRequest(tx, { ...row, ...times, amountMinor: amount.amountMinor, answer: 'received' }),
  });
  if (!opened.ok) return refused('4101', 'Payer rejected transaction request: it came back, or was decided over');
  const kept = await refundRequestFor(deps.db, payment.paymentId);
  return kept?.requestId === requestId
    ? undefined
    : refused('4101', 'Payer rejected transaction request: it is asked for');
}

/** The payment that came from whoever asks, to whom they say it went. */
async function askedFor(
  { db, payments, identity }: ClearingDeps,
  { dfspId, transactionType, payer }: IncomingPaymentRequest,
): Promise<Payment | undefined> {
  const transactionId = transactionType.refundInfo?.originalTransactionId ?? '';
  const paymentId = await cameBy(db, { dfspId, transactionId });
  const payment = paymentId === undefined ? undefined : await payments.find(paymentId);
  const payee = await customerOf(identity, payer.partyId);
  return payee && payment?.payeeId === payee.customerId ? payment : undefined;
}

/** Tells the provider that asked that it gets nothing, where one asked. Again it says the same. */
export async function refuseAskedBack(deps: ClearingDeps, paymentId: string): Promise<void> {
  const request = await refundRequestFor(deps.db, paymentId);
  if (request?.way !== 'in') return;
  await answerRefundRequest(deps.db, request, { answer: 'rejected' });
  await answer(deps, request, { state: 'rejected' });
}

async function answer(
  deps: ClearingDeps,
  { requestId, dfspId }: Pick<RefundRequest, 'requestId' | 'dfspId'>,
  said: Pick<PaymentRequestAnswer, 'state' | 'error'>,
): Promise<void> {
  await deps.adapter.answerPaymentRequest({ requestId, dfspId, ...said }, contextOf(deps));
}

const unknown = refused('3207', 'Transaction ID not found: no payment of yours to this payer');
