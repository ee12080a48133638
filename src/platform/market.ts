import type { CountryCode } from 'libphonenumber-js';
import type { Currency } from './money';

/** ISO 3166-1 alpha-2. */
export type Country = CountryCode;

/** Where this provider works. */
export interface Market {
  /** How numbers without a country code are read. */
  readonly country: Country;
  readonly currency: Currency;
  /** IANA name: when a day begins, and what time receipts say. */
  readonly timeZone: string;
  /** What customers dial, e.g. `*384*123#`. */
  readonly serviceCode: string;
}

/** `20/11 14:05`, in the market's time. */
export function formatDateTime(date: Date, { timeZone }: Market): string {
  const parts = {
    timeZone,
    day: '2-digit',
    month: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hour12: false,
  } as const;
  return new Intl.DateTimeFormat('en-GB', parts).format(date).replace(', ', ' ');
}

/** `20/11`, in the market's time. */
export function formatDay(date: Date, { timeZone }: Market): string {
  return new Intl.DateTimeFormat('en-GB', { timeZone, day: '2-digit', month: '2-digit' }).format(date);
}

/** `2026-11-20`: the market's day at that moment. */
export function dayOf(date: Date, { timeZone }: Pick<Market, 'timeZone'>): string {
  const parts = { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' } as const;
  return new Intl.DateTimeFormat('en-CA', parts).format(date);
}

const quarterMs = 15 * 60_000;

/** When that day (`2026-11-20`) begins there. A zone is at most 14 hours ahead and 12 behind, by whole quarters of an hour. */
export function startOfDay(day: string, market: Pick<Market, 'timeZone'>): Date {
  const utcMs = Date.parse(`${day}T00:00:00Z`);
  for (let atMs = utcMs - 14 * 4 * quarterMs; ; atMs += quarterMs) {
    if (dayOf(new Date(atMs), market) >= day) return new Date(atMs);
  }
}
