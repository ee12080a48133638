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

/** Making a format costs as much as using it a hundred times: one is kept for each zone, of which a process has one or two. */
function kept(locale: string, parts: Intl.DateTimeFormatOptions): (timeZone: string) => Intl.DateTimeFormat {
  const formats = new Map<string, Intl.DateTimeFormat>();
  return (timeZone) => {
    const format = formats.get(timeZone) ?? new Intl.DateTimeFormat(locale, { ...parts, timeZone });
    formats.set(timeZone, format);
    return format;
  };
}

const dayAndMonth = { day: '2-digit', month: '2-digit' } as const;
const dateTimes = kept('en-GB', { ...dayAndMonth, hour: '2-digit', minute: '2-digit', hour12: false });
const days = kept('en-GB', dayAndMonth);
const isoDays = kept('en-CA', { ...dayAndMonth, year: 'numeric' });

/** `20/11 14:05`, in the market's time. */
export function formatDateTime(date: Date, { timeZone }: Market): string {
  return dateTimes(timeZone).format(date).replace(', ', ' ');
}

/** `20/11`, in the market's time. */
export function formatDay(date: Date, { timeZone }: Market): string {
  return days(timeZone).format(date);
}

/** `2026-11-20`: the market's day at that moment. */
export function dayOf(date: Date, { timeZone }: Pick<Market, 'timeZone'>): string {
  return isoDays(timeZone).format(date);
}

const quarterMs = 15 * 60_000;

/** When that day (`2026-11-20`) begins there. A zone is at most 14 hours ahead and 12 behind, by whole quarters of an hour. */
export function startOfDay(day: string, market: Pick<Market, 'timeZone'>): Date {
  const utcMs = Date.parse(`${day}T00:00:00Z`);
  for (let atMs = utcMs - 14 * 4 * quarterMs; ; atMs += quarterMs) {
    if (dayOf(new Date(atMs), market) >= day) return new Date(atMs);
  }
}
