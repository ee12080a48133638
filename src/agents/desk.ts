import type { PinError } from '../identity';
import type { PaymentError, Quote, SeenPayment } from '../payments';
import { assert, dayOf, err, ok, plusMs, startOfDay, type Result } from '../platform';
import { boundsOf } from './alarms';
import type { AgentsDeps } from './deps';
import type { AgentError } from './errors';
import { addAgents, agentById, setAlarms } from './store';
import { agentOf, type Caller, type PinCaller } from './who';

/** What an agent wants to know between two customers. */
export interface Desk {
  readonly floatMinor: bigint;
  readonly commissionMinor: bigint;
  /** How often cash-in was refused today because the float was too small. */
  readonly shortOfFloat: number;
}

/** Float and commission, after the PIN. Errors: `pin_…`, `not_allowed`. */
export async function desk(deps: AgentsDeps, caller: PinCaller): Promise<Result<Desk, AgentError | PinError>> {
  const { clock, market, payments } = deps;
  const verified = await proven(deps, caller);
  if (!verified.ok) return verified;
  const { agent, account } = verified.value;
  const now = clock.now();
  const today = { from: startOfDay(dayOf(now, market), market), to: plusMs(now, 1) };
  const { shortOfFloat } = await payments.served(agent.customerId, today);
  const commission = await commissionOf(deps, agent.customerId);
  const floatMinor = await availableOn(deps, account.accountId);
  return ok({ floatMinor, commissionMinor: await availableOn(deps, commission), shortOfFloat });
}

/** The last customers served, to be verified where an SMS is doubted. Errors: `pin_…`, `not_allowed`. */
export async function lastServed(
  deps: AgentsDeps,
  caller: PinCaller,
): Promise<Result<SeenPayment[], AgentError | PinError>> {
  const verified = await proven(deps, caller);
  if (!verified.ok) return verified;
  return ok(await deps.payments.lastServed(verified.value.agent.customerId));
}

async function proven(deps: AgentsDeps, { pin, hopKey, ...caller }: PinCaller) {
  const verified = await deps.identity.verifyPin({ customerId: caller.customerId, pin, attemptKey: hopKey });
  return verified.ok ? agentOf(deps, caller) : verified;
}

/**
 * What moving commission to the float would be: so much, or all that is there. Errors: those of `payments.quote`,
 * `commission_none`.
 */
export async function quoteSweep(
  deps: AgentsDeps,
  { customerId, accountId, amountMinor }: Caller & { amountMinor: bigint | 'all' },
): Promise<Result<Quote, AgentError | PaymentError>> {
  const allowed = await agentOf(deps, { customerId, accountId });
  if (!allowed.ok) return allowed;
  if (allowed.value.agent.customerId !== customerId) return err('not_allowed');
  const available = await availableOn(deps, await commissionOf(deps, customerId));
  const moved = amountMinor === 'all' ? available : amountMinor;
  if (moved === 0n) return err('commission_none');
  return deps.payments.quote({ product: 'sweep', initiatorId: customerId, to: { accountId }, amountMinor: moved });
}

/** When the agent wants to be told about the float, as it is now. Errors: `not_allowed`. */
export async function alarmsOf(
  deps: AgentsDeps,
  caller: Caller,
): Promise<Result<{ lowMinor: bigint; highMinor: bigint }, AgentError>> {
  const allowed = await agentOf(deps, caller);
  if (!allowed.ok) return allowed;
  const row = await agentById(deps.db, allowed.value.agent.customerId);
  return ok(boundsOf(deps, row));
}

/** Sets one of them. Errors: `not_allowed`, `alarms_crossed`. */
export async function setAlarm(
  deps: AgentsDeps,
  { side, amountMinor, ...caller }: Caller & { side: 'low' | 'high'; amountMinor: bigint },
): Promise<Result<undefined, AgentError>> {
  const allowed = await agentOf(deps, caller);
  if (!allowed.ok) return allowed;
  const agentId = allowed.value.agent.customerId;
  return deps.db.tx(async (tx) => {
    await addAgents(tx, dayOf(deps.clock.now(), deps.market), agentId);
    const row = await agentById(tx, agentId);
    const before = boundsOf(deps, row);
    const after = { ...before, [side === 'low' ? 'lowMinor' : 'highMinor']: amountMinor };
    if (after.lowMinor >= after.highMinor) return err('alarms_crossed');
    await setAlarms(tx, { agentId, floatLowMinor: after.lowMinor, floatHighMinor: after.highMinor });
    const text = ({ lowMinor, highMinor }: typeof before) => ({
      ...{ lowMinor: lowMinor.toString(), highMinor: highMinor.toString() },
    });
    await deps.audit.record(tx, [
      {
        ...{ action: 'agent.alarms_changed', actor: { kind: 'customer', id: caller.customerId } },
        ...{ subject: { kind: 'customer', id: agentId }, old: text(before), new: text(after) },
      },
    ]);
    return ok(undefined);
  });
}

async function commissionOf({ accounts, db }: AgentsDeps, agentId: string): Promise<string> {
  const held = await accounts.of(db, agentId);
  const account = held.find(({ purpose, rank }) => purpose === 'commission' && rank === 'owner');
  assert(account, 'an agent has a commission account');
  return account.accountId;
}

async function availableOn({ ledger, db }: AgentsDeps, accountId: string): Promise<bigint> {
  const balance = await ledger.balance(db, accountId);
  assert(balance, 'an account of a customer is in the ledger');
  return balance.availableMinor;
}
