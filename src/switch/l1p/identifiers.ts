import type { PartyId } from '../port';

/** Identifiers are URIs (31.5.1), and accounts have addresses (20.4.1). */

const uris: Readonly<Partial<Record<PartyId['idType'], { readonly type: string; readonly pattern: RegExp }>>> = {
  MSISDN: { type: 'tel', pattern: /^[1-9]\d{1,14}$/ },
  // A user number of the central end user registry.
  ALIAS: { type: 'eur', pattern: /^[\w.@~+-]{1,128}$/ },
  EMAIL: { type: 'mailto', pattern: /^[\w.@~+-]{1,128}$/ },
  // A till of a shop.
  BUSINESS: { type: 'acct', pattern: /^[\w.@~+-]{1,128}$/ },
  // An ATM, or what a shop takes payments with.
  DEVICE: { type: 'acct', pattern: /^[\w.@~+-]{1,128}$/ },
  ACCOUNT_ID: { type: 'acct', pattern: /^[\w.@~+-]{1,128}$/ },
};

/** `tel:+254700000001`; undefined for what this scheme has no identifiers of. */
export function uriOf({ idType, id }: PartyId): string | undefined {
  const uri = uris[idType];
  if (!uri?.pattern.test(id)) return undefined;
  return `${uri.type}:${idType === 'MSISDN' ? '+' : ''}${id}`;
}

/** By which a provider itself is found in the directory. */
export function uriOfMember(dfspId: string): string {
  return `eur:${dfspId}`;
}

/**
 * `private.l1p.KEN.two.254700000002.msisdn[.<sub>]`: by the account's number, then by what number that is. What may not
 * stand in an address is base64url behind a tilde. No identifier is long enough to come near the 1023 characters.
 */
export function addressOf(country: string, dfspId: string, { idType, id, subId }: PartyId): string {
  const rest = [
    segment(id),
    idType.toLowerCase().replaceAll('_', '-'),
    ...(subId === undefined ? [] : [segment(subId)]),
  ];
  return ['private.l1p', country, dfspId, ...rest].join('.');
}

function segment(text: string): string {
  return /^[\w-]{1,128}$/.test(text) ? text : `~${Buffer.from(text).toString('base64url')}`;
}
