import type { Caller } from '../agents';
import type { PinError } from '../identity';
import type { InvoiceError, NewInvoice } from '../invoices';
import type { ClearingError } from '../clearing';
import { assert, err, type Result } from '../platform';
import { awaitWord, requestById, send } from './asking';
import { insertCounterRequest, openSale, type CounterRequest } from './counter-request-store';
import type { CounterDeps } from './deps';
import type { CounterError } from './errors';

/** A shop's side: whoever buys tells their code on the spot, instead of being asked on their phone. */

export interface SaleOrder extends NewInvoice {
  /** The buyer, by a phone number (E.164) or a user number, and the provider where the seller was shown them. */
  readonly number: string;
  readonly provider: string;
}

/**
 * Writes the invoice, asks the buyer's provider, and waits until it wants the code, as long as somebody on a line can. Again with
 * the same id it is the same. Errors: those of `invoices.send` and of `clearing.recentPayee`, and how it ended.
 */
export async function askForSale(
  deps: CounterDeps,
  { number, provider, ...order }: SaleOrder,
): Promise<Result<CounterRequest, InvoiceError | PinError | ClearingError | CounterError | 'code_spent'>> {
  const { ids, invoices, terms, clearing } = deps;
  const found = await clearing.recentPayee(number);
  if (!found.ok) return found;
  const { party, outside } = found.value;
  if (outside.dfspId !== provider) return err('payee_unknown');
  const sold = await invoices.send({
    ...order,
    elsewhere: {
      ...{ party, outside, lifeMs: terms.codeTtlMs },
      ask: (tx, { invoiceId, ownerId, accountId, amountMinor, currency, createdAt, expiresAt }) => {
        assert(ownerId !== null && accountId !== null && expiresAt, 'a shop here sells, for a while');
        return insertCounterRequest(tx, {
          ...{ counterRequestId: invoiceId, requestId: ids.wireId(), product: 'purchase', dfspId: party.dfspId, party },
          ...{
            ownerId,
            accountId,
            askedBy: order.sellerId,
            amountMinor,
            currency,
            commissionMinor: 0n,
            createdAt,
            expiresAt,
          },
        });
      },
    },
  });
  if (!sold.ok) return sold;
  await send(deps, await requestById(deps, sold.value.invoiceId));
  return awaitWord(deps, sold.value.invoiceId, ['asked']);
}

/** Whose code was asked for by whoever calls, and who waits still. */
export function waitingSale(
  { db, clock }: CounterDeps,
  { customerId }: Pick<Caller, 'customerId'>,
): Promise<CounterRequest | undefined> {
  return openSale(db, customerId, clock.now());
}
