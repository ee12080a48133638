import { plusMs } from '../platform';
import { midnight } from '../rules';
import type { SettlementDeps } from './deps';
import { reconcile } from './reconcile';
import { isComparedDay, reconciliationBy } from './reconcile-store';

/**
 * The market's day that was over last is compared by itself, as soon as what was decided in it can't be on its way any more. A day
 * is compared once, whatever the number of processes and of their starts; where the scheme is away it is tried again, and one
 * that has no statement is compared by its file alone.
 */

const dayMs = 24 * 3_600_000;
const by = { kind: 'system', id: 'reconciliation' } as const;

/** Returns how many days were compared: one or none. */
export async function reconcileDay(deps: SettlementDeps): Promise<number> {
  const { clock, db, graceMs, market } = deps;
  const day = dayOf(plusMs(clock.now(), -graceMs - dayMs), market.timeZone);
  const from = midnight(day, market.timeZone);
  const to = midnight(dayOf(plusMs(from, 1.5 * dayMs), market.timeZone), market.timeZone);
  if (await reconciliationBy(db, { day })) return 0;
  try {
    return (await reconcile(deps, { from, to, by, cause: { day } })).ok ? 1 : 0;
  } catch (error) {
    if (!isComparedDay(error)) throw error;
    return 0;
  }
}

/** `2026-01-15`, by the market's calendar. */
function dayOf(at: Date, timeZone: string): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone }).format(at);
}
