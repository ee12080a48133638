import { fullName } from '../identity';
import { assert, formatMoney, nationalForm, type Tx } from '../platform';
import type { AgentsDeps } from './deps';
import { agentById, cross, crossings, type Agent, type Crossing } from './store';

const pageMax = 100;

/** The bounds of an agent: their own, else the market's. */
export function boundsOf(
  { rules, clock }: Pick<AgentsDeps, 'rules' | 'clock'>,
  agent: Pick<Agent, 'floatLowMinor' | 'floatHighMinor'> | undefined,
): { lowMinor: bigint; highMinor: bigint } {
  const { floatLowMinor, floatHighMinor } = rules.conduct(clock.now());
  return { lowMinor: agent?.floatLowMinor ?? floatLowMinor, highMinor: agent?.floatHighMinor ?? floatHighMinor };
}

/**
 * Tells agents whose float has become too small or too large, and the super-agent where it is too small: once a crossing,
 * however many look. Where the float was is a column that moves on with the message. Returns how many crossings.
 */
export async function watchFloats(deps: AgentsDeps): Promise<number> {
  const { lowMinor, highMinor } = boundsOf(deps, undefined);
  let told = 0;
  for (;;) {
    const page = await crossings(deps.db, { lowMinor, highMinor, limit: pageMax });
    for (const crossing of page) {
      const isOurs = await deps.db.tx(async (tx) => {
        if (!(await cross(tx, crossing))) return false;
        await tell(deps, tx, crossing);
        return true;
      });
      if (isOurs) told += 1;
    }
    if (page.length < pageMax) return told;
  }
}

async function tell(deps: AgentsDeps, tx: Tx, { agentId, to, floatMinor }: Crossing): Promise<void> {
  const { identity, notifications, market } = deps;
  if (to === 'normal') return;
  const agent = await identity.byId(tx, agentId);
  assert(agent, 'customers are never deleted');
  const amount = formatMoney(floatMinor, market.currency);
  const { serviceCode } = market;
  await notifications.tell(tx, agent, to === 'low' ? 'sms.floatLow' : 'sms.floatHigh', { amount, serviceCode });
  const row = to === 'low' ? await agentById(tx, agentId) : undefined;
  const superAgent = row?.superAgentId ? await identity.byId(tx, row.superAgentId) : undefined;
  if (superAgent?.status !== 'active') return;
  const msisdn = nationalForm(agent.msisdn, market.country);
  await notifications.tell(tx, superAgent, 'sms.floatLowBelow', { name: { name: fullName(agent) }, msisdn });
}
