import { fullName, type Customer } from '../identity';
import type { Companion, Payment, PaymentError, Quote } from '../payments';
import {
  assert,
  err,
  formatDateTime,
  formatMoney,
  ok,
  plusMs,
  type Attachment,
  type Msisdn,
  type Result,
} from '../platform';
import type { InvoicesDeps } from './deps';
import type { InvoiceError } from './errors';
import type { Invoice } from './invoice';
import {
  deleteUnpaidSales,
  insertSale,
  invoiceById,
  invoiceCrossing,
  invoicePaid,
  openByCode,
  saleById,
  salePaid,
  waitingFor,
  type Paid,
} from './store';
import { forgetRefused } from './request-store';
import { operatorsAt, openTill } from './till-store';

/** An invoice as its buyer sees it. */
export interface Asked {
  readonly invoice: Invoice;
  /** Of the shop. */
  readonly name: string;
}

const waitingMax = 30;
const unpaidKeptMs = 24 * 3_600_000;

/** What a buyer may pay or refuse, the oldest first (R114). */
export async function waiting(deps: InvoicesDeps, buyerId: string): Promise<Asked[]> {
  const invoices = await waitingFor(deps.db, { buyerId, now: deps.clock.now(), limit: waitingMax });
  return Promise.all(invoices.map((invoice) => askedOf(deps, invoice)));
}

/** What a code stands for, where this person may pay it. Errors: `invoice_gone`. */
export async function byCode(
  deps: InvoicesDeps,
  { customerId, code }: { customerId: string; code: string },
): Promise<Result<Asked, InvoiceError>> {
  const invoice = await openByCode(deps.db, code, deps.clock.now());
  return invoice && mayPay(invoice, customerId) ? ok(await askedOf(deps, invoice)) : err('invoice_gone');
}

/**
 * What it would cost to pay an invoice from one of the buyer's accounts (R127). The quote may fail, and the invoice stays
 * open: each try has a quote of its own (R120). `payments.submit` pays it.
 * Errors: `invoice_gone`, and those of `payments.quote`.
 */
export async function quoteInvoice(
  { db, clock, payments }: InvoicesDeps,
  { invoiceId, customerId, accountId }: { invoiceId: string; customerId: string; accountId: string },
): Promise<Result<Quote, InvoiceError | PaymentError>> {
  const invoice = await invoiceById(db, invoiceId);
  const isOpen = invoice?.state === 'pending' && (invoice.expiresAt === null || invoice.expiresAt > clock.now());
  if (!isOpen || invoice.accountId === null || !mayPay(invoice, customerId)) return err('invoice_gone');
  return payments.quote({
    product: 'purchase',
    initiatorId: customerId,
    accountId,
    to: { accountId: invoice.accountId },
    amountMinor: invoice.amountMinor,
    subjectId: invoiceId,
  });
}

/** What somebody at another provider was asked for is theirs to pay. */
function mayPay({ buyerId, outside }: Invoice, customerId: string): boolean {
  return buyerId === null ? outside === null : buyerId === customerId;
}

async function askedOf({ identity, db }: InvoicesDeps, invoice: Invoice): Promise<Asked> {
  return { invoice, name: await sellerOf({ identity, db }, invoice) };
}

/** The name of the shop, wherever it is. */
export async function sellerOf(
  { identity, db }: Pick<InvoicesDeps, 'identity' | 'db'>,
  { ownerId, outside }: Invoice,
): Promise<string> {
  const owner = ownerId === null ? outside : await identity.byId(db, ownerId);
  assert(owner, 'a merchant stays known');
  return fullName(owner);
}

/** Where a buyer pays by dialling a number. */
export interface Shop {
  readonly name: string;
  readonly ownerId: string;
  readonly accountId: string;
  readonly tillNumber: string | null;
}

/** A till's number, or a merchant's user or phone number. */
export type ShopNumber =
  { readonly tillNumber: string } | { readonly userNumber: string } | { readonly msisdn: Msisdn };

/** The shop behind a number. Errors: `payee_unknown`: nobody here has it; `payee_not_merchant`. */
export async function findShop(deps: InvoicesDeps, number: ShopNumber): Promise<Result<Shop, InvoiceError>> {
  const { db, identity, accounts } = deps;
  if ('tillNumber' in number) {
    const till = await openTill(db, number.tillNumber);
    const owner = till && (await identity.byId(db, till.ownerId));
    return owner && isMerchant(owner)
      ? ok({ name: till.name, ownerId: till.ownerId, accountId: till.accountId, tillNumber: till.tillNumber })
      : err('payee_unknown');
  }
  const merchant = await ('msisdn' in number
    ? identity.byMsisdn(number.msisdn)
    : identity.byUserNumber(number.userNumber));
  if (merchant?.status !== 'active') return err('payee_unknown');
  const account = isMerchant(merchant) ? await accounts.primaryOf(db, merchant.customerId) : undefined;
  if (!account) return err('payee_not_merchant');
  const { customerId: ownerId } = merchant;
  return ok({ name: fullName(merchant), ownerId, accountId: account.accountId, tillNumber: null });
}

function isMerchant({ role, status }: Customer): boolean {
  return role === 'merchant' && status === 'active';
}

/** What it would cost to pay at a shop. Errors: `payee_unknown`, and those of `payments.quote`. */
export async function quoteAtShop(
  deps: InvoicesDeps,
  order: { customerId: string; accountId: string; shop: ShopNumber; amountMinor: bigint; note: string },
): Promise<Result<Quote, InvoiceError | PaymentError>> {
  const shop = await findShop(deps, order.shop);
  if (!shop.ok) return shop;
  const { accountId, tillNumber } = shop.value;
  const { customerId, amountMinor, note } = order;
  const saleId = deps.ids.uuid();
  const quote = await deps.payments.quote({
    product: 'purchase',
    initiatorId: customerId,
    accountId: order.accountId,
    to: { accountId },
    amountMinor,
    subjectId: saleId,
  });
  if (!quote.ok) return quote;
  const { currency } = quote.value;
  const sale = { saleId, accountId, tillNumber, buyerId: customerId, currency, amountMinor, note };
  await insertSale(deps.db, sale, deps.clock.now());
  return quote;
}

/** What was dialled and never paid, and what was asked from elsewhere and refused at once. Returns how many. */
export async function forgetUnpaid({ db, clock, scheme }: InvoicesDeps): Promise<number> {
  const now = clock.now();
  return (
    (await deleteUnpaidSales(db, plusMs(now, -unpaidKeptMs))) + (await forgetRefused(db, plusMs(now, -scheme.keptMs)))
  );
}

type CompanionDeps = Pick<InvoicesDeps, 'db' | 'identity' | 'notifications' | 'market'>;

/**
 * What commits with a purchase: its invoice becomes paid, or the sale is noted; and who sold, where that is not the
 * merchant, is told that the goods can be handed over (R128, B23). One that crosses the scheme holds its invoice first.
 */
export function createPurchaseCompanion(deps: CompanionDeps): Companion {
  return {
    attachments: async (payment) => {
      if (payment.subjectId === null) return [];
      const invoice = await invoiceById(deps.db, payment.subjectId);
      if (payment.outside) return invoice ? crossing(deps, payment, invoice) : [];
      if (payment.state !== 'completed') return [];
      if (invoice) {
        return [invoicePaid(invoice.invoiceId, paidOf(payment)), ...(await copies(deps, payment, [invoice.issuedBy]))];
      }
      const sale = await saleById(deps.db, payment.subjectId);
      assert(sale, 'a purchase with a subject pays an invoice or at a shop');
      const there = sale.tillNumber === null ? [] : await operatorsAt(deps.db, sale.tillNumber);
      const sellers = there.map(({ customerId }) => customerId);
      return [salePaid(payment.subjectId, paidOf(payment)), ...(await copies(deps, payment, sellers))];
    },
    receipt: async ({ subjectId }) => {
      if (subjectId === null) return undefined;
      const about = (await invoiceById(deps.db, subjectId)) ?? (await saleById(deps.db, subjectId));
      return about && about.note !== ''
        ? { text: 'sms.purchaseReceivedFor', values: { note: { name: about.note } } }
        : undefined;
    },
    refusals: { invoice_open: 'invoice_gone', sale_once: 'quote_unknown' },
  };
}

/** By what the payment comes into. */
const steps = { pending: 'held', completed: 'settled', rejected: 'freed' } as const;

async function crossing(deps: CompanionDeps, payment: Payment, invoice: Invoice): Promise<readonly Attachment[]> {
  const { state } = payment;
  assert(state === 'pending' || state === 'completed' || state === 'rejected', 'the scheme decides, and nobody else');
  const told = state === 'completed' && payment.payeeId !== null ? await copies(deps, payment, [invoice.issuedBy]) : [];
  return [invoiceCrossing(invoice.invoiceId, steps[state], paidOf(payment)), ...told];
}

function paidOf(payment: Payment): Paid {
  const { paymentId, payeeAccountId, initiatorId, currency, amountMinor, updatedAt } = payment;
  return { paymentId, accountId: payeeAccountId, buyerId: initiatorId, currency, amountMinor, paidAt: updatedAt };
}

/** The merchant's own receipt comes with the payment. */
async function copies(
  { db, identity, notifications, market }: CompanionDeps,
  payment: Payment,
  sellerIds: readonly (string | null)[],
): Promise<Attachment[]> {
  const others = sellerIds.filter((id) => id !== null && id !== payment.payeeId) as string[];
  const buyer = payment.initiatorId === null ? undefined : await identity.byId(db, payment.initiatorId);
  const sellers = await Promise.all(others.map((id) => identity.byId(db, id)));
  const values = {
    reference: payment.reference,
    userNumber: payment.outside?.number ?? buyer?.userNumber ?? '',
    amount: formatMoney(payment.amountMinor, payment.currency),
    date: formatDateTime(payment.updatedAt, market),
  };
  return sellers
    .filter((seller) => seller !== undefined)
    .flatMap((seller) => notifications.attachments(seller, 'sms.saleMade', values));
}
