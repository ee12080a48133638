import type { HeldAccount } from '../accounts';
import type { Customer } from '../identity';
import { err, ok, type Msisdn, type Result } from '../platform';
import type { InvoicesDeps } from './deps';
import type { InvoiceError } from './errors';
import type { Operator } from './invoice';
import { operatorsOf } from './till-store';

/** Somebody who may sell on an account. */
export interface Seller {
  readonly accountId: string;
  readonly owner: Customer;
  /** Set for who sells at the account's till without holding it. */
  readonly operator: Operator | null;
}

/**
 * R37, R65: whoever holds an account of a merchant sells on it, signatory or not; so does an operator of its till.
 * Nobody else does, whatever the menu showed. Errors: `not_allowed`.
 */
export async function sellerOn(
  deps: InvoicesDeps,
  { customerId, accountId }: { customerId: string; accountId: string },
): Promise<Result<Seller, 'not_allowed'>> {
  const { accounts, db } = deps;
  const held = await accounts.find(db, customerId, accountId);
  if (held && held.purpose !== 'commission') {
    const owner = await merchant(deps, held.ownerId);
    if (owner) return ok({ accountId, owner, operator: null });
  }
  const operator = (await operatorsOf(db, customerId)).find(({ till }) => till.accountId === accountId);
  const owner = operator && (await merchant(deps, operator.till.ownerId));
  return owner ? ok({ accountId, owner, operator }) : err('not_allowed');
}

/** Where somebody sells: the account that they work with where it is a merchant's, else the first till that they serve. */
export async function placeOf(
  deps: InvoicesDeps,
  { customerId, accountId }: { customerId: string; accountId: string },
): Promise<Seller | undefined> {
  const here = await sellerOn(deps, { customerId, accountId });
  if (here.ok) return here.value;
  const [first] = await operatorsOf(deps.db, customerId);
  const owner = first && (await merchant(deps, first.till.ownerId));
  return owner && { accountId: first.till.accountId, owner, operator: first };
}

/** What an account that is a merchant's may be looked over by: its holders, and none of its operators. */
export async function holderOf(
  deps: InvoicesDeps,
  { customerId, accountId }: { customerId: string; accountId: string },
): Promise<Result<{ held: HeldAccount; owner: Customer }, InvoiceError>> {
  const held = await deps.accounts.find(deps.db, customerId, accountId);
  const owner = held && held.purpose !== 'commission' ? await merchant(deps, held.ownerId) : undefined;
  return held && owner ? ok({ held, owner }) : err('not_allowed');
}

/** Whoever has this user number, or is reached by this phone (E.164). */
export function personBy({ identity }: InvoicesDeps, number: string): Promise<Customer | undefined> {
  return number.startsWith('+') ? identity.byMsisdn(number as Msisdn) : identity.byUserNumber(number);
}

/** Q4: what an account may do follows its owner's role. */
async function merchant({ identity, db }: InvoicesDeps, customerId: string): Promise<Customer | undefined> {
  const customer = await identity.byId(db, customerId);
  return customer?.status === 'active' && customer.role === 'merchant' ? customer : undefined;
}
