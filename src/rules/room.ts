import type { Sql } from '../platform';
import { periodStart } from './periods';
import { usesOf } from './store';
import { periods, type Direction, type Limit, type Period, type Scope } from './types';

/** What is left of one period's allowance; what is absent is not limited. Never below zero. */
export interface Room {
  readonly scope: Scope;
  readonly period: Period;
  readonly amountLeftMinor?: bigint;
  readonly countLeft?: number;
}

/** What these limits leave to somebody at a moment, the shortest period first. */
export async function roomOf(
  sql: Sql,
  asked: { limits: readonly Limit[]; customerId: string; direction: Direction; at: Date; timeZone: string },
): Promise<Room[]> {
  const { limits, customerId, direction, at, timeZone } = asked;
  const start = (period: Period) => periodStart(at, period, timeZone);
  const starts = { day: start('day'), week: start('week'), month: start('month'), year: start('year') };
  const uses = await usesOf(sql, { customerId, direction, starts });
  return limits.flatMap((limit) =>
    periods.flatMap((period) => {
      const allowance = limit[period];
      if (!allowance) return [];
      const use = uses.find((one) => one.scope === limit.scope && one.period === period);
      const amountLeft = allowance.amountMinor !== undefined && allowance.amountMinor - (use?.amountMinor ?? 0n);
      const countLeft = allowance.count !== undefined && allowance.count - (use?.count ?? 0);
      return [
        {
          scope: limit.scope,
          period,
          ...(amountLeft !== false && { amountLeftMinor: amountLeft < 0n ? 0n : amountLeft }),
          ...(countLeft !== false && { countLeft: Math.max(0, countLeft) }),
        },
      ];
    }),
  );
}
