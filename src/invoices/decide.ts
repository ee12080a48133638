import { err, formatMoney, ok, type Result, type Tx } from '../platform';
import type { SmsKey } from '../ussd';
import { fullName } from '../identity';
import type { InvoicesDeps } from './deps';
import type { InvoiceError } from './errors';
import { eventOf } from './events';
import type { Invoice } from './invoice';
import { sellerOn } from './seller';
import { closeInvoice, invoiceById, overdue } from './store';

export interface Decision {
  readonly invoiceId: string;
  /** Who decides. */
  readonly customerId: string;
  readonly hopKey: string;
}

const sweeper = { kind: 'system', id: 'sweeper' } as const;
const sweepMax = 100;

/** R121: the buyer refuses, whoever they are (R122); the seller is told. Again answers the same. Errors: `invoice_gone`. */
export async function reject(deps: InvoicesDeps, decision: Decision): Promise<Result<Invoice, InvoiceError>> {
  const invoice = await invoiceById(deps.db, decision.invoiceId);
  if (invoice?.buyerId !== decision.customerId) return err('invoice_gone');
  return close(deps, invoice, { state: 'rejected', ...decision });
}

/**
 * R124: whoever sells on the account takes an invoice back, or stops a product; an operator only their own. The buyer is
 * told. Again answers the same. Errors: `not_allowed`, `invoice_gone`.
 */
export async function cancel(deps: InvoicesDeps, decision: Decision): Promise<Result<Invoice, InvoiceError>> {
  const invoice = await invoiceById(deps.db, decision.invoiceId);
  if (!invoice) return err('invoice_gone');
  const { accountId } = invoice;
  const seller = await sellerOn(deps, { customerId: decision.customerId, accountId });
  if (!seller.ok) return seller;
  if (seller.value.operator && invoice.issuedBy !== decision.customerId) return err('not_allowed');
  return close(deps, invoice, { state: 'cancelled', ...decision });
}

/** Ends what nobody decided in time, each on its own: one that fails keeps no other waiting. Returns how many. */
export async function expireDue(deps: InvoicesDeps): Promise<number> {
  const due = await overdue(deps.db, deps.clock.now(), sweepMax);
  const failures: unknown[] = [];
  for (const invoice of due) {
    const closing = { state: 'expired', customerId: null, hopKey: undefined } as const;
    await close(deps, invoice, closing).catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) throw failures[0];
  return due.length;
}

interface Closing {
  readonly state: 'rejected' | 'cancelled' | 'expired';
  readonly customerId: string | null;
  readonly hopKey: string | undefined;
}

async function close(
  deps: InvoicesDeps,
  invoice: Invoice,
  { state, customerId, hopKey }: Closing,
): Promise<Result<Invoice, InvoiceError>> {
  const now = deps.clock.now();
  const by = customerId === null ? sweeper : ({ kind: 'customer', id: customerId } as const);
  const closed = await deps.db.tx(async (tx) => {
    if (!(await closeInvoice(tx, { invoiceId: invoice.invoiceId, state, now }))) return false;
    await tell(deps, tx, { ...invoice, state });
    await deps.audit.record(tx, [eventOf(`invoice.${state}`, invoice, { by, traceId: hopKey })]);
    return true;
  });
  if (closed) return ok({ ...invoice, state });
  const known = await invoiceById(deps.db, invoice.invoiceId);
  return known?.state === state ? ok(known) : err('invoice_gone');
}

/** The seller hears what the buyer did, or that time is up; the buyer hears what the seller did. Of a code nobody does. */
async function tell(deps: InvoicesDeps, tx: Tx, { state, buyerId, issuedBy, ownerId, ...about }: Invoice) {
  if (buyerId === null) return;
  const { identity, notifications } = deps;
  const amount = formatMoney(about.amountMinor, about.currency);
  const toBuyer = state === 'cancelled';
  const [reader, named] = await Promise.all(
    (toBuyer ? [buyerId, ownerId] : [issuedBy, buyerId]).map((id) => identity.byId(tx, id)),
  );
  if (!reader || !named) return;
  const texts: Readonly<Partial<Record<Invoice['state'], SmsKey>>> = {
    rejected: 'sms.invoiceRejected',
    cancelled: 'sms.invoiceCancelled',
    expired: 'sms.invoiceExpired',
  };
  const text = texts[state];
  const name = { name: fullName(named) };
  if (text)
    await notifications.tell(tx, reader, text, toBuyer ? { amount, name } : { amount, userNumber: named.userNumber });
}
