import type { PinError } from '../identity';
import { assert, err, formatDateTime, formatMoney, ok, plusMs, type Result, type Tx } from '../platform';
import type { PaymentsDeps } from './deps';
import type { PaymentError } from './errors';
import { legsOf, refusalOf } from './lifecycle';
import type { Payment, Quote } from './payment';
import { paymentValues, sendReceipts, type Parties } from './receipts';
import { acceptQuote, dismissQuote, hasOpenRequest, insertPayment, lockQuote, paymentById } from './store';

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
 * transactions of its own; then money, row and messages are written in one. Submitted again it answers the same.
 * Errors: `pin_wrong`, `pin_locked`, `pin_busy`, `quote_unknown`, `quote_expired`, `funds_insufficient`,
 * `customer_cannot_pay`, `payee_refused`, `account_blocked`, `request_open`.
 */
export async function submit(
  deps: PaymentsDeps,
  submission: Submission,
): Promise<Result<Payment, PaymentError | PinError>> {
  const { customerId, pin, hopKey, quoteId } = submission;
  const onRight = (tx: Tx) => acceptQuote(tx, quoteId, customerId, deps.clock.now());
  const verified = await deps.identity.verifyPin({ customerId, pin, attemptKey: hopKey, onRight });
  if (!verified.ok) return verified;
  return deps.db.tx(async (tx) => {
    const quote = await lockQuote(tx, quoteId);
    if (quote?.initiatorId !== customerId) return err('quote_unknown');
    const before = await paymentById(tx, quoteId);
    if (before) return outcomeOf(deps, tx, before);
    const outcome = await carryOut(deps, tx, quote, hopKey);
    if (!outcome.ok) await dismissQuote(tx, quoteId);
    return outcome;
  });
}

type Outcome = Result<Payment, PaymentError>;

async function carryOut(deps: PaymentsDeps, tx: Tx, quote: Quote, hopKey: string): Promise<Outcome> {
  if (quote.expiresAt <= deps.clock.now()) return err('quote_expired');
  return quote.product === 'cash_out' ? hold(deps, tx, quote, hopKey) : complete(deps, tx, quote, hopKey);
}

async function complete(deps: PaymentsDeps, tx: Tx, quote: Quote, hopKey: string): Promise<Outcome> {
  const now = deps.clock.now();
  const moved = await deps.ledger.transfer(tx, { transferId: quote.quoteId, legs: legsOf(quote, deps.chart) }, now);
  if (!moved.ok) {
    const failure = refusalOf(moved, quote);
    return outcomeOf(deps, tx, await record(deps, tx, quote, { state: 'failed', failure, expiresAt: null, hopKey }));
  }
  const payment = await record(deps, tx, quote, { state: 'completed', failure: null, expiresAt: null, hopKey });
  await sendReceipts(deps, tx, payment, await partiesOf(deps, tx, payment));
  return ok(payment);
}

/** The customer's money is held: it is not the agent's yet, and nobody else can be paid with it. */
async function hold(deps: PaymentsDeps, tx: Tx, quote: Quote, hopKey: string): Promise<Outcome> {
  const now = deps.clock.now();
  if (await hasOpenRequest(tx, quote.payerId, quote.payeeId)) return err('request_open');
  const expiresAt = plusMs(now, deps.limits.cashOutTtlMs);
  const legs = legsOf(quote, deps.chart);
  const held = await deps.ledger.transfer(tx, { transferId: quote.quoteId, legs, expiresAt }, now);
  if (!held.ok) {
    refusalOf(held, quote); // throws on what only a bug can cause; the agent learns no more than that
    const failed = { state: 'failed', failure: 'customer_cannot_pay', expiresAt: null, hopKey } as const;
    return outcomeOf(deps, tx, await record(deps, tx, quote, failed));
  }
  const payment = await record(deps, tx, quote, { state: 'pending', failure: null, expiresAt, hopKey });
  const { payer, payee } = await partiesOf(deps, tx, payment);
  await deps.notifications.tell(tx, payer, 'sms.cashOutRequested', {
    ...paymentValues(deps.market, payment, payee),
    serviceCode: deps.market.serviceCode,
    date: formatDateTime(expiresAt, deps.market),
  });
  return ok(payment);
}

type Recorded = Pick<Payment, 'state' | 'failure' | 'expiresAt'> & { readonly hopKey: string };

async function record(deps: PaymentsDeps, tx: Tx, quote: Quote, { hopKey, ...rest }: Recorded): Promise<Payment> {
  const now = deps.clock.now();
  const { quoteId: paymentId, product, initiatorId, payerId, payeeId, payerAccountId, payeeAccountId } = quote;
  const { currency, amountMinor, feeMinor, commissionMinor } = quote;
  const parties = { initiatorId, payerId, payeeId, payerAccountId, payeeAccountId };
  const amounts = { currency, amountMinor, feeMinor, commissionMinor };
  for (let tries = 0; tries < 5; tries += 1) {
    const reference = deps.ids.reference();
    const payment = { paymentId, product, reference, ...parties, ...amounts, ...rest };
    if (await insertPayment(tx, { ...payment, decidedBy: initiatorId, hopKey, now }))
      return { ...payment, updatedAt: now };
  }
  throw new Error('no free reference was found');
}

/** What came of a quote, now or before. How much is missing is told to the payer, who has just shown the PIN. */
async function outcomeOf(deps: PaymentsDeps, tx: Tx, payment: Payment): Promise<Outcome> {
  const { failure, currency } = payment;
  if (failure === null) return ok(payment);
  if (failure !== 'funds_insufficient') return err(failure);
  const balance = await deps.ledger.balance(tx, payment.payerAccountId);
  return err(failure, {
    total: formatMoney(payment.amountMinor + payment.feeMinor, currency),
    available: formatMoney(balance?.availableMinor ?? 0n, currency),
  });
}

export async function partiesOf({ identity }: PaymentsDeps, tx: Tx, payment: Payment): Promise<Parties> {
  const payer = await identity.byId(tx, payment.payerId);
  const payee = await identity.byId(tx, payment.payeeId);
  assert(payer && payee, 'the parties of a payment exist');
  return { payer, payee };
}
