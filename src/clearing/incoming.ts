import { createHash } from 'node:crypto';
import { assert, plusMs, type Currency } from '../platform';
import type {
  Confirmation,
  IncomingLookup,
  IncomingQuote,
  IncomingTransfer,
  Party,
  PartyId,
  QuoteOffer,
  SchemeError,
} from '../switch';
import type { ClearingDeps } from './deps';
import { refused, schemeErrorOf } from './errors';
import {
  incomingAttachment,
  incomingOf,
  insertOffer,
  insertRefused,
  noteRefusal,
  offerOf,
  takeUnconfirmed,
  type IncomingOffer,
  type IncomingRow,
  type NewIncoming,
} from './incoming-store';
import { heardAgain } from './contradiction';
import { contextOf } from './outgoing';
import { amountRefusal, payeeOf, unoffered } from './payee';
import { customerOf, outsideOf, partyOf } from './party';
import { noSuchPayment, offerForRefund } from './refund';

/**
 * Money for a customer of ours. It is held when the transfer comes, and nobody is paid or told before the scheme has
 * confirmed it (R198); whatever it confirms is done. Each question has one answer for good, however often it comes.
 */

const confirmMs = 2_000;
const laterMs = 60_000;
const atOnce = 50;

/** Who is reached here by a phone, a user or a till's number, and by no more of a name than that (R126). */
export async function answerLookup(deps: ClearingDeps, lookup: IncomingLookup): Promise<void> {
  const result = (await partyHere(deps, lookup.partyId)) ?? refused('3204', 'Party not found');
  await deps.adapter.answerLookup({ ...lookup, result }, contextOf(deps));
}

async function partyHere(
  { identity, requests, terms: { dfspId } }: ClearingDeps,
  partyId: PartyId,
): Promise<Party | undefined> {
  if (partyId.idType === 'BUSINESS') {
    const till = await requests.shopAt(partyId.id);
    return till && { partyId, dfspId, name: till.name };
  }
  const customer = await customerOf(identity, partyId);
  return customer && partyOf(customer, partyId, dfspId);
}

/** What a payment to a customer of ours would be. */
export async function answerQuote(deps: ClearingDeps, asked: IncomingQuote): Promise<void> {
  const { db, adapter } = deps;
  const { dfspId, quoteId } = asked;
  const refusal = amountRefusal(asked.amount);
  if (refusal) {
    await adapter.answerQuote({ quoteId, dfspId, result: refusal }, contextOf(deps));
    return;
  }
  const digest = digestOf([
    asked.payee.partyId,
    asked.payer.partyId,
    asked.amountType,
    asked.amount,
    asked.transactionId,
    ...(asked.transactionType.refundInfo ? [asked.transactionType.refundInfo.originalTransactionId] : []),
    ...(asked.requestId === undefined ? [] : [asked.requestId]),
  ]);
  const made = await makeOffer(deps, asked, digest);
  const offer = (await insertOffer(db, made)) ? made : await offerOf(db, dfspId, quoteId);
  assert(offer, 'an offer is kept');
  const result = !offer.digest.equals(digest)
    ? refused('3106', 'Modified request: this quoteId was used for something else')
    : (offer.error ?? { offer: offerFrom(offer, asked), terms: offer.terms ?? '' });
  await adapter.answerQuote({ quoteId, dfspId, result }, contextOf(deps));
}

async function makeOffer(deps: ClearingDeps, asked: IncomingQuote, digest: Buffer): Promise<IncomingOffer> {
  const { clock, terms, adapter } = deps;
  const createdAt = clock.now();
  const ownExpiry = plusMs(createdAt, terms.offerTtlMs);
  const { amountMinor, currency } = asked.amount;
  const common = {
    ...{ dfspId: asked.dfspId, quoteId: asked.quoteId, digest, payer: asked.payer, currency, amountMinor, createdAt },
    ...{ transactionId: asked.transactionId, refundOf: null, feeBackMinor: 0n },
    ...{ product: 'send' as const, subjectId: null, commissionMinor: 0n },
    expiresAt: asked.expiresAt < ownExpiry ? asked.expiresAt : ownExpiry,
  };
  const found = await offeredFor(deps, asked);
  if ('code' in found) {
    const none = { customerId: null, accountId: null, payeeFeeMinor: 0n, ruleVersion: '', terms: null };
    return { ...common, ...none, error: found };
  }
  const offered = { ...common, ...found, terms: null, error: null };
  return { ...offered, terms: adapter.termsOf(asked, offerFrom(offered, asked)) };
}

type Offered = Pick<IncomingOffer, 'customerId' | 'accountId' | 'payeeFeeMinor' | 'ruleVersion'> &
  Partial<Pick<IncomingOffer, 'product' | 'subjectId' | 'commissionMinor'>>;

/** What is offered to whoever pays or gives back; why nothing is, otherwise. */
async function offeredFor(deps: ClearingDeps, asked: IncomingQuote): Promise<Offered | SchemeError> {
  if (asked.transactionType.scenario === 'REFUND') return (await offerForRefund(deps, asked)) ?? noSuchPayment;
  const found = await payeeOf(deps, asked);
  return found.ok ? found.value : unoffered[found.error];
}

/** Who asks what arrives (`RECEIVE`) is told that all of it does: what payees owe their own provider for it is between them. */
function offerFrom(
  { currency, amountMinor, expiresAt, ...offer }: IncomingOffer,
  { amountType }: Pick<IncomingQuote, 'amountType'>,
): QuoteOffer {
  const money = (minor: bigint) => ({ amountMinor: minor, currency: currency as Currency });
  const payeeFeeMinor = amountType === 'RECEIVE' ? 0n : offer.payeeFeeMinor;
  return {
    transferAmount: money(amountMinor),
    payeeReceives: money(amountMinor - payeeFeeMinor),
    payeeFee: money(payeeFeeMinor),
    expiresAt,
  };
}

/**
 * A transfer to a customer of ours: its money is held, or it is refused, and the scheme is told which. What came before is
 * found by the row that it left, which no second one can be written beside.
 */
export async function answerPrepare(deps: ClearingDeps, transfer: IncomingTransfer): Promise<void> {
  const { dfspId, transferId, quoteId, amount, expiresAt } = transfer;
  const digest = transferDigest({ quoteId, amount, expiresAt });
  const known = await take(deps, transfer, { dfspId, transferId, digest, quoteId, now: deps.clock.now(), expiresAt });
  if (known.digest.equals(digest)) return answer(deps, known);
  const error = refused('3106', 'Modified request: this transferId was used for something else');
  await deps.adapter.answerPrepare({ transferId, dfspId, result: error }, contextOf(deps));
}

async function take(deps: ClearingDeps, transfer: IncomingTransfer, row: NewIncoming): Promise<IncomingRow> {
  const held = await hold(deps, transfer, row);
  if (held && 'paymentId' in held) return { ...row, ...held, error: null, state: 'reserved' };
  if (held) await insertRefused(deps.db, { ...row, error: held });
  const stored = await incomingOf(deps.db, row.dfspId, row.transferId);
  assert(stored, 'a transfer that came in is kept');
  return stored;
}

/**
 * Holds the money for its payee: by which payment, under which terms; why not, otherwise. Undefined: the same transfer came in
 * before, or beside this one.
 */
async function hold(
  deps: ClearingDeps,
  transfer: IncomingTransfer,
  row: NewIncoming,
): Promise<Pick<IncomingRow, 'paymentId' | 'terms'> | SchemeError | undefined> {
  const { dfspId, transferId, quoteId } = transfer;
  const offer = await offerOf(deps.db, dfspId, quoteId);
  if (!offer?.terms || !offer.customerId || !offer.accountId) return refused('3205', 'Quote ID not found');
  const untimely = untimelyOrOther(offer, transfer, row.now);
  if (untimely) return untimely;
  const { terms } = offer;
  const paymentId = deps.ids.uuid();
  const dueAt = plusMs(row.now, confirmMs);
  const held = await deps.payments.holdIncoming({
    paymentId,
    product: offer.product,
    from: outsideOf(offer.payer),
    payeeId: offer.customerId,
    payeeAccountId: offer.accountId,
    amountMinor: offer.amountMinor,
    payeeFeeMinor: offer.payeeFeeMinor,
    commissionMinor: offer.commissionMinor,
    ruleVersion: offer.ruleVersion,
    subjectId: offer.subjectId ?? quoteId,
    ...(offer.refundOf !== null && { refund: { originalId: offer.refundOf, feeBackMinor: offer.feeBackMinor } }),
    traceId: transferId,
    attachments: [incomingAttachment({ ...row, paymentId, terms, dueAt })],
  });
  if (held.ok) return { paymentId, terms };
  if (held.error !== 'row_refused') return schemeErrorOf(held.error);
  const reason = String(held.detail?.['reason']);
  assert(rowRefusals.has(reason), `the incoming transfer ${transferId} could not be written: ${reason}`);
  return rowRefusals.get(reason);
}

const cameBack = refused('5105', 'Payee FSP rejected the transaction: it came back before');
/** By the constraint that a row of it violates. */
const rowRefusals: ReadonlyMap<string, SchemeError | undefined> = new Map([
  ['incoming_transfer_pkey', undefined],
  ['incoming_transfer_one_a_quote', refused('3205', 'Quote ID was used by another transfer')],
  ['invoice_open', schemeErrorOf('invoice_gone')],
  ['counter_request_open', schemeErrorOf('invoice_gone')],
  ['refund_within_original', cameBack],
  ['refund_one_hold', cameBack],
]);

function untimelyOrOther(
  offer: IncomingOffer,
  { amount, expiresAt }: IncomingTransfer,
  now: Date,
): SchemeError | undefined {
  if (offer.amountMinor !== amount.amountMinor || offer.currency !== amount.currency) {
    return refused('3100', 'Generic validation error - amount is not what was quoted');
  }
  if (offer.expiresAt <= now) return refused('3302', 'Quote expired');
  return expiresAt <= now ? refused('3303', 'Transfer expired') : undefined;
}

async function answer(deps: ClearingDeps, row: IncomingRow): Promise<void> {
  const { transferId, dfspId, terms, error } = row;
  const holds = terms !== null && row.state !== 'aborted';
  const result = holds ? { state: 'reserved' as const, terms } : (error ?? aborted);
  const sent = await deps.adapter.answerPrepare({ transferId, dfspId, result }, contextOf(deps));
  if (sent.status === 'refused') await noteRefusal(deps.db, row, sent.error);
}

const aborted = refused('5105', 'Payee FSP rejected the transaction');

/** What the scheme decided over money that is held for a customer of ours. */
export async function takeConfirmation(deps: ClearingDeps, { dfspId, transferId, state }: Confirmation): Promise<void> {
  const row = await incomingOf(deps.db, dfspId, transferId);
  if (row && row.state !== 'reserved') return heardAgain(deps, { dfspId, transferId, theirs: state });
  if (!row?.paymentId) {
    const level = state === 'committed' ? 'error' : 'info';
    deps.log[level]({ transferId, dfspId, state }, 'the scheme confirms a transfer that is not held here');
    return;
  }
  const decision = { paymentId: row.paymentId, by: { kind: 'provider', id: dfspId } } as const;
  const settled = await deps.payments.settleOutside({
    ...decision,
    state: state === 'committed' ? 'completed' : 'rejected',
  });
  if (!settled.ok) await heardAgain(deps, { dfspId, transferId, theirs: state });
}

/** Answers again where no confirmation came. Returns how many. */
export async function answerUnconfirmed(deps: ClearingDeps): Promise<number> {
  const rows = await takeUnconfirmed(deps.db, { now: deps.clock.now(), laterMs, limit: atOnce });
  await Promise.all(rows.map((row) => answer(deps, row)));
  return rows.length;
}

/** Of what makes a transfer that comes in the same one. */
export function transferDigest({
  quoteId,
  amount: { amountMinor, currency },
  expiresAt,
}: Pick<IncomingTransfer, 'quoteId' | 'amount' | 'expiresAt'>): Buffer {
  return digestOf([quoteId, { amountMinor, currency }, expiresAt.toISOString()]);
}

/** Of the values that make a question what it is; amounts as decimal strings. */
function digestOf(values: readonly unknown[]): Buffer {
  const text = JSON.stringify(values, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
  return createHash('sha256').update(text).digest();
}
