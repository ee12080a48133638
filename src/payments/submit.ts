import type { PinError } from '../identity';
import type { LedgerError, Outcome as Posted } from '../ledger';
import {
  assert,
  err,
  formatDateTime,
  formatMoney,
  ok,
  plusMs,
  type Attachment,
  type Result,
  type Tx,
} from '../platform';
import type { PaymentsDeps } from './deps';
import type { PaymentError } from './errors';
import { eventOf } from './events';
import { legsOf, refusalOf } from './lifecycle';
import type { Payment, Quote } from './payment';
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
 * `customer_cannot_pay`, `payee_refused`, `account_blocked`, `limit_reached`, `request_open`.
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

async function carryOut(deps: PaymentsDeps, quote: Quote, hopKey: string): Promise<Outcome> {
  if (quote.expiresAt <= deps.clock.now()) return err('quote_expired');
  return quote.product === 'cash_out' ? hold(deps, quote, hopKey) : complete(deps, quote, hopKey);
}

async function complete(deps: PaymentsDeps, quote: Quote, hopKey: string): Promise<Outcome> {
  const born = { state: 'completed', failure: null, expiresAt: null, hopKey } as const;
  const { posted, fresh } = await postNew(deps, quote, born, async (payment, attachments) => {
    const receipts = receiptsOf(deps, payment, quote.quoteId, await partiesOf(deps, payment));
    const legs = legsOf(quote, deps.chart);
    return { kind: 'transfer', transferId: quote.quoteId, legs, attachments: [...attachments, ...receipts] };
  });
  if (posted.ok) return settled(deps, fresh, posted.value.repeated);
  if (posted.error === 'attachment_refused') return err(attachmentRefusal(posted, quote));
  return outcomeOf(deps, await fail(deps, fresh, refusalOf(posted, quote)));
}

/** The customer's money is held: it is not the agent's yet, and nobody else can be paid with it. */
async function hold(deps: PaymentsDeps, quote: Quote, hopKey: string): Promise<Outcome> {
  if (await hasOpenRequest(deps.db, quote.payerId, quote.payeeId)) return err('request_open');
  const expiresAt = plusMs(deps.clock.now(), deps.limits.cashOutTtlMs);
  const born = { state: 'pending', failure: null, expiresAt, hopKey } as const;
  const { posted, fresh } = await postNew(deps, quote, born, async (payment, attachments) => {
    const { payer, payee } = await partiesOf(deps, payment);
    const request = deps.notifications.attachment(payer, 'sms.cashOutRequested', {
      ...paymentValues(deps.market, payment, payee),
      serviceCode: deps.market.serviceCode,
      date: formatDateTime(expiresAt, deps.market),
    });
    const legs = legsOf(quote, deps.chart);
    return { kind: 'reserve', transferId: quote.quoteId, legs, expiresAt, attachments: [...attachments, request] };
  });
  if (posted.ok) return settled(deps, fresh, posted.value.repeated);
  if (posted.error === 'attachment_refused') return err(attachmentRefusal(posted, quote));
  refusalOf(posted, quote); // throws on what only a bug can cause; the agent learns no more than that
  return outcomeOf(deps, await fail(deps, fresh, 'customer_cannot_pay'));
}

type Born = Pick<Payment, 'state' | 'failure' | 'expiresAt'> & { readonly hopKey: string };
type Build = (
  payment: Payment,
  attachments: Attachment[],
) => Promise<Parameters<PaymentsDeps['ledger']['post']>[0][number]>;

const referencesTried = 5;

/** Posts the quote with a payment that has a reference of its own; a reference that is taken is drawn anew. */
async function postNew(
  deps: PaymentsDeps,
  quote: Quote,
  born: Born,
  build: Build,
): Promise<{ posted: Posted; fresh: NewPayment }> {
  for (let tried = 1; ; tried += 1) {
    const fresh = newPayment(deps, quote, born);
    const payment = paymentOf(fresh);
    const action = born.state === 'pending' ? 'payment.requested' : 'payment.completed';
    const by = { kind: 'customer', id: quote.initiatorId } as const;
    const event = eventOf(action, payment, { by, transferId: quote.quoteId, traceId: born.hopKey });
    const attachments = [paymentAttachment(fresh, quote.expiresAt), deps.audit.attachment(event)];
    const [posted] = await deps.ledger.post([await build(payment, attachments)]);
    assert(posted, 'every transfer has an outcome');
    const taken = !posted.ok && posted.detail?.['reason'] === 'payment_reference_key';
    if (!taken || tried === referencesTried) return { posted, fresh };
  }
}

/** What the database says of the row that would have come with the money. */
function attachmentRefusal(posted: Refused, quote: Quote): PaymentError {
  const reason = posted.detail?.['reason'];
  if (reason === 'payment_one_request') return 'request_open';
  if (reason === 'payment_quote_expired') return 'quote_expired';
  throw new Error(`the payment ${quote.quoteId} could not be written: ${reason}`);
}
type Refused = Extract<Posted, { ok: false }> & { readonly error: LedgerError };

/** Where another call of the same quote was first, its row is the answer. */
async function settled(deps: PaymentsDeps, fresh: NewPayment, repeated: boolean): Promise<Outcome> {
  if (!repeated) return ok(paymentOf(fresh));
  const stored = await paymentById(deps.db, fresh.paymentId);
  assert(stored, 'a payment is there as soon as its money has moved');
  return outcomeOf(deps, stored);
}

/** Notes that it failed; what another call of the same quote has noted stays. */
async function fail(deps: PaymentsDeps, refused: NewPayment, failure: PaymentError): Promise<Payment> {
  const { paymentId, decidedBy, hopKey } = refused;
  let failed: NewPayment = { ...refused, state: 'failed', failure, expiresAt: null };
  for (let tried = 1; tried <= referencesTried; tried += 1) {
    const payment = paymentOf(failed);
    const by = { kind: 'customer', id: decidedBy } as const;
    const event = eventOf('payment.failed', payment, { by, transferId: paymentId, traceId: hopKey });
    const inserted = await deps.db.tx(async (tx) => {
      if (!(await insertFailed(tx, failed))) return false;
      await deps.audit.record(tx, [event]);
      return true;
    });
    const stored = inserted ? payment : await paymentById(deps.db, paymentId);
    if (stored) return stored;
    failed = { ...failed, reference: deps.ids.reference() };
  }
  throw new Error('no free reference was found');
}

function paymentOf(fresh: NewPayment): Payment {
  return { ...fresh, updatedAt: fresh.now };
}

function newPayment(deps: PaymentsDeps, quote: Quote, born: Born): NewPayment {
  const { quoteId: paymentId, product, initiatorId, payerId, payeeId, payerAccountId, payeeAccountId } = quote;
  const { currency, amountMinor, feeMinor, commissionMinor } = quote;
  return {
    ...born,
    paymentId,
    product,
    reference: deps.ids.reference(),
    initiatorId,
    payerId,
    payeeId,
    payerAccountId,
    payeeAccountId,
    currency,
    amountMinor,
    feeMinor,
    commissionMinor,
    decidedBy: initiatorId,
    now: deps.clock.now(),
  };
}

/** What came of a quote, now or before. How much is missing is told to the payer, who has just shown the PIN. */
async function outcomeOf(deps: PaymentsDeps, payment: Payment): Promise<Outcome> {
  const { failure, currency } = payment;
  if (failure === null) return ok(payment);
  if (failure !== 'funds_insufficient') return err(failure);
  const balance = await deps.ledger.balance(deps.db, payment.payerAccountId);
  return err(failure, {
    total: formatMoney(payment.amountMinor + payment.feeMinor, currency),
    available: formatMoney(balance?.availableMinor ?? 0n, currency),
  });
}
