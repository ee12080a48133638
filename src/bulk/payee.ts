import { targetOf, type Outside, type Target } from '../payments';
import { err, ok, parseMsisdn, parseUserNumber, type Result } from '../platform';
import type { Party } from '../switch';
import type { BulkDeps } from './deps';
import type { Bulk } from './store';

/** Who is behind a number: here, or at another provider. */
export type Found =
  | { readonly name: string; readonly here: Target }
  | { readonly name: string; readonly there: { readonly party: Party; readonly outside: Outside } };

/**
 * Whoever is a customer here is paid here; only a number that is nobody's is asked for elsewhere, as by phone.
 * Errors: `payee_malformed`; those of a lookup, and of whoever asks other providers.
 */
export async function findPayee(
  { payments, scheme, market }: BulkDeps,
  { ownerId, accountId }: Pick<Bulk, 'ownerId' | 'accountId'>,
  payee: string,
): Promise<Result<Found, string>> {
  const number = parseUserNumber(payee) ?? parseMsisdn(payee, market.country);
  if (number === undefined) return err('payee_malformed');
  const here = targetOf(number);
  const known = await payments.lookup({ product: 'send', initiatorId: ownerId, accountId, to: here });
  if (known.ok) {
    const { product, other } = known.value;
    return product === 'send' ? ok({ name: `${other.firstName} ${other.lastName}`, here }) : err('payee_self');
  }
  if (known.error !== 'payee_unknown') return known;
  const there = await scheme.recentPayee(number);
  if (!there.ok) return there;
  const { firstName, lastName } = there.value.outside;
  return ok({ name: `${firstName} ${lastName}`.trim(), there: there.value });
}

/**
 * Why a row can't be paid is a code of payments, or one of ours: `payee_malformed`; `name_differs`: somebody else is behind the number
 * than is expected; `payee_changed`: since it was looked at, the number has gone to somebody else; `stopped`: the staff ended it.
 *
 * What may be otherwise later: money, limits, and whoever was away (R263). What else is said stays so.
 */
export function isTemporary(problem: string): boolean {
  const periods = /^limit_((amount|count)_(day|week|month|year)|reached)$/;
  return temporary.has(problem) || periods.test(problem);
}

const temporary: ReadonlySet<string> = new Set(['scheme_away', 'scheme_limit', 'quote_expired', 'funds_insufficient']);
