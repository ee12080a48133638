import type { AuditEvent } from '../audit';
import { fullName } from '../identity';
import { err, formatMoney, ok, type Result, type Tx } from '../platform';
import type { SchemeError } from '../switch';
import type { SmsKey } from '../ussd';
import type { InvoicesDeps } from './deps';
import type { InvoiceError } from './errors';
import { eventOf } from './events';
import type { Invoice } from './invoice';
import { sellerOn } from './seller';
import { keepAnswer, requestFor, sendFrom } from './request-store';
import { closeInvoice, invoiceById, overdue } from './store';

export interface Decision {
  readonly invoiceId: string;
  /** Who decides. */
  readonly customerId: string;
  readonly hopKey: string;
}

const sweeper = { kind: 'system', id: 'sweeper' } as const;
const sweepMax = 100;

/**
 * R121: the buyer refuses, whoever they are (R122); the seller is told, and at another provider by way of the scheme. Again
 * answers the same. Errors: `invoice_gone`.
 */
export async function reject(deps: InvoicesDeps, decision: Decision): Promise<Result<Invoice, InvoiceError>> {
  const invoice = await invoiceById(deps.db, decision.invoiceId);
  if (invoice?.buyerId !== decision.customerId) return err('invoice_gone');
  return close(deps, invoice, {
    ...{ state: 'rejected', text: 'sms.invoiceRejected' },
    ...byCustomer(decision),
    also: async (tx) => {
      const request = invoice.outside && (await requestFor(tx, invoice.invoiceId));
      if (request) await keepAnswer(tx, request, { state: 'rejected', dueAt: deps.clock.now() });
    },
  });
}

function byCustomer({ customerId, hopKey }: Decision): Pick<Closing, 'by' | 'traceId'> {
  return { by: { kind: 'customer', id: customerId }, traceId: hopKey };
}

/**
 * R124: whoever sells on the account takes an invoice back, or stops a product; an operator only their own. The buyer is
 * told, and at another provider by way of the scheme. Again answers the same. Errors: `not_allowed`, `invoice_gone`.
 */
export async function cancel(deps: InvoicesDeps, decision: Decision): Promise<Result<Invoice, InvoiceError>> {
  const invoice = await invoiceById(deps.db, decision.invoiceId);
  const accountId = invoice?.accountId;
  if (!invoice || !accountId) return err('invoice_gone');
  const seller = await sellerOn(deps, { customerId: decision.customerId, accountId });
  if (!seller.ok) return seller;
  if (seller.value.operator && invoice.issuedBy !== decision.customerId) return err('not_allowed');
  return close(deps, invoice, {
    ...{ state: 'cancelled', text: 'sms.invoiceCancelled' },
    ...byCustomer(decision),
    also: async (tx) => {
      const request = invoice.outside && (await requestFor(tx, invoice.invoiceId));
      if (request) await sendFrom(tx, request, deps.clock.now());
    },
  });
}

/** The buyer's provider says that it won't be paid, or (`error`) that it can't be asked for. Errors: `invoice_gone`. */
export async function closeFromElsewhere(
  deps: InvoicesDeps,
  invoiceId: string,
  { error, ...by }: Pick<Closing, 'by' | 'also'> & { readonly error: SchemeError | undefined },
): Promise<Result<Invoice, InvoiceError>> {
  const invoice = await invoiceById(deps.db, invoiceId);
  if (!invoice?.outside) return err('invoice_gone');
  const text = error ? 'sms.invoiceUndelivered' : 'sms.invoiceRejected';
  return close(deps, invoice, { state: 'rejected', text, ...by });
}

/** The seller's provider has it no more. Whoever was asked reads so on their screen, or is told (`text`). */
export async function withdraw(
  deps: InvoicesDeps,
  invoice: Invoice,
  { dfspId, text }: { dfspId: string; text?: 'sms.invoiceCancelled' },
): Promise<void> {
  await close(deps, invoice, { state: 'cancelled', by: { kind: 'provider', id: dfspId }, ...(text && { text }) });
}

/** Ends what nobody decided in time, each on its own: one that fails keeps no other waiting. Returns how many. */
export async function expireDue(deps: InvoicesDeps): Promise<number> {
  const due = await overdue(deps.db, deps.clock.now(), sweepMax);
  const failures: unknown[] = [];
  for (const invoice of due) {
    const closing = { state: 'expired', by: sweeper, text: 'sms.invoiceExpired' } as const;
    await close(deps, invoice, closing).catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) throw failures[0];
  return due.length;
}

interface Closing {
  readonly state: 'rejected' | 'cancelled' | 'expired';
  readonly by: AuditEvent['actor'];
  readonly traceId?: string;
  /** What the other side is told; absent: nothing. */
  readonly text?: SmsKey;
  /** What else is written with it. */
  readonly also?: (tx: Tx) => Promise<void>;
}

async function close(
  deps: InvoicesDeps,
  invoice: Invoice,
  { state, by, traceId, text, also }: Closing,
): Promise<Result<Invoice, InvoiceError>> {
  const now = deps.clock.now();
  const closed = await deps.db.tx(async (tx) => {
    if (!(await closeInvoice(tx, { invoiceId: invoice.invoiceId, state, now }))) return false;
    await also?.(tx);
    if (text) await tell(deps, tx, { ...invoice, state }, text);
    await deps.audit.record(tx, [eventOf(`invoice.${state}`, invoice, { by, traceId })]);
    return true;
  });
  if (closed) return ok({ ...invoice, state });
  const known = await invoiceById(deps.db, invoice.invoiceId);
  return known?.state === state ? ok(known) : err('invoice_gone');
}

/**
 * The seller hears what the buyer did, or that time is up; the buyer hears what the seller did. Of a code nobody does, and
 * whoever is at another provider is told there.
 */
async function tell(deps: InvoicesDeps, tx: Tx, invoice: Invoice, text: SmsKey): Promise<void> {
  const { identity, notifications } = deps;
  const { state, type, buyerId, issuedBy, ownerId, outside } = invoice;
  if (type !== 'standard') return;
  const toBuyer = state === 'cancelled';
  const find = async (id: string | null) => (id === null ? undefined : identity.byId(tx, id));
  const [reader, other] = await Promise.all((toBuyer ? [buyerId, ownerId] : [issuedBy, buyerId]).map(find));
  const named = other ?? (outside && { ...outside, userNumber: outside.number });
  if (!reader || !named) return;
  const amount = formatMoney(invoice.amountMinor, invoice.currency);
  const who = toBuyer ? { name: { name: fullName(named) } } : { userNumber: named.userNumber };
  await notifications.tell(tx, reader, text, { amount, ...who });
}
