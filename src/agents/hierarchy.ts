import { dayOf, err, ok, type Result, type Tx } from '../platform';
import type { AgentsDeps } from './deps';
import type { HierarchyError } from './errors';
import { addAgents, agentById, anyRequest, dropIdleSuper, hasBelow, lockHierarchy, setSuper } from './store';

export interface Relation {
  readonly agentId: string;
  /** Null: the agent stands alone. */
  readonly superAgentId: string | null;
}

/**
 * Puts an agent under a super-agent, or under nobody. There are two levels: nobody stands above a super-agent, and who
 * stands below one has nobody below. Returns who stood above before; whoever calls records it.
 * Errors: `agent_unknown`, `super_itself`, `super_below` (the super-agent has one), `super_above` (the agent has agents).
 */
export async function setSuperAgent(
  deps: AgentsDeps,
  tx: Tx,
  relation: Relation,
): Promise<Result<{ before: string | null }, HierarchyError>> {
  const { agentId, superAgentId } = relation;
  await lockHierarchy(tx);
  await addAgents(tx, dayOf(deps.clock.now(), deps.market));
  const refused = await refusalOf(deps, tx, relation);
  if (refused) return err(refused);
  const before = (await agentById(tx, agentId))?.superAgentId ?? null;
  await setSuper(tx, agentId, superAgentId);
  if (before !== null) await dropIdleSuper(tx, before);
  return ok({ before });
}

async function refusalOf(
  deps: AgentsDeps,
  tx: Tx,
  { agentId, superAgentId }: Relation,
): Promise<HierarchyError | undefined> {
  if (!(await isAgent(deps, tx, agentId))) return 'agent_unknown';
  if (superAgentId === null) return undefined;
  if (agentId === superAgentId) return 'super_itself';
  if (!(await isAgent(deps, tx, superAgentId))) return 'agent_unknown';
  if ((await agentById(tx, superAgentId))?.superAgentId) return 'super_below';
  return (await hasBelow(tx, agentId)) ? 'super_above' : undefined;
}

/** Whether others depend on this person as an agent: who stands below them, or a request for float that waits. */
export async function isNeeded({ clock }: AgentsDeps, tx: Tx, agentId: string): Promise<boolean> {
  await lockHierarchy(tx);
  return (await hasBelow(tx, agentId)) || (await anyRequest(tx, agentId, clock.now()));
}

/** Nobody stands above who leaves. Does nothing for who is no agent. */
export async function leaveHierarchy(tx: Tx, agentId: string): Promise<void> {
  const above = (await agentById(tx, agentId))?.superAgentId;
  if (!above) return;
  await setSuper(tx, agentId, null);
  await dropIdleSuper(tx, above);
}

async function isAgent({ identity }: AgentsDeps, tx: Tx, customerId: string): Promise<boolean> {
  const person = await identity.byId(tx, customerId);
  return person?.role === 'agent' && person.status === 'active';
}
