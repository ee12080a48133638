import type { Json } from '../platform';
import { mostSpecificLimit, scopeOf } from './limits';
import { periodStart } from './periods';
import { directions, partyRoles, periods, type Direction, type LimitRow, type Period, type Scope } from './types';

/** Somebody who has used or holds more than their tier allows; of amount and count what is limited. */
export interface Exceeding {
  readonly customerId: string;
  readonly tier: string;
  readonly direction: Direction;
  readonly scope: Scope;
  readonly period: Period | 'balance';
  readonly amountMinor: bigint;
  readonly amountMaxMinor: bigint | null;
  readonly count: number | null;
  readonly countMax: number | null;
}

/** What each role and tier may, as rows for tier_exceeding in 0014_tiers.sql. */
export function capsOf(
  rows: readonly LimitRow[],
  tiers: readonly string[],
  { at, timeZone }: { at: Date; timeZone: string },
): { caps: Json[]; balances: Json[] } {
  const people = partyRoles.flatMap((role) => tiers.map((tier) => ({ role, tier })));
  const scopes = [...new Set(rows.map(scopeOf))];
  const held = people.flatMap((party) =>
    directions.flatMap((direction) =>
      scopes.flatMap((scope) => {
        const row = mostSpecificLimit(rows, { direction, scope, party });
        return row ? [{ ...party, direction, scope, row }] : [];
      }),
    ),
  );
  const caps = held.flatMap(({ row, ...who }) =>
    periods.flatMap((period) => {
      const allowance = row[period];
      if (!allowance) return [];
      const most = { amount_max: allowance.amountMinor?.toString() ?? null, count_max: allowance.count ?? null };
      return [{ ...who, period, period_start: periodStart(at, period, timeZone), ...most }];
    }),
  );
  const balances = held.flatMap(({ role, tier, row }) =>
    row.balanceMaxMinor === undefined ? [] : [{ role, tier, balance_max: row.balanceMaxMinor.toString() }],
  );
  return { caps, balances };
}
