import { assert, dayOf, formatDay, formatMoney, plusMs, startOfDay } from '../platform';
import type { AgentsDeps } from './deps';
import { addAgents, insertReport, unreported } from './store';

const pageMax = 100;
const dayMs = 24 * 3_600_000;
/** What was missed while nothing ran is made good so far back. */
const daysBack = 7;

/**
 * Tells each agent, once, of every day that is over: what came in and went out, the commission, how often the float was
 * too small, and the float as it is now. Returns how many reports.
 */
export async function reportDays(deps: AgentsDeps): Promise<number> {
  await addAgents(deps.db, dayOf(deps.clock.now(), deps.market));
  let sent = 0;
  for (const day of daysOver(deps)) sent += await reportDay(deps, day);
  return sent;
}

/** The days that are over, the oldest first, as `2026-01-31`. */
function daysOver({ clock, market }: AgentsDeps): string[] {
  const noon = plusMs(startOfDay(dayOf(clock.now(), market), market), dayMs / 2); // noon is in its day, whatever clocks do
  return Array.from({ length: daysBack }, (_, index) => dayOf(plusMs(noon, (index - daysBack) * dayMs), market));
}

async function reportDay(deps: AgentsDeps, day: string): Promise<number> {
  for (let sent = 0; ;) {
    const page = await unreported(deps.db, { day, limit: pageMax });
    for (const one of page) if (await report(deps, day, one)) sent += 1;
    if (page.length < pageMax) return sent;
  }
}

async function report(
  { db, identity, notifications, payments, market }: AgentsDeps,
  day: string,
  { agentId, floatMinor }: { agentId: string; floatMinor: bigint },
): Promise<boolean> {
  const from = startOfDay(day, market);
  const noon = plusMs(from, dayMs / 2);
  const to = startOfDay(dayOf(plusMs(noon, dayMs), market), market);
  const served = await payments.served(agentId, { from, to });
  // Where room is short, without cents: the statement has them.
  const total = (minor: bigint) => {
    const long = formatMoney(minor, market.currency);
    return { long, short: long.replace(/\.\d+$/, '') };
  };
  return db.tx(async (tx) => {
    if (!(await insertReport(tx, agentId, day))) return false;
    const agent = await identity.byId(tx, agentId);
    assert(agent, 'customers are never deleted');
    await notifications.tell(tx, agent, 'sms.agentDay', {
      day: formatDay(noon, market),
      ...{ inCount: served.in.count, inAmount: total(served.in.amountMinor) },
      ...{ outCount: served.out.count, outAmount: total(served.out.amountMinor) },
      ...{ earned: total(served.commissionMinor), refused: served.shortOfFloat, float: total(floatMinor) },
    });
    return true;
  });
}
