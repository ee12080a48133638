import type { Customer } from '../identity';
import { assert, err, ok, plusMs, type Msisdn, type Result } from '../platform';
import type { Product } from '../rules';
import type { PaymentsDeps } from './deps';
import type { PaymentError } from './errors';
import type { Quote } from './payment';
import { insertQuote } from './store';

export interface QuoteRequest {
  readonly product: Product;
  /** Who asks: the payer of a send, the agent of a cash-in or cash-out. */
  readonly initiatorId: string;
  /** The other side. */
  readonly msisdn: Msisdn;
  readonly amountMinor: bigint;
}

type LookupError = Extract<PaymentError, 'payee_unknown' | 'payee_self' | 'not_allowed'>;

/** The other side of a payment, by number. Errors: `not_allowed`, `payee_unknown`, `payee_self`. */
export async function lookup(
  deps: PaymentsDeps,
  { product, initiatorId, msisdn }: Omit<QuoteRequest, 'amountMinor'>,
): Promise<Result<{ initiator: Customer; other: Customer }, LookupError>> {
  const initiator = await deps.identity.byId(deps.db, initiatorId);
  if (initiator === undefined) return err('not_allowed');
  if (product !== 'send' && initiator.role !== 'agent') return err('not_allowed');
  const other = await deps.identity.byMsisdn(msisdn);
  if (other?.status !== 'active') return err('payee_unknown');
  return other.customerId === initiatorId ? err('payee_self') : ok({ initiator, other });
}

/** What it would cost, kept until it expires. Errors: those of `lookup`, and `amount_invalid`. */
export async function makeQuote(deps: PaymentsDeps, request: QuoteRequest): Promise<Result<Quote, PaymentError>> {
  const { product, amountMinor } = request;
  if (amountMinor <= 0n || amountMinor > deps.rules.amountMaxMinor) return err('amount_invalid');
  const found = await lookup(deps, request);
  if (!found.ok) return found;
  const { initiator, other } = found.value;
  const [payer, payee] = product === 'cash_out' ? [other, initiator] : [initiator, other];
  const now = deps.clock.now();
  const price = deps.rules.price({ product, channel: 'ussd', payer, payee, amountMinor, at: now });
  const quote: Quote = {
    quoteId: deps.ids.uuid(),
    product,
    initiatorId: initiator.customerId,
    payerId: payer.customerId,
    payeeId: payee.customerId,
    payerAccountId: await mainAccountOf(deps, payer),
    payeeAccountId: await mainAccountOf(deps, payee),
    commissionAccountId: await commissionAccountOf(deps, initiator),
    currency: deps.rules.currency,
    amountMinor,
    feeMinor: price.payerFeeMinor,
    commissionMinor: price.commissionMinor,
    createdAt: now,
    expiresAt: plusMs(now, deps.limits.quoteTtlMs),
  };
  await insertQuote(deps.db, quote);
  return ok(quote);
}

async function mainAccountOf({ accounts, db }: PaymentsDeps, { customerId }: Customer): Promise<string> {
  const primary = await accounts.primaryOf(db, customerId);
  assert(primary, 'every customer has a main account');
  return primary.accountId;
}

async function commissionAccountOf({ accounts, db }: PaymentsDeps, { customerId }: Customer): Promise<string | null> {
  return (await accounts.of(db, customerId)).find(({ purpose }) => purpose === 'commission')?.accountId ?? null;
}
