import type { Actor } from '../ledger';
import { err, type Result } from '../platform';
import type { PaymentsDeps } from './deps';
import type { PaymentError } from './errors';
import { pricedOutgoing } from './outside';
import type { Outside, Payment, Quote } from './payment';
import { fitting, priced, type Target } from './quote';
import { paymentById } from './store';
import { complete, hold, outcomeOf } from './submit';

/** One payment of a bulk that an account's owner has ordered and two of the staff carry out. */
export interface BulkOrder {
  /** A fresh UUIDv7: the key of idempotency. Of a payment to another provider the one that its offer was asked with. */
  readonly paymentId: string;
  readonly ownerId: string;
  readonly accountId: string;
  /** Somebody here, or at another provider until when its offer holds. */
  readonly to: Target | { readonly outside: Outside; readonly offerExpiresAt: Date };
  readonly amountMinor: bigint;
  /** The row of the bulk. */
  readonly rowId: string;
  readonly by: Actor;
  /** What ties it to the act that caused it. */
  readonly traceId: string;
}

/**
 * Pays one row of a bulk, by the prices and limits of money that its owner sends. To another provider the money is held, and
 * `pending` is as good as done. Again with the same id answers the same.
 * Errors: as `quote` and `submit`; `payee_self` also for another account of the owner's; `invoice_gone`: the row was paid before.
 */
export async function payOne(deps: PaymentsDeps, order: BulkOrder): Promise<Result<Payment, PaymentError>> {
  const before = await paymentById(deps.db, order.paymentId);
  if (before) return outcomeOf(deps, before);
  const quoted = await quoteOf(deps, order);
  if (!quoted.ok) return quoted;
  const { paymentId: quoteId, rowId: subjectId } = order;
  const quote: Quote = { ...quoted.value, quoteId, subjectId, initiatorId: null, askedAs: 'staff' };
  const fits = await fitting(deps, quote);
  if (!fits.ok) return fits;
  const cause = { by: order.by, hopKey: order.traceId };
  return quote.held ? hold(deps, quote, cause) : complete(deps, quote, cause);
}

async function quoteOf(
  deps: PaymentsDeps,
  { paymentId, ownerId, accountId, to, amountMinor, rowId }: BulkOrder,
): Promise<Result<Quote, PaymentError>> {
  const asked = { product: 'send', channel: 'staff', initiatorId: ownerId, accountId, amountMinor } as const;
  if ('outside' in to) {
    const { outside, offerExpiresAt: expiresAt } = to;
    return pricedOutgoing(deps, { ...asked, quoteId: paymentId, to: outside, subjectId: rowId, expiresAt });
  }
  const quoted = await priced(deps, { ...asked, to });
  return quoted.ok && quoted.value.product !== 'send' ? err('payee_self') : quoted;
}
