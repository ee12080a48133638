import { z } from 'zod';
import { err, ok } from '../../platform';
import { who } from '../args';
import { defineCommand } from '../command';
import { aboutPerson, findPerson } from '../people';

/** Float moves between an agent and the super-agent only: who stands above whom is a decision of two. */
export const superAgent = defineCommand({
  name: 'super-agent',
  summary: 'put an agent under a super-agent, or under nobody',
  usage: '<who> <above>|none',
  order: ['who', 'above'],
  roles: ['agent_manager'],
  checkers: ['agent_manager', 'finance', 'risk'],
  args: z.strictObject({ who, above: who }),
  effect: 'rows',
  run: async (at, args) => {
    const agent = await findPerson(at, args.who);
    if (!agent.ok) return agent;
    const above = args.above === 'none' ? undefined : await findPerson(at, args.above);
    if (above && !above.ok) return above;
    const { customerId: agentId } = agent.value;
    const superAgentId = above?.value.customerId ?? null;
    const set = await at.deps.agents.setSuperAgent(at.tx, { agentId, superAgentId });
    if (!set.ok) return err(set.error);
    const about = aboutPerson(agent.value);
    const change = { old: { superAgentId: set.value.before }, new: { superAgentId } };
    const events = [{ action: 'agent.super_changed', actor: at.actor, subject: about, ...change } as const];
    const says = `${agent.value.userNumber} stands under ${above?.value.userNumber ?? 'nobody'}`;
    return ok({ says, about, events });
  },
});
