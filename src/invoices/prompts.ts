import type { PushSender } from '../aggregators';
import { formatDateTime, formatMoney, plusMs } from '../platform';
import type { InvoicesDeps } from './deps';
import { sellerOf } from './pay';
import { deletePrompt, invoiceById, leasePrompts } from './store';

/** Longer than any network takes to open a session, or to say that it can't. */
const leaseMs = 30_000;
const batchMax = 20;

/**
 * Tells buyers of invoices that were sent: by a prompt on the phone where the network can open one, else by an SMS with
 * the number that leads straight to it (B12). An invoice and what is due of it commit together, so none is forgotten; a
 * stop in between prompts twice, and is paid once. Returns how many buyers were told.
 */
export async function promptDue(deps: InvoicesDeps, push?: PushSender): Promise<number> {
  const { db, clock } = deps;
  const now = clock.now();
  const due = await leasePrompts(db, { now, leaseTo: plusMs(now, leaseMs), limit: batchMax });
  const told = await Promise.all(due.map((invoiceId) => prompt(deps, invoiceId, push)));
  return told.filter(Boolean).length;
}

async function prompt(deps: InvoicesDeps, invoiceId: string, push: PushSender | undefined): Promise<boolean> {
  const { db, identity, notifications, market, clock } = deps;
  const invoice = await invoiceById(db, invoiceId);
  const buyer = invoice?.buyerId ? await identity.byId(db, invoice.buyerId) : undefined;
  const isOpen = invoice?.state === 'pending' && invoice.expiresAt !== null && invoice.expiresAt > clock.now();
  if (!invoice || !buyer || !isOpen) {
    await db.tx((tx) => deletePrompt(tx, invoiceId));
    return false;
  }
  const inputs = `${pendingItem}*${invoice.code}`;
  const { serviceCode } = market;
  const shown =
    push && buyer.msisdn !== undefined && (await push.open({ to: buyer.msisdn, serviceCode, inputs })) === 'shown';
  const { outside } = invoice;
  const name = await sellerOf(deps, invoice);
  return db.tx(async (tx) => {
    if (!(await deletePrompt(tx, invoiceId))) return false;
    if (shown) return true;
    await notifications.tell(tx, buyer, outside ? 'sms.invoiceAskedElsewhere' : 'sms.invoiceAsked', {
      name: { name },
      provider: { name: outside?.dfspId ?? '' },
      amount: formatMoney(invoice.amountMinor, invoice.currency),
      dial: serviceCode.replace(/#$/, `*${inputs}#`),
      date: formatDateTime(invoice.expiresAt ?? clock.now(), market),
    });
    return true;
  });
}

/** The number of Pending in the main menu: it is the same for everybody, for good. */
const pendingItem = 2;
