import type { Period } from './types';

const formats = new Map<string, Intl.DateTimeFormat>();

/** `2026-01-15`: what day it is there. */
export function localDate(at: Date, timeZone: string): string {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
    formats.set(timeZone, format);
  }
  return format.format(at);
}

/** The first day of the period that holds a moment there, as `2026-01-15`; a week begins on Monday. */
export function periodStart(at: Date, period: Period, timeZone: string): string {
  const day = localDate(at, timeZone);
  if (period === 'day') return day;
  if (period === 'month') return `${day.slice(0, 8)}01`;
  if (period === 'year') return `${day.slice(0, 5)}01-01`;
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() - ((date.getUTCDay() + 6) % 7));
  return date.toISOString().slice(0, 10);
}
