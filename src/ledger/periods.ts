import { err, ok, type Result, type Sql, type Tx } from '../platform';
import type { Actor, Period, PeriodError } from './port';
import * as store from './periods-store';

/** A month as people write it. */
const monthShape = /^(20|21)\d\d-(0[1-9]|1[0-2])$/;

export function isMonth(text: string): boolean {
  return monthShape.test(text);
}

/**
 * Closes a month, `2026-01`, in UTC: what every account that moved in it held at its end is written down for good, with
 * the trial balance, where the chains of the forensic log stood and one hash over all their links. Closing it again
 * gives what was written first. Takes as long as reading the month once; nobody waits for it.
 */
export async function closePeriod(
  tx: Tx,
  month: string,
  actor: Actor,
  now: Date,
): Promise<Result<Period, PeriodError>> {
  if (!isMonth(month)) return err('month_malformed');
  await store.allowTime(tx);
  const refusal = await store.closePeriod(tx, month, { actor, now });
  if (refusal !== null) return err(refusal);
  const [period] = await store.readPeriods(tx, month);
  return period ? ok(period) : err('period_open');
}

/** All closed months, the oldest first. */
export function readPeriods(sql: Sql): Promise<Period[]> {
  return store.readPeriods(sql);
}
