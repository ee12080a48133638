import type { Customer } from '../identity';
import type { Outside, Quote } from '../payments';
import { assert, err, ok, plusMs, type Msisdn, type Result } from '../platform';
import {
  isSchemeError,
  type Context,
  type Party,
  type PartyAnswer,
  type QuoteAnswer,
  type QuoteRequest,
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
export async function findPayee(deps: OutgoingDeps, msisdn: Msisdn): Promise<Result<Elsewhere, ClearingError>> {
  const { adapter, clock, db, terms, waiting } = deps;
  const partyId = partyIdOf(msisdn);
  const since = clock.now();
  const asked = await adapter.lookUpParty(partyId, contextOf(deps));
  if (asked.status === 'refused') return err(errorOf(asked.error));
  const key = keyOf(partyId);
  const answer = await waiting.until(key, terms.patienceMs, () => partyAnswer(db, key, since));
  return answer ? elsewhere(deps, answer) : err('scheme_away');
}

/** As whoever calls was told a moment ago; asked again where that is too long ago. */
async function recently(deps: OutgoingDeps, msisdn: Msisdn): Promise<Result<Elsewhere, ClearingError>> {
  const since = plusMs(deps.clock.now(), -deps.terms.offerTtlMs);
  const answer = await partyAnswer(deps.db, keyOf(partyIdOf(msisdn)), since);
  return answer ? elsewhere(deps, answer) : findPayee(deps, msisdn);
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
  readonly msisdn: Msisdn;
  readonly amountMinor: bigint;
}

/**
 * What it would cost to send so much to somebody at another provider, theirs and ours; `payments.submit` sends it.
 * Errors: `scheme_away`, and what either provider refuses for.
 */
export async function quotePayee(
  deps: OutgoingDeps,
  { customerId, accountId, msisdn, amountMinor }: OfferRequest,
): Promise<Result<Quote, ClearingError>> {
  const { db, rules, payments } = deps;
  if (amountMinor <= 0n || amountMinor > rules.amountMaxMinor) return err('amount_invalid');
  const found = await recently(deps, msisdn);
  if (!found.ok) return found;
  const { party: payee, outside } = found.value;
  const customer = await deps.identity.byId(db, customerId);
  assert(customer, 'whoever calls is known');
  const transactionType = { scenario: 'TRANSFER', initiator: 'PAYER', initiatorType: 'CONSUMER' } as const;
  const offered = await askFor(deps, { customer, payee, amountMinor, transactionType });
  if (!offered.ok) return offered;
  return payments.quoteOutgoing({ initiatorId: customerId, accountId, to: outside, amountMinor, ...offered.value });
}

/** What is asked of the payee's provider. */
interface Question {
  readonly customer: Customer;
  readonly payee: Party;
  readonly amountMinor: bigint;
  readonly transactionType: TransactionType;
}

/** Asks the payee's provider, and waits as long as somebody on a line can: its offer for exactly this, and until when it holds. */
export async function askFor(
  deps: OutgoingDeps,
  { customer, payee, amountMinor, transactionType }: Question,
): Promise<Result<{ offerId: string; expiresAt: Date }, ClearingError>> {
  const { adapter, clock, db, ids, rules, terms, waiting } = deps;
  const { customerId } = customer;
  const createdAt = clock.now();
  const expiresAt = plusMs(createdAt, terms.offerTtlMs);
  const { currency } = rules;
  const asked = { quoteId: ids.wireId(), transactionId: ids.wireId(), payee, expiresAt };
  await insertQuote(db, { ...asked, customerId, amountMinor, currency, createdAt });
  const payer = payerOf(customer, terms.dfspId);
  const amount = { amountMinor, currency };
  const question: QuoteRequest = { ...asked, payer, amountType: 'SEND', amount, transactionType };
  const sent = await adapter.requestQuote(question, contextOf(deps));
  if (sent.status === 'refused') return err(errorOf(sent.error));
  const answer = await waiting.until(asked.quoteId, terms.patienceMs, () => quoteAnswerOf(db, asked.quoteId));
  if (!answer) return err('scheme_away');
  const { offer, error } = answer;
  if (!offer) return err(error ? errorOf(error) : 'scheme_away');
  // Whoever confirms an amount sends that amount, whatever the other side would rather have.
  if (offer.transferMinor !== amountMinor || offer.currency !== currency) return err('payee_refused');
  return ok({ offerId: asked.quoteId, expiresAt: offer.expiresAt < expiresAt ? offer.expiresAt : expiresAt });
}

export async function takeQuoteAnswer(deps: OutgoingDeps, { quoteId, result }: QuoteAnswer): Promise<void> {
  await keepQuoteAnswer(deps.db, quoteId, isSchemeError(result) ? { error: result } : result);
  deps.waiting.wake(quoteId);
}

function payerOf(customer: Customer, dfspId: string): Party {
  const partyId = customer.msisdn
    ? partyIdOf(customer.msisdn)
    : ({ idType: 'ACCOUNT_ID', id: customer.userNumber } as const);
  return partyOf(customer, partyId, dfspId);
}

export function contextOf({ clock, terms }: Pick<ClearingDeps, 'clock' | 'terms'>): Context {
  return { deadline: plusMs(clock.now(), terms.patienceMs) };
}
