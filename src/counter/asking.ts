import { agentOf, type Caller, type IdType, type PinCaller } from '../agents';
import type { ClearingError } from '../clearing';
import { fullName, type Customer, type PinError } from '../identity';
import { assert, err, formatMoney, ok, plusMs, type Result, type Tx } from '../platform';
import {
  isPassing,
  type Party,
  type PartyId,
  type PaymentRequest,
  type SchemeError,
  type TransactionType,
} from '../switch';
import type { SmsKey, Values } from '../ussd';
import {
  counterRequestById,
  endCounterRequest,
  insertCounterRequest,
  isOneOpen,
  markAnswered,
  markUndelivered,
  openCashRequest,
  overdueCounterRequests,
  stopAsking,
  takeDueCounterRequests,
  type CounterRequest,
} from './counter-request-store';
import { contextOf, type CounterDeps } from './deps';
import type { CounterError } from './errors';

/**
 * The side of an agent, or of a shop (selling.ts): who stands at a counter here has their money elsewhere, and tells the code that
 * their provider knows.
 */

export interface Plan extends Caller {
  /** The customer, by a phone number (E.164) or a user number. */
  readonly number: string;
  readonly amountMinor: bigint;
}

/** What the agent sees before the PIN. */
export interface Planned {
  /** A fresh id: of the request that may come of it. */
  readonly counterRequestId: string;
  readonly commissionMinor: bigint;
  /** The market wants an ID to be looked at first. */
  readonly needsId: boolean;
}

type Refused = CounterError | ClearingError | PinError | 'code_spent' | 'id_needed' | 'not_allowed';

/** What it would be to hand somebody from elsewhere so much cash. Errors: `not_allowed`, `amount_invalid`, `counter_request_open`. */
export async function planCash(deps: CounterDeps, plan: Plan): Promise<Result<Planned, Refused>> {
  const { db, clock, ids, rules, agents } = deps;
  const { accountId, amountMinor } = plan;
  const allowed = await agentOf(deps, plan);
  if (!allowed.ok) return allowed;
  if (amountMinor <= 0n || amountMinor > rules.amountMaxMinor) return err('amount_invalid');
  if (await openCashRequest(db, accountId, clock.now())) return err('cash_request_open');
  const commissionMinor = commissionOf(deps, allowed.value.agent, amountMinor);
  return ok({ counterRequestId: ids.uuid(), commissionMinor, needsId: agents.asks(amountMinor).id });
}

function commissionOf({ rules, clock }: CounterDeps, payee: Customer, amountMinor: bigint): bigint {
  const asked = { product: 'cash_out', channel: 'api', payer: { role: 'customer' }, payee, amountMinor } as const;
  return rules.price({ ...asked, at: clock.now(), path: 'cross' }).commissionMinor;
}

/** Notes the ID that they show. Errors: `not_allowed`. */
export async function noteId(
  deps: CounterDeps,
  { idType, digits, counterRequestId, ...who }: Caller & { counterRequestId: string; idType: IdType; digits: string },
): Promise<Result<undefined, 'not_allowed'>> {
  const allowed = await agentOf(deps, who);
  if (!allowed.ok) return allowed;
  const { customerId: agentId } = allowed.value.agent;
  const seen = { customerId: who.customerId, agentId, subjectId: counterRequestId, idType, digits };
  await deps.agents.noteStrangersId(seen);
  return ok(undefined);
}

/**
 * With the agent's PIN: asks the customer's provider, and waits until it wants the code, as long as somebody on a line can.
 * Again with the same id it is the same. Errors: `pin_…`, `not_allowed`, `id_needed`, `counter_request_open`, those of
 * `clearing.recentPayee`, and how it ended.
 */
export async function askForCash(
  deps: CounterDeps,
  { pin, hopKey, counterRequestId, ...plan }: Plan & PinCaller & { counterRequestId: string },
): Promise<Result<CounterRequest, Refused>> {
  const verified = await deps.identity.verifyPin({ customerId: plan.customerId, pin, attemptKey: hopKey });
  if (!verified.ok) return verified;
  const allowed = await agentOf(deps, plan);
  if (!allowed.ok) return allowed;
  if (deps.agents.asks(plan.amountMinor).id && !(await deps.agents.isIdSeen(counterRequestId))) return err('id_needed');
  const found = await deps.clearing.recentPayee(plan.number);
  if (!found.ok) return found;
  const about = { ...plan, counterRequestId, agent: allowed.value.agent, party: found.value.party, hopKey };
  if (!(await counterRequestById(deps.db, counterRequestId)) && !(await insert(deps, about)))
    return err('cash_request_open');
  await send(deps, await requestById(deps, counterRequestId));
  return awaitWord(deps, counterRequestId, ['asked']);
}

async function insert(
  deps: CounterDeps,
  about: Plan & { counterRequestId: string; agent: Customer; party: Party; hopKey: string },
): Promise<boolean> {
  const { db, clock, ids, rules, terms, audit } = deps;
  const { counterRequestId, agent, party, accountId, amountMinor, customerId, hopKey } = about;
  const createdAt = clock.now();
  try {
    await db.tx(async (tx) => {
      await expireOpen(deps, tx, accountId, createdAt);
      await insertCounterRequest(tx, {
        ...{
          counterRequestId,
          requestId: ids.wireId(),
          dfspId: party.dfspId,
          party,
          accountId,
          amountMinor,
          createdAt,
        },
        ...{ product: 'cash_out', ownerId: agent.customerId, askedBy: customerId, currency: rules.currency },
        commissionMinor: commissionOf(deps, agent, amountMinor),
        expiresAt: plusMs(createdAt, terms.codeTtlMs),
      });
      const subject = { kind: 'counter_request', id: counterRequestId };
      const actor = { kind: 'customer', id: customerId } as const;
      const asked = { dfspId: party.dfspId, amountMinor: amountMinor.toString() };
      await audit.record(tx, [{ action: 'code.asked', actor, subject, traceId: hopKey, new: asked }]);
    });
    return true;
  } catch (error) {
    if (isOneOpen(error)) return false;
    throw error;
  }
}

/** One whose time is up stands in nobody's way, though the sweeper has not come by. */
async function expireOpen(deps: CounterDeps, tx: Tx, accountId: string, now: Date): Promise<void> {
  const isMeant = (one: CounterRequest): boolean => one.product === 'cash_out' && one.accountId === accountId;
  const overdue = (await overdueCounterRequests(tx, now, sweepMax)).filter(isMeant);
  for (const request of overdue) await end(deps, tx, request, { state: 'expired', error: null });
}

export async function requestById({ db }: CounterDeps, counterRequestId: string): Promise<CounterRequest> {
  const request = await counterRequestById(db, counterRequestId);
  assert(request, 'what a counter asked stays');
  return request;
}

const atOnce = 50;
const laterMs = 60_000;
const sweepMax = 100;

/** Sends what is due. Returns how many. */
export async function sendDue(deps: CounterDeps): Promise<number> {
  const due = await takeDueCounterRequests(deps.db, { now: deps.clock.now(), laterMs, limit: atOnce });
  await Promise.all(due.map((request) => send(deps, request)));
  return due.length;
}

export async function send(deps: CounterDeps, request: CounterRequest): Promise<void> {
  const { counterRequestId, state, expiresAt } = request;
  if (state !== 'asked' || expiresAt <= deps.clock.now()) return stopAsking(deps.db, counterRequestId);
  const sent = await deps.adapter.requestPayment(await messageOf(deps, request), contextOf(deps));
  if (sent.status === 'refused' && !isPassing(sent.error)) await giveUp(deps, request, sent.error);
}

async function messageOf(
  { identity, db, terms, invoices }: CounterDeps,
  { counterRequestId, product, ownerId, requestId, party, amountMinor, currency, expiresAt }: CounterRequest,
): Promise<PaymentRequest> {
  const owner = await identity.byId(db, ownerId);
  assert(owner, 'whoever asks stays known');
  const { firstName, lastName } = owner;
  const note = product === 'purchase' ? (await invoices.find(counterRequestId))?.note : undefined;
  return {
    requestId,
    payer: party,
    payee: { partyId: payeeIdOf(product, owner), dfspId: terms.dfspId, name: fullName(owner), firstName, lastName },
    amount: { amountMinor, currency },
    transactionType: typeOf[product],
    ...(note && { note }),
    authentication: 'OTP',
    expiresAt,
  };
}

const typeOf = {
  cash_out: { scenario: 'WITHDRAWAL', initiator: 'PAYEE', initiatorType: 'AGENT' },
  purchase: { scenario: 'PAYMENT', initiator: 'PAYEE', initiatorType: 'BUSINESS' },
} as const satisfies Record<CounterRequest['product'], TransactionType>;

/** What an agent here is called elsewhere: by the phone that their customers type. A shop is by its user number, and by no phone. */
export function payeeIdOf(product: CounterRequest['product'], { msisdn, userNumber }: Customer): PartyId {
  return msisdn === undefined || product === 'purchase'
    ? { idType: 'ALIAS', id: userNumber }
    : { idType: 'MSISDN', id: msisdn.slice(1) };
}

/** It won't be paid. Whoever asked is told, unless they still wait for it; of what a shop sold, by what becomes of its invoice. */
export async function giveUp(deps: CounterDeps, request: CounterRequest, error: SchemeError | null): Promise<void> {
  const { counterRequestId, product, dfspId } = request;
  await deps.db.tx((tx) => end(deps, tx, request, { state: 'refused', error }));
  deps.waiting.wake(counterRequestId);
  if (product === 'purchase') await deps.invoices.giveUp(counterRequestId, { dfspId, error: error ?? undefined });
}

async function end(
  deps: CounterDeps,
  tx: Tx,
  request: CounterRequest,
  { state, error }: { state: 'refused' | 'expired'; error: SchemeError | null },
): Promise<void> {
  const now = deps.clock.now();
  if (!(await endCounterRequest(tx, request.counterRequestId, { state, error, now }))) return;
  if (request.product === 'purchase' || isOnLine(deps, request)) return;
  await tell(deps, tx, request, { text: 'sms.cashRequestEnded' });
}

/** Whether the agent is still where they typed last, and sees on the screen what comes. */
export function isOnLine({ clock, terms }: CounterDeps, { actedAt }: CounterRequest): boolean {
  return clock.now() < plusMs(actedAt, terms.patienceMs);
}

export async function tell(
  { identity, notifications, market }: CounterDeps,
  tx: Tx,
  { askedBy, party, dfspId, amountMinor, currency }: CounterRequest,
  {
    text,
    values = {},
  }: { readonly text: Extract<SmsKey, `sms.${'cash' | 'sale'}Request${string}`>; readonly values?: Values },
): Promise<void> {
  const reader = await identity.byId(tx, askedBy);
  assert(reader, 'whoever asks stays known');
  await notifications.tell(tx, reader, text, {
    ...{ name: { name: party.name }, provider: dfspId, amount: formatMoney(amountMinor, currency) },
    ...{ serviceCode: market.serviceCode, ...values },
  });
}

/** Ends what nobody was paid in time. Returns how many. */
export async function expireDue(deps: CounterDeps): Promise<number> {
  const due = await overdueCounterRequests(deps.db, deps.clock.now(), sweepMax);
  for (const request of due) await deps.db.tx((tx) => end(deps, tx, request, { state: 'expired', error: null }));
  return due.length;
}

/** Waits while it is in one of these states, as long as somebody on a line can. Errors: how it ended. */
export async function awaitWord(
  deps: CounterDeps,
  counterRequestId: string,
  whileIn: readonly CounterRequest['state'][],
): Promise<Result<CounterRequest, CounterError | 'code_spent'>> {
  await deps.waiting.until(counterRequestId, deps.terms.patienceMs, async () => {
    const { state } = await requestById(deps, counterRequestId);
    return whileIn.includes(state) ? undefined : state;
  });
  const request = await requestById(deps, counterRequestId);
  const { state, error, triesLeft } = request;
  if (state === 'expired' || state === 'cancelled') return err('counter_over');
  if (state !== 'refused') return ok(request);
  return err(error ? refusalOf(error) : triesLeft === 1 ? 'code_spent' : 'cash_refused');
}

function refusalOf({ code }: SchemeError): CounterError {
  if (code.startsWith('33')) return 'counter_over';
  return code === '4100' || code === '3204' ? 'code_unknown_there' : 'cash_refused';
}

/** What waits for a code on the account of whoever calls. */
export async function waitingCash(deps: CounterDeps, caller: Caller): Promise<CounterRequest | undefined> {
  const allowed = await agentOf(deps, caller);
  return allowed.ok ? openCashRequest(deps.db, caller.accountId, deps.clock.now()) : undefined;
}

/** What the agent does at the screen that asks for the code. */
export interface Typed extends Caller {
  readonly counterRequestId: string;
  /** What the customer tells; absent: they need another one. */
  readonly code?: string;
}

/**
 * Carries what was typed to the customer's provider, and waits for what comes of it: paid, on its way, or the code is wanted
 * (again). Errors: `not_allowed`, `code_unasked`, `code_undelivered`, `counter_over`, `code_wrong` (detail `left`), and how it
 * ended.
 */
export async function typeCode(
  deps: CounterDeps,
  { counterRequestId, code, ...caller }: Typed,
): Promise<Result<CounterRequest, Refused | 'code_wrong'>> {
  const found = await ownRequest(deps, caller, counterRequestId);
  if (!found.ok) return found;
  const { state, dfspId, requestId, triesLeft } = found.value;
  if (state === 'asked') return err('code_unasked');
  if (!(await markAnswered(deps.db, counterRequestId, deps.clock.now()))) return awaitWord(deps, counterRequestId, []);
  const result = code === undefined ? ({ response: 'resend' } as const) : ({ response: 'entered', code } as const);
  const sent = await deps.adapter.answerCode({ dfspId, requestId, result }, contextOf(deps));
  if (sent.status === 'refused') {
    await markUndelivered(deps.db, counterRequestId);
    return err('code_undelivered');
  }
  const told = await awaitWord(deps, counterRequestId, code === undefined ? ['answered'] : ['answered', 'paying']);
  if (!told.ok || told.value.state !== 'wanted' || code === undefined) return told;
  const { triesLeft: left } = told.value;
  // Asked for as often as before: what was typed has not arrived there.
  return left === triesLeft ? err('code_undelivered') : err('code_wrong', { left: left ?? 0 });
}

/** What the caller has asked for, while they may: an agent's on the account that they work with, in a shop their own. */
export async function ownRequest(
  deps: CounterDeps,
  { customerId, accountId }: Caller,
  counterRequestId: string,
): Promise<Result<CounterRequest, 'not_allowed' | 'counter_over'>> {
  const request = await counterRequestById(deps.db, counterRequestId);
  if (request?.product === 'purchase') {
    const place = await deps.invoices.placeOf({ customerId, accountId: request.accountId });
    if (request.askedBy !== customerId || place?.accountId !== request.accountId) return err('not_allowed');
    return ok(request);
  }
  const allowed = await agentOf(deps, { customerId, accountId });
  if (!allowed.ok) return allowed;
  return request?.accountId === accountId ? ok(request) : err('counter_over');
}

/** The customer won't, or is gone. Errors: `not_allowed`, `counter_over`, `code_unasked`: money may be on its way. */
export async function cancelRequest(
  deps: CounterDeps,
  { counterRequestId, hopKey, ...caller }: Caller & { counterRequestId: string; hopKey: string },
): Promise<Result<undefined, CounterError | 'not_allowed'>> {
  const found = await ownRequest(deps, caller, counterRequestId);
  if (!found.ok) return found;
  const { state, dfspId, requestId, product } = found.value;
  const now = deps.clock.now();
  const ending = { state: 'cancelled', error: null, now } as const;
  const isEnded = await deps.db.tx((tx) => endCounterRequest(tx, counterRequestId, ending));
  if (!isEnded) return err('code_unasked');
  if (product === 'purchase') {
    await deps.invoices.cancel({ invoiceId: counterRequestId, customerId: caller.customerId, hopKey });
  }
  if (state === 'wanted') {
    await deps.adapter.answerCode({ dfspId, requestId, result: { response: 'rejected' } }, contextOf(deps));
  }
  return ok(undefined);
}
