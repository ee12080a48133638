import { assert, err, ok, plusMs, type Currency, type Result } from '../platform';
import type { BulkQuoteRequest, BulkTransfer, Party, TransactionType } from '../switch';
import * as store from './bulk-store';
import { errorOf, type ClearingError } from './errors';
import { contextOf, payerOf, type OutgoingDeps } from './outgoing';
import { overrideOf } from './journal-store';
import { noteError, quoteAnswerOf, type OutgoingTransfer, type QuoteAnswer } from './outgoing-store';
import { laterMs, settle } from './sending';

/**
 * Many payments to one provider in one envelope. Each has its own quote, hold and transfer, and is settled like any other; the
 * bulk is only how they travel. The money is held first, for each by its own offer; then the bulk is sealed, and sent until all
 * is decided or has expired. After that each is asked for by itself, like any other.
 */
export interface BulkQuestion {
  readonly customerId: string;
  /** Whom all of them are with. */
  readonly dfspId: string;
  readonly items: readonly {
    /** A fresh UUIDv7, of the payment that may come of it. */
    readonly paymentId: string;
    readonly payee: Party;
    readonly amountMinor: bigint;
    readonly note: string;
  }[];
}

export interface BulkOffers {
  readonly bulkId: string;
  /** By payment; `expiresAt`: until when it holds. */
  readonly offers: ReadonlyMap<string, Result<{ readonly expiresAt: Date }, ClearingError>>;
}

/** Who waits for a bulk is on no line: it is waited so many times as long as somebody on one waits. */
const triesMax = 4;
const bulksAtOnce = 8;

const ordered: TransactionType = { scenario: 'TRANSFER', initiator: 'PAYER', initiatorType: 'BUSINESS' };

/** Asks the payees' provider for all of them together, and again where answers are missing. */
export async function offersFor(deps: OutgoingDeps, question: BulkQuestion): Promise<BulkOffers> {
  const { db, clock, ids, identity, rules, terms } = deps;
  const { customerId, dfspId } = question;
  const customer = await identity.byId(db, customerId);
  assert(customer, 'whoever pays is known');
  const createdAt = clock.now();
  const expiresAt = plusMs(createdAt, terms.offerTtlMs);
  const { currency } = rules;
  const bulkId = ids.wireId();
  const items = question.items.map((item) => {
    const quoteId = ids.wireId();
    return { ...item, quoteId, transactionId: quoteId }; // as for one alone (outgoing.ts)
  });
  const bulk = { bulkId, transfersId: ids.wireId(), dfspId, customerId, currency, createdAt, expiresAt };
  await store.insertBulk(db, { ...bulk, items });
  const refusals = await ask(deps, {
    ...{ bulkQuoteId: bulkId, dfspId, payer: payerOf(customer, 'send', terms.dfspId), expiresAt },
    items: items.map(({ quoteId, transactionId, payee, amountMinor, note }) => ({
      ...{ quoteId, transactionId, payee, amountType: 'SEND', amount: { amountMinor, currency } },
      ...{ transactionType: ordered, ...(note !== '' && { note }) },
    })),
  });
  const offers = items.map(async ({ paymentId, quoteId, amountMinor }) => {
    const answer = await quoteAnswerOf(db, quoteId);
    return [paymentId, offerOf(answer, { amountMinor, currency, expiresAt }, refusals.get(quoteId))] as const;
  });
  return { bulkId, offers: new Map(await Promise.all(offers)) };
}

/** Waits until all are answered, or nobody answers any more. Returns those that did not leave at all, by quote. */
async function ask(deps: OutgoingDeps, bulk: BulkQuoteRequest): Promise<ReadonlyMap<string, ClearingError>> {
  for (let tries = 1; ; tries += 1) {
    const answers = await deps.adapter.requestQuotes(bulk, contextOf(deps));
    const refusals = new Map<string, ClearingError>();
    bulk.items.forEach(({ quoteId }, index) => {
      const answer = answers[index];
      if (answer?.status === 'refused') refusals.set(quoteId, errorOf(answer.error));
    });
    const isOver = tries === triesMax || refusals.size === bulk.items.length;
    if (isOver || (await isAnswered(deps, bulk.bulkQuoteId, refusals.size))) return refusals;
  }
}

/** An offer for exactly what was asked, as for one alone. */
function offerOf(
  answer: QuoteAnswer | undefined,
  asked: { readonly amountMinor: bigint; readonly currency: Currency; readonly expiresAt: Date },
  refusal: ClearingError = 'scheme_away',
): Result<{ readonly expiresAt: Date }, ClearingError> {
  if (answer?.error) return err(errorOf(answer.error));
  if (!answer?.offer) return err(refusal);
  const { transferMinor, currency, expiresAt } = answer.offer;
  if (transferMinor !== asked.amountMinor || currency !== asked.currency) return err('payee_refused');
  return ok({ expiresAt: expiresAt < asked.expiresAt ? expiresAt : asked.expiresAt });
}

/** Waits for the answers of all that were not refused at once. */
async function isAnswered({ db, terms, waiting }: OutgoingDeps, bulkId: string, refused: number): Promise<boolean> {
  const look = async (): Promise<true | undefined> =>
    (await store.unansweredOf(db, bulkId)) <= refused ? true : undefined;
  return (await waiting.until(bulkId, terms.patienceMs, look)) ?? false;
}

/** Sends bulks that are due. Returns how many. */
export async function sendDueBulks(deps: OutgoingDeps): Promise<number> {
  const firstMs = 2 * deps.terms.patienceMs;
  const due = await store.takeDueBulks(deps.db, { now: deps.clock.now(), firstMs, laterMs, limit: bulksAtOnce });
  await Promise.all(due.map((bulk) => send(deps, bulk)));
  return due.length;
}

async function send(deps: OutgoingDeps, bulk: store.OutgoingBulk & { readonly attempts: number }): Promise<void> {
  const { db, clock, adapter } = deps;
  const transfers = await store.transfersOf(db, bulk.bulkId);
  const order = orderOf(bulk, transfers);
  if (!order || order.expiresAt <= clock.now() || transfers.every(({ state }) => state !== 'open')) {
    await store.closeBulk(db, bulk.bulkId);
    return;
  }
  const answers = await adapter.prepareTransfers(order, contextOf(deps));
  for (const [index, answer] of answers.entries()) {
    const transfer = transfers[index];
    if (answer.status !== 'refused' || !transfer) continue;
    await noteError(db, transfer.transferId, answer.error);
    // What was tried before may have arrived, whatever is said of it now.
    if (answer.error.moneyMoved === 'no' && bulk.attempts === 1) await settle(deps, transfer, 'aborted');
  }
}

/** They have one expiry, that of the first; undefined: it holds nothing. */
function orderOf(
  { bulkId, transfersId, dfspId }: store.OutgoingBulk,
  transfers: readonly OutgoingTransfer[],
): BulkTransfer | undefined {
  const [first, ...others] = transfers.map(({ expiresAt }) => expiresAt.getTime());
  if (first === undefined) return undefined;
  return {
    ...{ bulkTransferId: transfersId, bulkQuoteId: bulkId, dfspId, expiresAt: new Date(Math.min(first, ...others)) },
    items: transfers.map(({ transferId, quoteId, amountMinor, currency, terms }) => ({
      ...{ transferId, quoteId, terms, amount: { amountMinor, currency } },
    })),
  };
}

/** Why the scheme gave up a payment, as the payer is told. */
export async function whyRefused({ db }: OutgoingDeps, paymentId: string): Promise<ClearingError> {
  if (await overrideOf(db, paymentId)) return 'request_gone'; // two of the staff have: nobody tries it again by himself
  const error = await store.errorOfPayment(db, paymentId);
  return error ? errorOf(error) : 'scheme_away';
}
