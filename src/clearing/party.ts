import type { Customer, Identity } from '../identity';
import type { Outside } from '../payments';
import type { Msisdn } from '../platform';
import type { Party, PartyId } from '../switch';

/**
 * A phone number (E.164), a till's or a user number in the form of the scheme; where the kind must be said, it is a URI, such as
 * `mailto:bob@dfsp1.com` (31.5.1). An e-mail address is the same in capitals.
 */
export function partyIdOf(number: string): PartyId {
  const [, uriScheme, id = ''] = /^(mailto|acct):(.+)$/.exec(number) ?? [];
  if (uriScheme === 'mailto') return { idType: 'EMAIL', id: id.toLowerCase() };
  if (uriScheme === 'acct') return { idType: 'ACCOUNT_ID', id };
  if (number.startsWith('+')) return { idType: 'MSISDN', id: number.slice(1) };
  return { idType: number.length === tillDigits ? 'BUSINESS' : 'ALIAS', id: number };
}
const tillDigits = 6;

/** Who is reached here by what the scheme calls them: a phone's default person, or whoever has the user number. */
export async function customerOf(identity: Identity, { idType, id }: PartyId): Promise<Customer | undefined> {
  if (!/^\d{6,15}$/.test(id)) return undefined;
  const customer =
    idType === 'MSISDN'
      ? await identity.byMsisdn(`+${id}` as Msisdn)
      : idType === 'ALIAS'
        ? await identity.byUserNumber(id)
        : undefined;
  return customer?.status === 'active' ? customer : undefined;
}

/** A customer of ours as others see them. */
export function partyOf(customer: Customer, partyId: PartyId, dfspId: string): Party {
  const { firstName, lastName } = customer;
  return { partyId, dfspId, name: `${firstName} ${lastName}`, firstName, lastName };
}

const nameMax = 30;

/** Somebody at another provider as our customers see them: no longer than a name of ours may be. */
export function outsideOf({ partyId, dfspId, name, firstName, lastName }: Party): Outside {
  // A machine may have no name.
  const [first = '', ...others] = (name.trim() || partyId.id).split(/\s+/);
  const short = (text: string): string =>
    Array.from(text.replace(/[\p{C}\s]+/gu, ' ').trim())
      .slice(0, nameMax)
      .join('');
  return {
    dfspId,
    number: partyId.idType === 'MSISDN' ? `+${partyId.id}` : partyId.id,
    firstName: short(firstName ?? first),
    lastName: short(lastName ?? others.join(' ')),
  };
}
