import type { Customer } from '../identity';
import { err, ok, type Result } from '../platform';
import type { IncomingQuote, Money, PartyId, SchemeError } from '../switch';
import type { ClearingDeps } from './deps';
import { refused } from './errors';
import type { IncomingOffer } from './incoming-store';
import { customerOf } from './party';

/** Why no offer is made, in the words of the scheme. */
export const unoffered = {
  party: refused('3204', 'Party not found'),
  currency: refused('5106', 'Payee unsupported currency'),
  amount: refused('3100', 'Generic validation error - amount must be above zero'),
  limit: refused('5200', 'Payee limit error'),
  fee: refused('5103', 'Payee FSP rejected quote: the fee would take all of it'),
  merchant: refused('5102', 'Payee FSP unsupported transaction type: the payee sells nothing'),
  till: refused('5102', 'Payee FSP unsupported transaction type: a till takes payments only'),
  request_unknown: refused('3206', 'Transaction request ID not found'),
  request_over: refused('3301', 'Transaction request expired'),
  request_underway: refused('5103', 'Payee FSP rejected quote: the request is being paid'),
  other_amount: refused('3100', 'Generic validation error - amount is not what was requested'),
  other_payee: refused('3100', 'Generic validation error - payee is not who requested it'),
} as const satisfies Record<string, SchemeError>;
type Unoffered = keyof typeof unoffered;

const bigintMax = 2n ** 63n - 1n;

/** Why no offer for so much is even kept: it is nothing, or more than any book holds (18 digits pass on the wire, section 7.2.13). */
export function amountRefusal({ amountMinor }: Money): SchemeError | undefined {
  if (amountMinor <= 0n) return unoffered.amount;
  return amountMinor > bigintMax ? unoffered.limit : undefined;
}

interface Payee extends Pick<IncomingOffer, 'product' | 'subjectId'> {
  readonly customer: Customer;
  readonly accountId: string;
}

/** Who is paid here, on which account, by which product, and what it costs them. */
export async function payeeOf(
  deps: ClearingDeps,
  asked: IncomingQuote,
): Promise<
  Result<
    Pick<IncomingOffer, 'payeeFeeMinor' | 'commissionMinor' | 'ruleVersion' | 'product' | 'subjectId'> & {
      customerId: string;
      accountId: string;
    },
    Unoffered
  >
> {
  const { rules, clock } = deps;
  const { amountMinor, currency } = asked.amount;
  if (currency !== rules.currency) return err('currency');
  const found = await (asked.requestId === undefined
    ? payeeNamed(deps, asked)
    : payeeOfRequest(deps, asked, asked.requestId));
  if (!found.ok) return found;
  if (amountMinor > rules.amountMaxMinor) return err('limit');
  const { customer, accountId, product, subjectId } = found.value;
  const { payeeFeeMinor, commissionMinor, ruleVersion } = rules.price({
    ...{ product, channel: 'api', payer: { role: 'customer' }, payee: customer, amountMinor },
    ...{ at: clock.now(), path: 'cross' },
  });
  if (payeeFeeMinor >= amountMinor) return err('fee');
  const price = { payeeFeeMinor, commissionMinor, ruleVersion };
  return ok({ customerId: customer.customerId, accountId, product, subjectId, ...price });
}

/** A person by their number; where something was bought, they must be a merchant. A till is bought at, and nothing else. */
async function payeeNamed(
  { identity, accounts, db, requests }: ClearingDeps,
  { payee, transactionType }: IncomingQuote,
): Promise<Result<Payee, Unoffered>> {
  if (payee.partyId.idType === 'BUSINESS') {
    const till = await requests.shopAt(payee.partyId.id);
    const owner = till && (await identity.byId(db, till.ownerId));
    if (!owner) return err('party');
    if (transactionType.scenario !== 'PAYMENT') return err('till');
    return ok({ customer: owner, accountId: till.accountId, product: 'purchase', subjectId: null });
  }
  const customer = await customerOf(identity, payee.partyId);
  const account = customer && (await accounts.primaryOf(db, customer.customerId));
  if (!account) return err('party');
  const product = transactionType.scenario === 'PAYMENT' ? 'purchase' : 'send';
  if (product === 'purchase' && customer.role !== 'merchant') return err('merchant');
  return ok({ customer, accountId: account.accountId, product, subjectId: null });
}

/** Whoever asked for it, on the account on which they sold; it must be exactly what they asked for. */
async function payeeOfRequest(
  { identity, db, requests }: ClearingDeps,
  { payee, amount, dfspId }: IncomingQuote,
  requestId: string,
): Promise<Result<Payee, Unoffered>> {
  const found = await requests.find({ dfspId, requestId });
  if (!found.ok) return found;
  const { product, subjectId, accountId, ownerId, amountMinor } = found.value;
  if (amount.amountMinor !== amountMinor) return err('other_amount');
  if (!isSame(payee.partyId, found.value.payee)) return err('other_payee');
  const customer = await identity.byId(db, ownerId);
  if (customer?.status !== 'active') return err('party');
  return ok({ customer, accountId, product, subjectId });
}

function isSame(one: PartyId, other: PartyId): boolean {
  return one.idType === other.idType && one.id === other.id;
}
