import type { Customer } from '../identity';
import type { Outside } from '../payments';
import type { Msisdn } from '../platform';
import type { Party, PartyId } from '../switch';

/** A phone number in the form of the scheme: digits only. */
export function partyIdOf(msisdn: Msisdn): PartyId {
  return { idType: 'MSISDN', id: msisdn.slice(1) };
}

/** Undefined for what is no phone number. */
export function msisdnOf({ idType, id }: PartyId): Msisdn | undefined {
  return idType === 'MSISDN' && /^\d{6,15}$/.test(id) ? (`+${id}` as Msisdn) : undefined;
}

/** A customer of ours as others see them. */
export function partyOf(customer: Customer, partyId: PartyId, dfspId: string): Party {
  const { firstName, lastName } = customer;
  return { partyId, dfspId, name: `${firstName} ${lastName}`, firstName, lastName };
}

const nameMax = 30;

/** Somebody at another provider as our customers see them: no longer than a name of ours may be. */
export function outsideOf({ partyId, dfspId, name, firstName, lastName }: Party): Outside {
  const [first = '', ...others] = name.trim().split(/\s+/);
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
