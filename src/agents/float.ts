import { fullName, type Customer } from '../identity';
import type { Found, PaymentError, Quote, Target } from '../payments';
import { assert, err, formatMoney, ok, plusMs, type Result, type Tx } from '../platform';
import type { AgentsDeps } from './deps';
import type { AgentError } from './errors';
import {
  agentById,
  expireRequests,
  insertRequest,
  openRequests,
  refusedAsLeft,
  refuseRequest,
  requestById,
  type FloatRequest,
} from './store';
import { agentOf, type Caller } from './who';

/** So long a super-agent may take to answer. */
const requestTtlMs = 24 * 3_600_000;
const requestsMax = 9;

type Refused = PaymentError | AgentError;

/** Whom float would go to. Errors: those of `payments.lookup`, `float_unrelated`. */
export async function lookupFloat(
  deps: AgentsDeps,
  { customerId, accountId, to }: Caller & { to: Target },
): Promise<Result<Customer, Refused>> {
  const found = await deps.payments.lookup({ product: 'float', initiatorId: customerId, accountId, to });
  if (!found.ok) return found;
  return (await areRelated(deps, found.value)) ? ok(found.value.other) : err('float_unrelated');
}

/** Float goes up or down one step of a hierarchy. The database asks again when it moves. */
async function areRelated({ db }: AgentsDeps, { payer, payee }: Found): Promise<boolean> {
  const [from, to] = await Promise.all([payer, payee].map(({ owner }) => agentById(db, owner.customerId)));
  return from !== undefined && (from.superAgentId === to?.agentId || from.agentId === to?.superAgentId);
}

/** What sending it would cost. Errors: those of `payments.quote`, `float_unrelated`. */
export async function quoteFloat(
  deps: AgentsDeps,
  { customerId, accountId, to, amountMinor }: Caller & { to: Target; amountMinor: bigint },
): Promise<Result<Quote, Refused>> {
  const related = await lookupFloat(deps, { customerId, accountId, to });
  if (!related.ok) return related;
  return deps.payments.quote({ product: 'float', initiatorId: customerId, accountId, to, amountMinor });
}

/** What a super-agent would send to answer a request. Errors: those of `payments.quote`, `request_gone`. */
export async function quoteRequest(
  deps: AgentsDeps,
  { requestId, ...caller }: Caller & { requestId: string },
): Promise<Result<Quote, Refused>> {
  const allowed = await agentOf(deps, caller);
  if (!allowed.ok) return allowed;
  const request = await requestById(deps.db, requestId);
  if (request?.superAgentId !== allowed.value.agent.customerId) return err('request_gone');
  const { customerId, accountId } = caller;
  const { agentId, amountMinor } = request;
  return deps.payments.quote({
    ...{ product: 'float', initiatorId: customerId, accountId, amountMinor },
    ...{ to: { customerId: agentId }, subjectId: requestId },
  });
}

/** Who stands above an agent, and a fresh id for a request. Errors: `not_allowed`, `super_missing`. */
export async function superOf(
  deps: AgentsDeps,
  caller: Caller,
): Promise<Result<{ superAgent: Customer; requestId: string }, Refused>> {
  const allowed = await agentOf(deps, caller);
  if (!allowed.ok) return allowed;
  const row = await agentById(deps.db, allowed.value.agent.customerId);
  if (!row?.superAgentId) return err('super_missing');
  const superAgent = await deps.identity.byId(deps.db, row.superAgentId);
  return superAgent?.status === 'active' ? ok({ superAgent, requestId: deps.ids.uuid() }) : err('super_missing');
}

/** Asks the super-agent for float, once an id. Errors: `not_allowed`, `super_missing`, `float_asked`. */
export async function askFloat(
  deps: AgentsDeps,
  { requestId, amountMinor, ...caller }: Caller & { requestId: string; amountMinor: bigint },
): Promise<Result<undefined, Refused>> {
  const allowed = await agentOf(deps, caller);
  if (!allowed.ok) return allowed;
  if (amountMinor <= 0n || amountMinor > deps.rules.amountMaxMinor) return err('amount_invalid');
  const above = await superOf(deps, caller);
  if (!above.ok) return above;
  const { agent } = allowed.value;
  const asking = { agent, superAgent: above.value.superAgent, requestId, amountMinor, askedBy: caller.customerId };
  try {
    const isAsked = await deps.db.tx((tx) => writeRequest(deps, tx, asking));
    const isSame = isAsked || (await requestById(deps.db, requestId))?.agentId === agent.customerId;
    return isSame ? ok(undefined) : err('float_asked');
  } catch (error) {
    const refused = refusedAsLeft(error);
    if (!refused) throw error;
    return err(refused);
  }
}

interface Asking {
  readonly agent: Customer;
  readonly superAgent: Customer;
  readonly requestId: string;
  readonly amountMinor: bigint;
  readonly askedBy: string;
}

/** False when another one is open, or when it was written before. */
async function writeRequest(
  { clock, notifications, audit, market }: AgentsDeps,
  tx: Tx,
  { agent, superAgent, requestId, amountMinor, askedBy }: Asking,
): Promise<boolean> {
  const now = clock.now();
  const request = { requestId, agentId: agent.customerId, superAgentId: superAgent.customerId, amountMinor };
  await expireRequests(tx, agent.customerId, now);
  if (!(await insertRequest(tx, { ...request, now, expiresAt: plusMs(now, requestTtlMs) }))) return false;
  await notifications.tell(tx, superAgent, 'sms.floatAsked', {
    ...{ name: { name: fullName(agent) }, amount: formatMoney(amountMinor, market.currency) },
    serviceCode: market.serviceCode,
  });
  const subject = { kind: 'float_request', id: requestId };
  const asked = { superAgentId: superAgent.customerId, amountMinor: amountMinor.toString() };
  const actor = { kind: 'customer', id: askedBy } as const;
  await audit.record(tx, [{ action: 'float.asked', actor, subject, new: asked }]);
  return true;
}

export interface WaitingRequest extends FloatRequest {
  readonly agentName: string;
}

/** What the agents below ask for, the oldest first. Errors: `not_allowed`. */
export async function floatRequests(deps: AgentsDeps, caller: Caller): Promise<Result<WaitingRequest[], Refused>> {
  const allowed = await agentOf(deps, caller);
  if (!allowed.ok) return allowed;
  const { db, clock, identity } = deps;
  const superAgentId = allowed.value.agent.customerId;
  const requests = await openRequests(db, { superAgentId, now: clock.now(), limit: requestsMax });
  return ok(
    await Promise.all(
      requests.map(async (request) => {
        const agent = await identity.byId(db, request.agentId);
        assert(agent, 'customers are never deleted');
        return { ...request, agentName: fullName(agent) };
      }),
    ),
  );
}

/** Errors: `not_allowed`, `request_gone`. */
export async function refuseFloat(
  deps: AgentsDeps,
  { requestId, ...caller }: Caller & { requestId: string },
): Promise<Result<undefined, Refused>> {
  const { db, clock, identity, notifications, audit, market } = deps;
  const allowed = await agentOf(deps, caller);
  if (!allowed.ok) return allowed;
  const { agent: superAgent } = allowed.value;
  const request = await requestById(db, requestId);
  const asker = request && (await identity.byId(db, request.agentId));
  if (!asker) return err('request_gone');
  const isRefused = await db.tx(async (tx) => {
    const by = { requestId, superAgentId: superAgent.customerId, now: clock.now() };
    if (!(await refuseRequest(tx, by))) return false;
    const amount = formatMoney(request.amountMinor, market.currency);
    await notifications.tell(tx, asker, 'sms.floatRefused', { name: { name: fullName(superAgent) }, amount });
    const actor = { kind: 'customer', id: caller.customerId } as const;
    await audit.record(tx, [{ action: 'float.refused', actor, subject: { kind: 'float_request', id: requestId } }]);
    return true;
  });
  return isRefused ? ok(undefined) : err('request_gone');
}
