import { fullName } from '../identity';
import { assert, err, ok, plusMs, type Result, type Tx } from '../platform';
import { isPassing, type Party, type PaymentRequest, type PaymentRequestAnswer, type SchemeError } from '../switch';
import { closeFromElsewhere } from './decide';
import type { InvoicesDeps } from './deps';
import type { Invoice } from './invoice';
import { insertRequest, keepAnswer, requestOf, stopSending, type RequestKey, type RequestRow } from './request-store';
import { invoiceById } from './store';

/** The shop's side of an invoice to a customer of another provider: it is sent until they have it, or nobody can pay it any more. */

/** Keeps that somebody at another provider is asked for it; it is sent a moment later. */
export async function askElsewhere(
  { ids }: InvoicesDeps,
  tx: Tx,
  { invoice, party }: { invoice: Invoice; party: Party },
): Promise<void> {
  await insertRequest(tx, {
    ...{ way: 'out', dfspId: party.dfspId, requestId: ids.wireId(), invoiceId: invoice.invoiceId, party },
    ...{ digest: null, answer: null, error: null, dueAt: invoice.createdAt, now: invoice.createdAt },
  });
}

/**
 * Sends one that is due, or that it was taken back: nobody acknowledges that, so it is said until nobody could pay it any more.
 * What is otherwise decided over needs no sending.
 */
export async function sendRequest(deps: InvoicesDeps, request: RequestRow): Promise<void> {
  const { db, clock, scheme } = deps;
  const invoice = await invoiceById(db, request.invoiceId ?? '');
  assert(invoice?.expiresAt, 'what is asked of one buyer ends');
  const now = clock.now();
  const context = { deadline: plusMs(now, scheme.patienceMs) };
  if (invoice.expiresAt <= now) return stopSending(db, request);
  if (invoice.state === 'cancelled') {
    const told = await scheme.adapter.cancelPaymentRequest(request, context);
    return told.status === 'refused' && !isPassing(told.error) ? stopSending(db, request) : undefined;
  }
  if (invoice.state !== 'pending') return stopSending(db, request);
  const sent = await scheme.adapter.requestPayment(await messageOf(deps, request, invoice), context);
  if (sent.status === 'refused' && !isPassing(sent.error)) await giveUp(deps, request, sent.error);
}

async function messageOf(
  { db, identity, scheme }: InvoicesDeps,
  { requestId, party }: RequestRow,
  { ownerId, amountMinor, currency, note, expiresAt }: Invoice,
): Promise<PaymentRequest> {
  const owner = ownerId === null ? undefined : await identity.byId(db, ownerId);
  assert(owner && expiresAt, 'a merchant stays known');
  const { userNumber, firstName, lastName } = owner;
  return {
    requestId,
    payer: party,
    payee: { ...sellersId(userNumber), dfspId: scheme.dfspId, name: fullName(owner), firstName, lastName },
    amount: { amountMinor, currency },
    transactionType: { scenario: 'PAYMENT', initiator: 'PAYEE', initiatorType: 'BUSINESS' },
    ...(note !== '' && { note }),
    expiresAt,
  };
}

/** What a shop here is called elsewhere: by its user number, never by a phone. */
function sellersId(userNumber: string): Pick<Party, 'partyId'> {
  return { partyId: { idType: 'ALIAS', id: userNumber } };
}

/** What the buyer's provider says of a request of ours, however often, however late. */
export async function takeAnswer(deps: InvoicesDeps, answer: PaymentRequestAnswer): Promise<void> {
  const { requestId, dfspId, state, error } = answer;
  const request = await requestOf(deps.db, { way: 'out', dfspId, requestId });
  if (!request) {
    deps.log.warn({ requestId, dfspId, state }, 'an answer to a request to pay that nobody here made');
    return;
  }
  if (state === 'received') return keepAnswer(deps.db, request, { state });
  await giveUp(deps, request, error);
}

/** It won't be paid: the buyer said no, or (`error`) it can't reach them. The seller is told which. */
async function giveUp(deps: InvoicesDeps, request: RequestRow, error: SchemeError | undefined): Promise<void> {
  const { invoiceId, dfspId, requestId } = request;
  const closed = await closeFromElsewhere(deps, invoiceId ?? '', {
    by: { kind: 'provider', id: dfspId },
    error,
    also: (tx) => keepAnswer(tx, request, { state: 'rejected', error: error ?? null }),
  });
  if (!closed.ok) deps.log.info({ requestId, dfspId }, 'a request was rejected that is decided here already');
}

/** See `Requests.find` in src/clearing/deps.ts. */
export async function findRequested(
  { db, clock, identity }: InvoicesDeps,
  ref: Omit<RequestKey, 'way'>,
): Promise<Result<Requested, 'request_unknown' | 'request_over' | 'request_underway'>> {
  const request = await requestOf(db, { way: 'out', ...ref });
  const invoice = request?.invoiceId ? await invoiceById(db, request.invoiceId) : undefined;
  if (invoice?.state === 'expired') return err('request_over');
  if (invoice?.state !== 'pending') return err('request_unknown');
  if (invoice.payingId !== null) return err('request_underway'); // it may be open again: nobody is told that it is gone
  if (invoice.expiresAt !== null && invoice.expiresAt <= clock.now()) return err('request_over');
  const { invoiceId, accountId, ownerId, amountMinor } = invoice;
  const owner = ownerId === null ? undefined : await identity.byId(db, ownerId);
  assert(owner && accountId, 'what is asked for goes to an account here');
  return ok({
    ...{ product: 'purchase', subjectId: invoiceId, accountId, ownerId: owner.customerId, amountMinor },
    payee: sellersId(owner.userNumber).partyId,
  });
}

interface Requested {
  readonly product: 'purchase';
  readonly subjectId: string;
  readonly payee: Party['partyId'];
  readonly ownerId: string;
  readonly accountId: string;
  readonly amountMinor: bigint;
}
