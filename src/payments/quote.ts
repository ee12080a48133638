import type { HeldAccount } from '../accounts';
import type { Customer } from '../identity';
import {
  assert,
  err,
  formatMoney,
  ok,
  plusMs,
  type Currency,
  type Detail,
  type Msisdn,
  type Result,
} from '../platform';
import type { Channel, Product } from '../rules';
import type { PaymentsDeps } from './deps';
import type { PaymentError } from './errors';
import { countedOf } from './limits';
import type { Quote } from './payment';
import { products } from './products';
import { insertQuote } from './store';

/** The other side of a payment: a person, who is paid into the primary account (R17), or one account. */
export type Target =
  | { readonly msisdn: Msisdn }
  | { readonly userNumber: string }
  | { readonly customerId: string }
  | { readonly accountId: string };

/** What was typed to say who: a phone number (E.164) or a user number. Anything else is nobody's here. */
export function targetOf(number: string): Target {
  return number.startsWith('+') ? { msisdn: number as Msisdn } : { userNumber: number };
}

export interface LookupRequest {
  readonly product: Product;
  readonly initiatorId: string;
  /** The initiator's account; default: the primary one, or the only one that the product debits. */
  readonly accountId?: string;
  /** The side on which the initiator stands, where the product allows both; default: the first that it allows. */
  readonly as?: 'payer' | 'payee';
  readonly to: Target;
}

export interface QuoteRequest extends LookupRequest {
  readonly amountMinor: bigint;
  /** Default: `ussd`. */
  readonly channel?: Channel;
  /** Held until it is approved. Default: whatever a payee asks for is. */
  readonly held?: boolean;
  /** What it is for: an invoice. */
  readonly subjectId?: string;
}

type LookupError = Extract<
  PaymentError,
  'payee_unknown' | 'payee_self' | 'not_allowed' | 'not_signatory' | 'payee_not_agent' | 'payee_not_merchant'
>;

/** One side: the account, and whose it is. */
export interface Side {
  readonly owner: Customer;
  readonly accountId: string;
}

export interface Found {
  /** `own` where somebody sends to another account of their own. */
  readonly product: Product;
  readonly askedAs: 'payer' | 'payee';
  readonly payer: Side;
  readonly payee: Side;
  /** The side on which the initiator does not stand. */
  readonly other: Customer;
}

/**
 * Who would pay whom, before the amount is known.
 * Errors: `not_allowed`, `not_signatory`, `payee_unknown`, `payee_self`, `payee_not_agent`, `payee_not_merchant`.
 */
export async function lookup(deps: PaymentsDeps, request: LookupRequest): Promise<Result<Found, LookupError>> {
  const spec = products[request.product];
  const askedAs = request.as ?? (Object.keys(spec.asksAs)[0] as 'payer' | 'payee' | undefined);
  if (askedAs === undefined) return err('not_allowed');
  const own = await initiatorsSide(deps, request, askedAs);
  if (!own.ok) return own;
  const other = await otherSide(deps, request.to);
  if (!other) return err('payee_unknown');
  const [payer, payee] = askedAs === 'payer' ? [own.value, other] : [other, own.value];
  const wanted = spec.payeeIs;
  if (wanted && !wanted.includes(payee.owner.role)) {
    return err(wanted.includes('merchant') ? 'payee_not_merchant' : 'payee_not_agent');
  }
  const product = productBetween(request.product, payer, payee);
  return product.ok ? ok({ product: product.value, askedAs, payer, payee, other: other.owner }) : product;
}

/** Q4: what an account may do follows its owner's role, and whoever takes from it must be a signatory. */
export async function initiatorsSide(
  { accounts, identity, db }: PaymentsDeps,
  { product, initiatorId, accountId }: Pick<LookupRequest, 'product' | 'initiatorId' | 'accountId'>,
  askedAs: 'payer' | 'payee',
): Promise<Result<Side, LookupError>> {
  const spec = products[product];
  const held = await accounts.of(db, initiatorId);
  const isMeant = (account: HeldAccount): boolean =>
    accountId === undefined
      ? account.purpose === spec.debits && (account.isPrimary || spec.debits !== 'main')
      : account.accountId === accountId;
  const account = held.find(isMeant);
  if (account?.purpose !== spec.debits) return err('not_allowed');
  if (askedAs === 'payer' && account.rank === 'viewer') return err('not_signatory');
  const owner = await identity.byId(db, account.ownerId);
  if (owner?.status !== 'active' || spec.asksAs[askedAs]?.includes(owner.role) !== true) return err('not_allowed');
  return ok({ owner, accountId: account.accountId });
}

async function otherSide({ accounts, identity, db }: PaymentsDeps, to: Target): Promise<Side | undefined> {
  if ('accountId' in to) {
    const account = await accounts.byId(db, to.accountId);
    const isOpen = account?.status === 'open' && account.purpose !== 'commission'; // filled by commissions only
    const owner = isOpen ? await identity.byId(db, account.ownerId) : undefined;
    return owner?.status === 'active' ? { owner, accountId: to.accountId } : undefined;
  }
  const owner = await personOf({ identity, db }, to);
  const primary = owner?.status === 'active' ? await accounts.primaryOf(db, owner.customerId) : undefined;
  return owner && primary && { owner, accountId: primary.accountId };
}

function personOf(
  { identity, db }: Pick<PaymentsDeps, 'identity' | 'db'>,
  to: Exclude<Target, { accountId: string }>,
): Promise<Customer | undefined> {
  if ('msisdn' in to) return identity.byMsisdn(to.msisdn);
  return 'userNumber' in to ? identity.byUserNumber(to.userNumber) : identity.byId(db, to.customerId);
}

/** R140, R142, Q11: to the same account is refused; to another of one's own is no payment to somebody. */
function productBetween(product: Product, payer: Side, payee: Side): Result<Product, 'payee_self' | 'not_allowed'> {
  const sameOwner = payer.owner.customerId === payee.owner.customerId;
  const within = product === 'own' || product === 'sweep';
  if (payer.accountId === payee.accountId) return err('payee_self');
  if (!sameOwner) return within ? err('not_allowed') : ok(product);
  if (within) return ok(product);
  return product === 'send' ? ok('own') : err('payee_self');
}

/**
 * What it would cost, kept until it expires. Errors: those of `lookup`, and `amount_invalid`, `limit_transfer_min`,
 * `limit_transfer_max` (details `min`, `max`).
 */
export async function makeQuote(deps: PaymentsDeps, request: QuoteRequest): Promise<Result<Quote, PaymentError>> {
  const quote = await priced(deps, request);
  return quote.ok ? kept(deps, quote.value) : quote;
}

/** The same, kept nowhere, and not yet held against what one payment may be. Errors: those of `lookup`, and `amount_invalid`. */
export async function priced(deps: PaymentsDeps, request: QuoteRequest): Promise<Result<Quote, PaymentError>> {
  const { amountMinor, initiatorId, channel = 'ussd', subjectId = null } = request;
  if (amountMinor <= 0n || amountMinor > deps.rules.amountMaxMinor) return err('amount_invalid');
  const found = await lookup(deps, request);
  if (!found.ok) return found;
  const { product, askedAs, payer, payee } = found.value;
  const now = deps.clock.now();
  const price = deps.rules.price({ product, channel, payer: payer.owner, payee: payee.owner, amountMinor, at: now });
  return ok({
    quoteId: deps.ids.uuid(),
    product,
    channel,
    initiatorId,
    askedAs,
    payerId: payer.owner.customerId,
    payeeId: payee.owner.customerId,
    payerAccountId: payer.accountId,
    payeeAccountId: payee.accountId,
    commissionAccountId: await commissionAccountOf(deps, product, {
      payer: payer.owner.customerId,
      payee: payee.owner.customerId,
    }),
    currency: deps.rules.currency,
    amountMinor,
    feeMinor: price.payerFeeMinor,
    payeeFeeMinor: price.payeeFeeMinor,
    feeBackMinor: 0n,
    commissionMinor: price.commissionMinor,
    ruleVersion: price.ruleVersion,
    subjectId,
    outside: null,
    held: request.held ?? askedAs === 'payee',
    createdAt: now,
    expiresAt: plusMs(now, deps.limits.quoteTtlMs),
  });
}

/** Keeps a quote whose amount one payment may have. Errors: as `fitting`. */
export async function kept(deps: PaymentsDeps, quote: Quote): Promise<Result<Quote, PaymentError>> {
  const fits = await fitting(deps, quote);
  if (fits.ok) await insertQuote(deps.db, quote);
  return fits;
}

/** A quote whose amount one payment may have. Errors: `limit_transfer_min`, `limit_transfer_max`, `payee_refused`. */
export async function fitting(deps: PaymentsDeps, quote: Quote): Promise<Result<Quote, PaymentError>> {
  const broken = deps.rules.transferRefusal(await countedOf(deps, quote, quote.createdAt));
  return broken ? err(...transferError(broken, quote.currency)) : ok(quote);
}

/** R156: the payer's own bound is told, the payee's is the payee's business. */
function transferError(
  { direction, limit, boundMinor }: NonNullable<ReturnType<PaymentsDeps['rules']['transferRefusal']>>,
  currency: Currency,
): [PaymentError, Detail] {
  const bound = formatMoney(boundMinor ?? 0n, currency);
  if (direction === 'in') return ['payee_refused', {}];
  return limit === 'transfer_min' ? ['limit_transfer_min', { min: bound }] : ['limit_transfer_max', { max: bound }];
}

/** R66, R99: where the agent who earns by it keeps the commission. */
export async function commissionAccountOf(
  { accounts, db }: PaymentsDeps,
  product: Product,
  sides: { readonly payer?: string; readonly payee: string },
): Promise<string | null> {
  const { earns } = products[product];
  const agentId = earns && sides[earns];
  if (agentId === undefined) return null;
  const held = await accounts.of(db, agentId);
  const account = held.find(({ purpose, rank }) => purpose === 'commission' && rank === 'owner');
  assert(account, 'an agent has a commission account');
  return account.accountId;
}
