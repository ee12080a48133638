/** The one place that reads the clock on the wall, so that a whole call can be replayed to the letter. */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };

/** Adds milliseconds to a date. */
export function plusMs(date: Date, durationMs: number): Date {
  return new Date(date.getTime() + durationMs);
}
