import type { LimitPeriod } from '../../../src/ledger/port';

export type Periods = Readonly<Record<LimitPeriod, string>>;

/** The day, the Monday of the week, the month and the year of a moment in UTC. */
export function periodsOf(at: Date): Periods {
  const day = at.toISOString().slice(0, 10);
  const monday = new Date(`${day}T00:00:00Z`);
  monday.setUTCDate(monday.getUTCDate() - ((monday.getUTCDay() + 6) % 7));
  return { day, week: monday.toISOString().slice(0, 10), month: day.slice(0, 7), year: day.slice(0, 4) };
}
