import { fullName, type Customer } from '../identity';
import { err, ok, parseMsisdn, type Msisdn, type Result, type Sql } from '../platform';
import type { InTx } from './command';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const userNumber = /^[1-9]\d{7}$/;

/**
 * The person whom a member named, by phone number, user number or id.
 * Errors: `person_unknown`; `person_ambiguous` where several share the phone.
 */
export async function findPerson(
  { deps, tx }: Pick<InTx, 'deps'> & { readonly tx: Sql },
  typed: string,
): Promise<Result<Customer, 'person_unknown' | 'person_ambiguous'>> {
  const { identity, market } = deps;
  if (uuid.test(typed)) return known(await identity.byId(tx, typed.toLowerCase()));
  const msisdn = parseMsisdn(typed, market.country);
  const [person, ...others] = msisdn ? await identity.peopleOf(msisdn) : [];
  if (others.length > 0) return err('person_ambiguous');
  return known(person ?? (userNumber.test(typed) ? await identity.byUserNumber(typed) : undefined));
}

function known(customer: Customer | undefined): Result<Customer, 'person_unknown'> {
  return customer ? ok(customer) : err('person_unknown');
}

/** How the forensic log and an act's record name a person. */
export function aboutPerson({ customerId }: Pick<Customer, 'customerId'>): { kind: string; id: string } {
  return { kind: 'customer', id: customerId };
}

/** Enough to see whether it is the one who calls, too little to use: `Hamim J.`, `+2547*****001`. */
export function maskedRow(customer: Customer): Record<string, string> {
  const { userNumber: number, msisdn, role, tier, language, status } = customer;
  return {
    'user number': number,
    name: maskedName(customer),
    phone: msisdn === undefined ? '' : maskedPhone(msisdn),
    ...{ role, tier, language, status },
  };
}

function maskedName({ firstName, lastName }: Customer): string {
  return `${firstName} ${lastName.slice(0, 1)}.`;
}

function maskedPhone(msisdn: Msisdn): string {
  return `${msisdn.slice(0, 5)}${'*'.repeat(Math.max(msisdn.length - 8, 0))}${msisdn.slice(-3)}`;
}

/** All of it, for whoever said why they need it. */
export function openRow(customer: Customer): Record<string, string> {
  return { ...maskedRow(customer), name: fullName(customer), phone: customer.msisdn ?? '' };
}
