import type { Payment } from '../payments';
import { assert, plusMs } from '../platform';
import { isPassing, type SchemeError } from '../switch';
import {
  codeRequestOf,
  dueNow,
  keepOffer,
  markRejected,
  markSent,
  takeDueCodeRequests,
  unclaimMoney,
  type CodeRequest,
} from './code-request-store';
import { contextOf, type CounterDeps } from './deps';
import { isOfferGone, refused } from './refusals';

/**
 * What is asked of a customer here, taken on by whoever comes first: the provider that asks offers, is asked for the code, and is
 * sent the money once the code was told right; or it is told that nothing comes of it. Every step may be taken again.
 */

const atOnce = 50;
const laterMs = 60_000;

/** Takes on what is due. Returns how many. */
export async function advanceDue(deps: CounterDeps): Promise<number> {
  const due = await takeDueCodeRequests(deps.db, { now: deps.clock.now(), laterMs, limit: atOnce });
  await Promise.all(due.map((request) => advance(deps, request)));
  return due.length;
}

export async function advance(deps: CounterDeps, request: CodeRequest): Promise<void> {
  if (request.state === 'open') await ask(deps, request);
  else if (request.state === 'right') await leave(deps, request);
  else if (request.state === 'rejected') await repeatAnswer(deps, request);
}

/** Asks for the code, with an offer in hand: what is taken from the customer is known before they tell it (section 6.6.2). */
async function ask(deps: CounterDeps, request: CodeRequest): Promise<void> {
  const { dfspId, requestId, paymentId, expiresAt } = request;
  const payment = paymentId === null ? undefined : await deps.payments.find(paymentId);
  assert(payment, 'an open request is for money that is held');
  const triesLeft = await deps.agents.triesOfCode(payment.paymentId);
  const isOver = expiresAt <= deps.clock.now();
  if (isOver || triesLeft === undefined || payment.state !== 'pending') {
    return reject(deps, request, { from: 'open', error: isOver ? over : null });
  }
  const offered = await offerFor(deps, request, payment);
  if (typeof offered !== 'string') {
    if (offered) await reject(deps, request, { from: 'open', error: offered });
    return;
  }
  const { amountMinor, feeMinor, currency } = payment;
  const amount = { amountMinor: amountMinor + feeMinor, currency };
  const asking = { dfspId, requestId, triesLeft: Math.max(triesLeft, 1), amount };
  const asked = await deps.adapter.askForCode(asking, contextOf(deps));
  if (asked.status === 'refused' && !isPassing(asked.error)) await reject(deps, request, { from: 'open', error: null });
}

/** Its id; why there is none, where that is said; undefined where nobody says anything. */
async function offerFor(
  deps: CounterDeps,
  request: CodeRequest,
  payment: Payment,
): Promise<string | SchemeError | undefined> {
  const { quoteId, offeredUntil, payee, requestId, transactionType } = request;
  if (quoteId !== null && offeredUntil !== null && offeredUntil > deps.clock.now()) return quoteId;
  const offered = await deps.clearing.offerForHeld({ payment, payee, requestId, transactionType });
  if (offered.ok) {
    await keepOffer(deps.db, request, offered.value);
    return offered.value.offerId;
  }
  if (offered.error === 'scheme_away') return undefined;
  return refused('4101', `Payer rejected transaction request: no offer for it (${offered.error})`);
}

/** The code was told right: its money leaves, once, or is given back where whoever asked does not take it. */
async function leave(deps: CounterDeps, request: CodeRequest): Promise<void> {
  const { paymentId, rightAt } = request;
  const payment = paymentId === null ? undefined : await deps.payments.find(paymentId);
  assert(payment && rightAt, 'a code that was told right holds money');
  const now = deps.clock.now();
  const offerId = await offerFor(deps, request, payment);
  if (typeof offerId === 'string') {
    const isSent = await send(deps, request, payment, offerId);
    if (isSent) await deps.clearing.work();
    return;
  }
  if (offerId || plusMs(rightAt, deps.terms.transferTtlMs) <= now) {
    await reject(deps, request, {
      from: 'right',
      error: offerId ?? refused('4101', 'Payer rejected transaction request'),
    });
  }
}

async function send(deps: CounterDeps, request: CodeRequest, payment: Payment, offerId: string): Promise<boolean> {
  try {
    return await deps.db.tx(async (tx) => {
      const isSent = await deps.clearing.sendHeld(tx, { payment, offerId });
      if (isSent) await markSent(tx, request);
      return isSent;
    });
  } catch (error) {
    if (!isOfferGone(error)) throw error;
    return false; // the next time another one is asked for
  }
}

const over = refused('3301', 'Transaction request expired');

/** Nothing comes of it, and the other side is told. Where the code had been told right, its money is given back. */
export async function reject(
  deps: CounterDeps,
  request: CodeRequest,
  { from, error }: { from: 'open' | 'right'; error: SchemeError | null },
): Promise<void> {
  const now = deps.clock.now();
  const { paymentId } = request;
  await deps.db.tx(async (tx) => {
    if (!(await markRejected(tx, request, { from, error, now }))) return;
    if (from === 'right' && paymentId !== null) await unclaimMoney(tx, paymentId, now);
  });
  const known = await codeRequestOf(deps.db, request);
  if (known?.state === 'rejected') await repeatAnswer(deps, known);
}

/** Said until time is up: the other side acknowledges nothing. */
async function repeatAnswer(deps: CounterDeps, request: CodeRequest): Promise<void> {
  const { dfspId, requestId, error, expiresAt } = request;
  if (expiresAt <= deps.clock.now()) await dueNow(deps.db, request, null);
  const said = { dfspId, requestId, state: 'rejected', ...(error && { error }) } as const;
  await deps.adapter.answerPaymentRequest(said, contextOf(deps));
}
