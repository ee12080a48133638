import type { Customer } from '../identity';
import { err, ok, parseMsisdn, type Result } from '../platform';
import type { InTx } from './command';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The person whom a member named, by phone number or id. Errors: `person_unknown`. */
export async function findPerson(
  { deps, tx }: Pick<InTx, 'deps' | 'tx'>,
  typed: string,
): Promise<Result<Customer, 'person_unknown'>> {
  const { identity, market } = deps;
  if (uuid.test(typed)) return orUnknown(await identity.byId(tx, typed.toLowerCase()));
  const msisdn = parseMsisdn(typed, market.country);
  return orUnknown(msisdn && (await identity.byMsisdn(msisdn)));
}

function orUnknown(customer: Customer | undefined): Result<Customer, 'person_unknown'> {
  return customer ? ok(customer) : err('person_unknown');
}

/** How the forensic log and an act's record name a person. */
export function aboutPerson({ customerId }: Pick<Customer, 'customerId'>): { kind: string; id: string } {
  return { kind: 'customer', id: customerId };
}
