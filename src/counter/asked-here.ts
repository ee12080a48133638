import { createHash } from 'node:crypto';
import { outsideOf } from '../clearing';
import type { Customer } from '../identity';
import { isUnnamed, type Outside, type Payment } from '../payments';
import { assert, plusMs } from '../platform';
import { isPassing, isSchemeError, type CodeAnswer, type IncomingPaymentRequest, type SchemeError } from '../switch';
import {
  claimMoney,
  codeRequestOf,
  countAsked,
  insertCodeRequest,
  markRejected,
  markRight,
  type CodeRequest,
} from './code-request-store';
import { contextOf, type CounterDeps } from './deps';
import { kindOf, type Kind } from './kinds';
import { isAccountFrozen, refused } from './refusals';
import { advance, reject } from './leaving';

/**
 * The customer's side: another provider asks for money by a code. It is for the code that this customer has for just that and
 * that amount, or for nothing; how often it may be tried is a matter of the code, however many ask for it.
 */
export interface AskedHere {
  readonly request: IncomingPaymentRequest;
  /** Undefined: nobody here is meant. */
  readonly buyer: Customer | undefined;
  /** The agent, machine or shop. */
  readonly seller: Outside;
}

/** So often a code may be asked for, by whom it is meant for and for whatever amount: nobody finds out by asking how much it holds. */
const askedMax = 10;

/** Keeps what is asked, and answers; each request has one answer, however often it comes. */
export async function takeRequest(deps: CounterDeps, asked: AskedHere): Promise<void> {
  const { dfspId, requestId } = asked.request;
  const digest = digestOf(asked.request);
  const key = { dfspId, requestId };
  if (!(await codeRequestOf(deps.db, key))) await keep(deps, asked, digest);
  const known = await codeRequestOf(deps.db, key);
  assert(known, 'what was asked is kept');
  if (!known.digest.equals(digest)) return answer(deps, { ...known, state: 'rejected', error: modified });
  await answer(deps, known);
  if (known.state === 'open') deps.background(() => advance(deps, known));
}

async function keep(deps: CounterDeps, asked: AskedHere, digest: Buffer): Promise<void> {
  const { dfspId, requestId, payee, transactionType, expiresAt } = asked.request;
  const now = deps.clock.now();
  const { payment, error } = await codeFor(deps, asked);
  const paymentId = payment?.paymentId ?? null;
  // Whoever asks is paid at the provider that asks, whatever the name says.
  const row = { dfspId, requestId, digest, paymentId, payee: { ...payee, dfspId }, transactionType, now };
  if (error) return insertCodeRequest(deps.db, { ...row, state: 'rejected', error, dueAt: null, expiresAt });
  const ends = payment?.expiresAt ?? expiresAt;
  await insertCodeRequest(deps.db, {
    ...row,
    ...{ state: 'open', error: null, dueAt: plusMs(now, firstMs) },
    expiresAt: ends < expiresAt ? ends : expiresAt,
  });
}

/** It is worked on at once; this is for what is lost. */
const firstMs = 2_000;

interface Found {
  readonly payment?: Payment;
  readonly error?: SchemeError;
}

/** The money that is held for the code which is asked for, or why not. What there is else is nobody's business there. */
async function codeFor(deps: CounterDeps, { request, buyer, seller }: AskedHere): Promise<Found> {
  if (!buyer) return { error: refused('3204', 'Party not found') };
  if (request.expiresAt <= deps.clock.now()) return { error: refused('3301', 'Transaction request expired') };
  const kind = kindOf(request.transactionType);
  if (!kind) return { error: noKind };
  const payment = (await deps.agents.codeOf(buyer.customerId, kind.product))?.payment;
  if (!payment?.expiresAt || !isMeant(payment, kind, { request, seller })) return { error: noCode };
  if ((await countAsked(deps.db, payment.paymentId)) >= askedMax) return { payment, error: noCode };
  const { amountMinor, currency } = request.amount;
  const isAmount = payment.amountMinor === amountMinor && payment.currency === currency;
  return isAmount ? { payment } : { payment, error: otherAmount };
}

const noKind = refused('4102', 'Payer FSP unsupported transaction type: a code is for cash or for a purchase');
const noCode = refused('4100', 'Generic payer rejection: no code for this payee and this amount');
const otherAmount = refused('4100', 'Generic payer rejection: the code is for another amount');

function isMeant({ outside }: Payment, { isAnywhere }: Kind, { request, seller }: Omit<AskedHere, 'buyer'>): boolean {
  if (!outside || isAnywhere) return outside !== null && isUnnamed(outside);
  return outside.dfspId === request.dfspId && isSame(outside, seller, request);
}

/** The agent whom the customer chose by a number; one who is named otherwise (a till, say) is known by their provider. */
function isSame(chosen: Outside, asking: Outside, { payee }: IncomingPaymentRequest): boolean {
  const { idType } = payee.partyId;
  const isAlike = chosen.number.startsWith('+') ? idType === 'MSISDN' : idType === 'ALIAS';
  return !isAlike || chosen.number === asking.number;
}

async function answer(deps: CounterDeps, { dfspId, requestId, state, error }: CodeRequest): Promise<void> {
  const said = state === 'rejected' ? 'rejected' : 'received';
  await deps.adapter.answerPaymentRequest(
    { dfspId, requestId, state: said, ...(error && said === 'rejected' && { error }) },
    contextOf(deps),
  );
}

/** What was typed at the counter. The code stays in the event: it is compared, and nobody keeps it. */
export async function takeCodeAnswer(deps: CounterDeps, { dfspId, requestId, result }: CodeAnswer): Promise<void> {
  const request = await codeRequestOf(deps.db, { dfspId, requestId });
  if (request?.state !== 'open' || request.paymentId === null) {
    deps.log.info({ dfspId, requestId, state: request?.state }, 'what was typed at a counter is not wanted any more');
    return;
  }
  if (isSchemeError(result)) {
    // On its way, or at the agent's provider, something may be out of order: it is asked for again.
    return isPassing(result) ? undefined : reject(deps, request, { from: 'open', error: null });
  }
  if (result.response === 'rejected') return reject(deps, request, { from: 'open', error: null });
  if (result.response === 'entered') return takeCode(deps, request, request.paymentId, result.code);
  await deps.agents.resendCode(request.paymentId);
  deps.background(() => advance(deps, request));
}

async function takeCode(deps: CounterDeps, request: CodeRequest, paymentId: string, code: string): Promise<void> {
  const { dfspId, requestId } = request;
  const tryKey = deps.codes.of(paymentId, code).toString('base64url');
  const proven = await deps.agents.proveCodeElsewhere({ paymentId, dfspId, code, tryKey });
  if (!proven.ok) {
    if (proven.error !== 'code_wrong') return reject(deps, request, { from: 'open', error: null });
    deps.background(() => advance(deps, request));
    return;
  }
  const now = deps.clock.now();
  try {
    await deps.db.tx(async (tx) => {
      if (!(await markRight(tx, request, now))) return; // told twice: it is decided
      if (!(await claimMoney(tx, paymentId, { outside: outsideOf(request.payee), now }))) {
        await markRejected(tx, request, { from: 'right', error: null, now });
        return;
      }
      const subject = { kind: 'payment', id: paymentId };
      const actor = { kind: 'provider', id: dfspId } as const;
      await deps.audit.record(tx, [{ action: 'code.told', actor, subject, traceId: requestId }]);
    });
  } catch (error) {
    if (!isAccountFrozen(error)) throw error;
    return reject(deps, request, { from: 'open', error: refused('4400', 'Generic payer blocked error') });
  }
  const known = await codeRequestOf(deps.db, request);
  assert(known, 'a request stays');
  deps.background(() => advance(deps, known));
}

/** Of the values that make a request what it is; amounts as decimal strings. */
function digestOf({ payer, payee, amount, transactionType, expiresAt }: IncomingPaymentRequest): Buffer {
  const { amountMinor, currency } = amount;
  const { scenario, initiator, initiatorType } = transactionType;
  const said = [payer.partyId, payee.partyId, amountMinor.toString(), currency, scenario, initiator, initiatorType];
  return createHash('sha256')
    .update(JSON.stringify([...said, expiresAt.toISOString()]))
    .digest();
}

const modified = refused('3106', 'Modified request: this requestId was used for something else');
