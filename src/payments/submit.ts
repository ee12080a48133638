import type { PinError } from '../identity';
import { untilResolved, type Actor, type LedgerError, type Outcome as Posted } from '../ledger';
import {
  assert,
  err,
  formatDateTime,
  formatMoney,
  ok,
  plusMs,
  type Attachment,
  type Detail,
  type Result,
  type Tx,
} from '../platform';
import { companionRows, type PaymentsDeps } from './deps';
import type { PaymentError } from './errors';
import { eventOf } from './events';
import { legsOf, refusalOf } from './lifecycle';
import { countFailed, isLimit, limitDetail, limitRefusal, useRows } from './limits';
import { isByCode, termsOf, type Payment, type Quote } from './payment';
import { partiesOf, paymentValues, receiptsOf } from './receipts';
import {
  acceptQuote,
  dismissQuote,
  hasOpenRequest,
  insertFailed,
  paymentAttachment,
  paymentById,
  quoteById,
  type NewPayment,
} from './store';

export interface Submission {
  readonly quoteId: string;
  /** Who decides, with their PIN. */
  readonly customerId: string;
  readonly pin: string;
  /** The hop that brought the PIN: one attempt, however often it is delivered. */
  readonly hopKey: string;
}

/**
 * Carries out what was quoted: sends it or pays it in, or holds it for a cash-out. The PIN is verified first, in
 * transactions of its own; then money, row, messages and event are written in one, by the ledger. Submitted again it
 * answers the same.
 * Errors: `pin_wrong`, `pin_locked`, `pin_busy`, `quote_unknown`, `quote_expired`, `funds_insufficient`,
 * `customer_cannot_pay`, `payee_refused`, `account_blocked`, `limit_reached`, `request_open`, `not_signatory`, and what
 * the product's companion refuses for.
 */
export async function submit(
  deps: PaymentsDeps,
  submission: Submission,
): Promise<Result<Payment, PaymentError | PinError>> {
  const { customerId, pin, hopKey, quoteId } = submission;
  const onRight = (tx: Tx) => acceptQuote(tx, quoteId, customerId, deps.clock.now());
  const verified = await deps.identity.verifyPin({ customerId, pin, attemptKey: hopKey, onRight });
  if (!verified.ok) return verified;
  const quote = await quoteById(deps.db, quoteId);
  if (quote?.initiatorId !== customerId) return err('quote_unknown');
  const before = await paymentById(deps.db, quoteId);
  if (before) return outcomeOf(deps, before);
  const outcome = await carryOut(deps, quote, hopKey);
  if (!outcome.ok) await dismissQuote(deps.db, quoteId);
  return outcome;
}

type Outcome = Result<Payment, PaymentError>;

/** Who asked, for the row and the log. */
export interface Cause {
  readonly by: Actor;
  readonly hopKey: string;
}

async function carryOut(deps: PaymentsDeps, quote: Quote, hopKey: string): Promise<Outcome> {
  if (quote.expiresAt <= deps.clock.now()) return err('quote_expired');
  assert(quote.initiatorId, 'staff submit no quotes');
  const cause = { by: { kind: 'customer', id: quote.initiatorId }, hopKey } as const;
  return quote.held ? hold(deps, quote, cause) : complete(deps, quote, cause);
}

/** Moves the money of a quote at once. */
export async function complete(deps: PaymentsDeps, quote: Quote, cause: Cause): Promise<Outcome> {
  const born = { state: 'completed', failure: null, expiresAt: null } as const;
  const { posted, fresh } = await postNew(deps, quote, { ...born, ...cause }, async (payment, attachments) => {
    const payeeTold = await deps.companions[quote.product]?.receipt?.(payment);
    const parties = { ...(await partiesOf(deps, payment)), payeeTold };
    const receipts = receiptsOf(deps, payment, quote.quoteId, parties);
    const legs = legsOf(quote, deps.chart);
    return { kind: 'transfer', transferId: quote.quoteId, legs, attachments: [...attachments, ...receipts] };
  });
  if (posted.ok) return settled(deps, fresh, posted.value.repeated);
  if (posted.error === 'attachment_refused') return refusedWith(deps, fresh, attachmentRefusal(deps, posted, quote));
  return outcomeOf(deps, await fail(deps, fresh, { error: refusalOf(posted, quote) }));
}

/** The payer's money is held: it is not the payee's yet, and nobody else can be paid with it. */
export async function hold(deps: PaymentsDeps, quote: Quote, cause: Cause): Promise<Outcome> {
  if (await hasOpenRequest(deps.db, quote.payerId, quote.payeeId)) return err('request_open');
  const now = deps.clock.now();
  const { cashOutTtlMs, codeTtlMs } = deps.limits;
  const ttlMs = quote.askedAs === 'payee' ? cashOutTtlMs : codeTtlMs;
  // What the scheme has to decide over expires for nobody; a code that is told elsewhere does, until it was told.
  const expiresAt = quote.outside && !isByCode(quote) ? null : plusMs(now, ttlMs);
  const held = {
    kind: 'reserve',
    transferId: quote.quoteId,
    expiresAt: quote.outside || !expiresAt ? untilResolved : expiresAt,
  } as const;
  const born = { state: 'pending', failure: null, expiresAt } as const;
  const { posted, fresh } = await postNew(deps, quote, { ...born, ...cause }, async (payment, attachments) => {
    const asked = quote.askedAs === 'payee' ? await requestTo(deps, payment) : [];
    return { ...held, legs: legsOf(quote, deps.chart), attachments: [...attachments, ...asked] };
  });
  if (posted.ok) return settled(deps, fresh, posted.value.repeated);
  const refusal =
    posted.error === 'attachment_refused'
      ? attachmentRefusal(deps, posted, quote)
      : { error: refusalOf(posted, quote) };
  if (leavesNothing.has(refusal.error)) return err(refusal.error);
  // Whoever asks for somebody else's money learns no more than that it can't be had.
  const told = quote.askedAs === 'payee' ? ({ error: 'customer_cannot_pay' } as const) : refusal;
  return posted.error === 'attachment_refused'
    ? refusedWith(deps, fresh, told)
    : outcomeOf(deps, await fail(deps, fresh, told));
}

async function requestTo(deps: PaymentsDeps, payment: Payment): Promise<Attachment[]> {
  const { payer, payee } = await partiesOf(deps, payment);
  assert(payer && payment.expiresAt, 'money is held of a customer, for a while');
  return deps.notifications.attachments(payer, 'sms.cashOutRequested', {
    ...paymentValues(deps.market, payment, payee),
    serviceCode: deps.market.serviceCode,
    date: formatDateTime(payment.expiresAt, deps.market),
  });
}

export type Born = Pick<Payment, 'state' | 'failure' | 'expiresAt'> & Cause;
type Build = (
  payment: Payment,
  attachments: Attachment[],
) => Promise<Parameters<PaymentsDeps['ledger']['post']>[0][number]>;

const referencesTried = 5;

/** Posts the quote with a payment that has a reference of its own; a reference that is taken is drawn anew. */
export async function postNew(
  deps: PaymentsDeps,
  quote: Quote,
  born: Born,
  build: Build,
): Promise<{ posted: Posted; fresh: Fresh }> {
  for (let tried = 1; ; tried += 1) {
    const fresh = newPayment(deps, quote, born);
    const payment = paymentOf(fresh);
    const action = born.state === 'pending' ? 'payment.requested' : 'payment.completed';
    const event = eventOf(action, payment, { by: born.by, transferId: quote.quoteId, traceId: born.hopKey });
    const attachments = [
      paymentAttachment(fresh, quote.expiresAt),
      ...(await useRows(deps, payment, payment.createdAt)),
      ...(await companionRows(deps, payment, quote.quoteId)),
      deps.audit.attachment(event),
    ];
    const [posted] = await deps.ledger.post([await build(payment, attachments)]);
    assert(posted, 'every transfer has an outcome');
    const taken = !posted.ok && posted.detail?.['reason'] === 'payment_reference_key';
    if (!taken || tried === referencesTried) return { posted, fresh };
  }
}

interface Refusal {
  readonly error: PaymentError;
  readonly detail?: Detail;
}

/** Refusals after which the same id may be asked for again: nothing is written. */
const leavesNothing: ReadonlySet<PaymentError> = new Set(['request_open', 'code_open', 'quote_expired']);

/** What the database says of the rows that would have come with the money. */
function attachmentRefusal(deps: PaymentsDeps, posted: Refused, quote: Quote): Refusal {
  const reason = String(posted.detail?.['reason']);
  const own: Readonly<Record<string, PaymentError>> = {
    payment_one_request: 'request_open',
    payment_quote_expired: 'quote_expired',
    payment_signatory: 'not_signatory',
  };
  const error = own[reason] ?? limitRefusal(reason) ?? deps.companions[quote.product]?.refusals[reason];
  if (error === undefined) throw new Error(`the payment ${quote.quoteId} could not be written: ${reason}`);
  return { error };
}
type Refused = Extract<Posted, { ok: false }> & { readonly error: LedgerError };

async function refusedWith(deps: PaymentsDeps, fresh: Fresh, refusal: Refusal): Promise<Outcome> {
  if (leavesNothing.has(refusal.error)) return err(refusal.error);
  const failed = await outcomeOf(deps, await fail(deps, fresh, refusal));
  return failed.ok || failed.error !== refusal.error ? failed : err(refusal.error, refusal.detail ?? failed.detail);
}

/** Where another call of the same quote was first, its row is the answer. */
async function settled(deps: PaymentsDeps, fresh: Fresh, repeated: boolean): Promise<Outcome> {
  if (!repeated) return ok(paymentOf(fresh));
  const stored = await paymentById(deps.db, fresh.paymentId);
  assert(stored, 'a payment is there as soon as its money has moved');
  return outcomeOf(deps, stored);
}

/** Notes that it failed; what another call of the same quote has noted stays. */
async function fail(deps: PaymentsDeps, refused: Fresh, { error: failure }: Refusal): Promise<Payment> {
  const { paymentId, hopKey, by } = refused;
  let failed: Fresh = { ...refused, state: 'failed', failure, expiresAt: null };
  for (let tried = 1; tried <= referencesTried; tried += 1) {
    const payment = paymentOf(failed);
    const event = eventOf('payment.failed', payment, { by, transferId: paymentId, traceId: hopKey });
    const inserted = await deps.db.tx(async (tx) => {
      if (!(await insertFailed(tx, failed))) return false;
      await countFailed(deps, tx, { terms: failed, failure, at: failed.now });
      await deps.audit.record(tx, [event]);
      return true;
    });
    const stored = inserted ? payment : await paymentById(deps.db, paymentId);
    if (stored) return stored;
    failed = { ...failed, reference: deps.ids.reference() };
  }
  throw new Error('no free reference was found');
}

export function paymentOf(fresh: Fresh): Payment {
  return { ...fresh, createdAt: fresh.now, updatedAt: fresh.now };
}

function newPayment(deps: PaymentsDeps, quote: Quote, born: Born): Fresh {
  return {
    ...termsOf(quote),
    ...born,
    paymentId: quote.quoteId,
    reference: deps.ids.reference(),
    decidedBy: quote.initiatorId,
    now: deps.clock.now(),
  };
}

/** The row to write, and who causes it. */
type Fresh = NewPayment & { readonly by: Actor };

/** What came of a quote, now or before. How much is missing is told to the payer, who has just shown the PIN. */
export async function outcomeOf(deps: PaymentsDeps, payment: Payment): Promise<Outcome> {
  const { failure, currency } = payment;
  if (failure === null) return ok(payment);
  if (isLimit(failure)) return err(failure, await limitDetail(deps, failure, payment, payment.createdAt));
  if (failure !== 'funds_insufficient') return err(failure);
  const balance = await deps.ledger.balance(deps.db, payment.payerAccountId);
  return err(failure, {
    total: formatMoney(payment.amountMinor + payment.feeMinor, currency),
    available: formatMoney(balance?.availableMinor ?? 0n, currency),
  });
}
