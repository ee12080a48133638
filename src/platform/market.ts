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
