import { formatMoney, type Attachment, type Detail, type Sql, type Tx } from '../platform';
import { refusalOfConstraint, type CountedPayment } from '../rules';
import type { PaymentsDeps } from './deps';
import type { LimitError, PaymentError } from './errors';
import type { Terms } from './payment';

/**
 * Limits are counted per person, on the rows that commit with the money: whose account it is counts, not who asked. What
 * a limit of the payee refuses is told as the payee's refusal, and no more.
 */

type LimitDeps = Pick<PaymentsDeps, 'accounts' | 'identity' | 'rules'> & { readonly db: Sql };

/** A payment as limits see it. `at`: when its money is moved or held. */
export async function countedOf(deps: LimitDeps, terms: Terms, at: Date): Promise<CountedPayment> {
  const { product, channel, amountMinor, payerId, payeeId } = terms;
  const [payer, payee] = await Promise.all([partyOf(deps, payerId), partyOf(deps, payeeId)]);
  return { product, channel, amountMinor, at, payer, payee };
}

async function partyOf(
  { accounts, identity, db }: LimitDeps,
  customerId: string | null,
): Promise<CountedPayment['payer']> {
  const customer = customerId === null ? undefined : await identity.byId(db, customerId);
  if (!customer) return undefined;
  const held = await accounts.of(db, customer.customerId);
  const accountIds = held.filter(({ ownerId }) => ownerId === customer.customerId).map(({ accountId }) => accountId);
  return { customerId: customer.customerId, role: customer.role, tier: customer.tier, accountIds };
}

/** What counts it, with its money: refused where it would pass a limit. */
export async function useRows(deps: LimitDeps, terms: Terms, at: Date): Promise<Attachment[]> {
  return deps.rules.useAttachments(await countedOf(deps, terms, at));
}

/** Q12: what was held and comes to nothing gives its amount back, in the periods in which it was held. */
export async function returnRows(deps: LimitDeps, terms: Terms, heldAt: Date): Promise<Attachment[]> {
  return deps.rules.returnAttachments(await countedOf(deps, terms, heldAt));
}

/** R157: a payment that failed was a try, but for one that a limit refused. */
export async function countFailed(
  deps: LimitDeps,
  tx: Tx,
  { terms, failure, at }: { terms: Terms; failure: PaymentError; at: Date },
): Promise<void> {
  if (!isLimit(failure)) await deps.rules.countFailed(tx, await countedOf({ ...deps, db: tx }, terms, at)); // a second connection could be waited for without end
}

/** What a violated limit means; undefined where the constraint is none. */
export function limitRefusal(constraint: string): PaymentError | undefined {
  const refusal = refusalOfConstraint(constraint);
  if (!refusal) return undefined;
  const { direction, limit, period } = refusal;
  if (direction === 'in' || limit === 'balance') return 'payee_refused';
  if (limit === 'amount' || limit === 'count') return `limit_${limit}_${period ?? 'day'}`;
  return 'limit_reached';
}

export function isLimit(error: PaymentError): error is LimitError {
  return error.startsWith('limit_');
}

/** How much is left to the payer in the period whose limit was reached. */
export async function limitDetail(deps: LimitDeps, error: LimitError, terms: Terms, at: Date): Promise<Detail> {
  const [, what, period] = error.split('_');
  const payer = await partyOf(deps, terms.payerId);
  if (what !== 'amount' || !payer) return {};
  const { product, channel } = terms;
  const rooms = await deps.rules.room(deps.db, {
    ...{ direction: 'out', party: payer, product, channel, at },
    customerId: payer.customerId,
  });
  const left = rooms
    .flatMap((room) => (room.period === period && room.amountLeftMinor !== undefined ? [room.amountLeftMinor] : []))
    .reduce<bigint | undefined>((least, one) => (least === undefined || one < least ? one : least), undefined);
  return { left: formatMoney(left ?? 0n, terms.currency) };
}
