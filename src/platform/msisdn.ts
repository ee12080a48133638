import { parsePhoneNumberFromString, type CountryCode } from 'libphonenumber-js';

/** A phone number in E.164, e.g. `+254700000001`. */
export type Msisdn = string & { readonly __brand: 'Msisdn' };

/**
 * Reads a number as a person types it (`0712 345 678`, `254712345678`, `+254…`, `00254…`) in the market's country.
 * Undefined when it is no possible number.
 */
export function parseMsisdn(typed: string, country: CountryCode): Msisdn | undefined {
  const digits = typed.replace(/[\s\-().]/g, '');
  if (!/^\+?\d{6,18}$/.test(digits)) return undefined;
  const international = digits.startsWith('00') ? `+${digits.slice(2)}` : digits;
  const candidates =
    international.startsWith('+') || international.startsWith('0')
      ? [international]
      : [international, `+${international}`];
  for (const candidate of candidates) {
    const parsed = parsePhoneNumberFromString(candidate, country);
    if (parsed?.isValid()) return parsed.number as Msisdn;
  }
  return undefined;
}

/** `+254700000001` → `0700000001` in its own country, with the country code elsewhere; nothing for no number. */
export function nationalForm(msisdn: Msisdn | undefined, country: CountryCode): string {
  if (msisdn === undefined) return '';
  const parsed = parsePhoneNumberFromString(msisdn, { extract: false }); // nothing else stands around it
  return parsed?.country === country ? parsed.formatNational().replace(/\s/g, '') : msisdn;
}

/** `0700000001` → `0700***001`: enough for somebody who knows the number, and for nobody else. */
export function maskedForm(msisdn: Msisdn | undefined, country: CountryCode): string {
  const shown = nationalForm(msisdn, country);
  return shown.length > 7 ? `${shown.slice(0, 4)}***${shown.slice(-3)}` : shown;
}
