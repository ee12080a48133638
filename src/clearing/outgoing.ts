import type { Customer } from '../identity';
import type { Outside, Quote } from '../payments';
import { assert, err, ok, plusMs, type Result } from '../platform';
import {
  isSchemeError,
  type Context,
  type Party,
  type PartyAnswer,
  type QuoteAnswer,
  type SchemeError,
  type TransactionType,
} from '../switch';
import type { ClearingDeps } from './deps';
import { errorOf, type ClearingError } from './errors';
import { insertQuote, keepPartyAnswer, keepQuoteAnswer, partyAnswer, quoteAnswerOf } from './outgoing-store';
import { outsideOf, partyIdOf, partyOf } from './party';
import type { Waiting } from './waiting';

/** Up to the PIN: who is behind a number elsewhere, and what their provider offers. */

export type OutgoingDeps = ClearingDeps & { readonly waiting: Waiting };

export interface Elsewhere {
  readonly party: Party;
  readonly outside: Outside;
}

/** Who is reached by a number at another provider. Errors: `payee_unknown`, `scheme_away`. */
export async function findPayee(deps: OutgoingDeps, number: string): Promise<Result<Elsewhere, ClearingError>> {
  const { adapter, clock, db, terms, waiting } = deps;
  const partyId = partyIdOf(number);
  const since = clock.now();
  const asked = await adapter.lookUpParty(partyId, contextOf(deps));
  if (asked.status === 'refused') return err(errorOf(asked.error));
  const key = keyOf(partyId);
  const answer = await waiting.until(key, terms.patienceMs, () => partyAnswer(db, key, since));
  return answer ? elsewhere(deps, answer) : err('scheme_away');
}

/** As whoever calls was told a moment ago; asked again where that is too long ago. */
export async function recentPayee(deps: OutgoingDeps, number: string): Promise<Result<Elsewhere, ClearingError>> {
  const since = plusMs(deps.clock.now(), -deps.terms.offerTtlMs);
  const answer = await partyAnswer(deps.db, keyOf(partyIdOf(number)), since);
  return answer ? elsewhere(deps, answer) : findPayee(deps, number);
}

function elsewhere({ terms }: OutgoingDeps, answer: Party | SchemeError): Result<Elsewhere, ClearingError> {
  if (isSchemeError(answer)) return err(errorOf(answer));
  if (answer.dfspId === terms.dfspId) return err('payee_unknown'); // the directory is behind: nobody here has it
  return ok({ party: answer, outside: outsideOf(answer) });
}

export async function takePartyAnswer(deps: OutgoingDeps, { partyId, result }: PartyAnswer): Promise<void> {
  const key = keyOf(partyId);
  await keepPartyAnswer(deps.db, key, result, deps.clock.now());
  deps.waiting.wake(key);
}

function keyOf({ idType, id, subId = '' }: PartyAnswer['partyId']): string {
  return [idType, id, subId].join('/');
}

export interface OfferRequest {
  readonly customerId: string;
  /** Default: the primary one. */
  readonly accountId?: string;
  /** Who is paid: by a phone number (E.164) or a user number, or who asked for it. */
  readonly to: { readonly number: string } | { readonly party: Party };
  readonly product: 'send' | 'purchase';
  readonly amountMinor: bigint;
  readonly note?: string;
  /** The request that is paid by it, and the invoice that it is here. */
  readonly paying?: { readonly requestId: string; readonly invoiceId: string };
}

/** What would be paid, and what of it is the payee's once their provider has taken its fee. */
export interface OutgoingOffer {
  readonly quote: Quote;
  readonly arrivesMinor: bigint;
}

/**
 * What it would cost to pay so much to somebody at another provider, theirs and ours; `payments.submit` sends it.
 * Errors: `scheme_away`, and what either provider refuses for.
 */
export async function quotePayee(
  deps: OutgoingDeps,
  request: OfferRequest,
): Promise<Result<OutgoingOffer, ClearingError>> {
  const { db, ids, identity, rules, payments } = deps;
  const { customerId, accountId, product, amountMinor, note, paying } = request;
  if (amountMinor <= 0n || amountMinor > rules.amountMaxMinor) return err('amount_invalid');
  const found = 'party' in request.to ? elsewhere(deps, request.to.party) : await recentPayee(deps, request.to.number);
  if (!found.ok) return found;
  const { party: payee, outside } = found.value;
  const customer = await identity.byId(db, customerId);
  assert(customer, 'whoever calls is known');
  const paymentId = ids.uuid();
  const offered = await askFor(deps, {
    ...{ customer, product, payee, amountMinor, paymentId, note, requestId: paying?.requestId },
    transactionType: paying ? askedFor : typeOf[product],
  });
  if (!offered.ok) return offered;
  const { offerId, arrivesMinor, expiresAt } = offered.value;
  const quoted = await payments.quoteOutgoing({
    ...{ quoteId: paymentId, initiatorId: customerId, accountId, product, to: outside, amountMinor, expiresAt },
    subjectId: paying?.invoiceId ?? offerId,
  });
  return quoted.ok ? ok({ quote: quoted.value, arrivesMinor }) : quoted;
}

/** What is asked of the payee's provider. */
interface Question {
  readonly customer: Customer;
  readonly product: OfferRequest['product'];
  readonly payee: Party;
  readonly amountMinor: bigint;
  readonly transactionType: TransactionType;
  /** The quote and payment of ours that it is for; null: another row says so. */
  readonly paymentId: string | null;
  readonly note?: string | undefined;
  readonly requestId?: string | undefined;
  /** Default: what leaves the payer. */
  readonly amountType?: 'SEND' | 'RECEIVE';
}

export interface Offered {
  readonly offerId: string;
  readonly arrivesMinor: bigint;
  readonly expiresAt: Date;
}

/** Asks the payee's provider, and waits as long as somebody on a line can: its offer for exactly this, and until when it holds. */
export async function askFor(
  deps: OutgoingDeps,
  { customer, product, payee, amountMinor, transactionType, paymentId, note, requestId, amountType = 'SEND' }: Question,
): Promise<Result<Offered, ClearingError>> {
  const { adapter, clock, db, ids, rules, terms, waiting } = deps;
  const { customerId } = customer;
  const createdAt = clock.now();
  const expiresAt = plusMs(createdAt, terms.offerTtlMs);
  const { currency } = rules;
  // One id for the quote, its transaction and the transfer that comes of it: Mojaloop's scheme adapter, which most providers use,
  // finds the quote of a transfer by it.
  const quoteId = ids.wireId();
  const asked = { quoteId, transactionId: quoteId, payee, expiresAt };
  await insertQuote(db, { ...asked, paymentId, customerId, amountMinor, currency, createdAt });
  const sent = await adapter.requestQuote(
    {
      ...asked,
      payer: payerOf(customer, product, terms.dfspId),
      amountType,
      amount: { amountMinor, currency },
      transactionType,
      ...(note && { note }),
      ...(requestId !== undefined && { requestId }),
    },
    contextOf(deps),
  );
  if (sent.status === 'refused') return err(errorOf(sent.error));
  const answer = await waiting.until(quoteId, terms.patienceMs, () => quoteAnswerOf(db, quoteId));
  if (!answer?.offer) return err(answer?.error ? errorOf(answer.error) : 'scheme_away');
  const { transferMinor, arrivesMinor, currency: offered, expiresAt: until } = answer.offer;
  // Whoever confirms an amount sends that amount, whatever the other side would rather have.
  if (transferMinor !== amountMinor || offered !== currency) return err('payee_refused');
  return ok({ offerId: quoteId, arrivesMinor, expiresAt: until < expiresAt ? until : expiresAt });
}

const typeOf = {
  send: { scenario: 'TRANSFER', initiator: 'PAYER', initiatorType: 'CONSUMER' },
  purchase: { scenario: 'PAYMENT', initiator: 'PAYER', initiatorType: 'CONSUMER' },
} as const satisfies Record<OfferRequest['product'], TransactionType>;

/** What a shop asked for, and the buyer pays. */
const askedFor: TransactionType = { scenario: 'PAYMENT', initiator: 'PAYEE', initiatorType: 'BUSINESS' };

/** An offer is its payee's provider's, or it is none; that there is none, the scheme may say as well. */
export async function takeQuoteAnswer(deps: OutgoingDeps, { quoteId, dfspId, result }: QuoteAnswer): Promise<void> {
  await keepQuoteAnswer(deps.db, quoteId, isSchemeError(result) ? { error: result } : { ...result, from: dfspId });
  deps.waiting.wake(quoteId);
}

/** R126: a shop learns a buyer's user number, and never the phone. */
export function payerOf(customer: Customer, product: OfferRequest['product'], dfspId: string): Party {
  const number = product === 'send' ? customer.msisdn : undefined;
  return partyOf(customer, partyIdOf(number ?? customer.userNumber), dfspId);
}

export function contextOf({ clock, terms }: Pick<ClearingDeps, 'clock' | 'terms'>): Context {
  return { deadline: plusMs(clock.now(), terms.patienceMs) };
}
