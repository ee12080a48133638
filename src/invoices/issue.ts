import type { Customer, PinError } from '../identity';
import { err, formatMoney, ok, plusMs, type Result, type Tx } from '../platform';
import type { InvoicesDeps } from './deps';
import type { InvoiceError } from './errors';
import { eventOf } from './events';
import type { Invoice, InvoiceType } from './invoice';
import { personBy, sellerOn, type Seller } from './seller';
import { countOpenBetween, insertInvoice, insertPrompt, invoiceById, isKnownInvoice, refusedAsLeft } from './store';
import { askedToday, lockOperator, operatorsAt, tillOfAccount } from './till-store';

export interface NewInvoice {
  /** A fresh UUIDv7, made before the last screen: the key of idempotency. */
  readonly invoiceId: string;
  /** Who calls, and the account on which they sell. */
  readonly sellerId: string;
  readonly accountId: string;
  /** Whoever else sells by this phone: an operator of the account's till, proven by the PIN that is theirs. */
  readonly operator?: { readonly operatorNo: number; readonly pin: string } | undefined;
  readonly amountMinor: bigint;
  /** What it is for, at most 20 characters. */
  readonly note: string;
  readonly hopKey: string;
}

/** How many open invoices one merchant may have with one buyer: more would be pestering. */
const openMax = 9;
const codeLength = 7;
const codesTried = 20;

/** The buyer behind a user number, or a phone (E.164), which the merchant then knew before (R126). Errors: `not_allowed`, `payee_unknown`, `payee_self`. */
export async function lookUpBuyer(
  deps: InvoicesDeps,
  { sellerId, accountId, number }: { sellerId: string; accountId: string; number: string },
): Promise<Result<Customer, InvoiceError>> {
  const seller = await sellerOn(deps, { customerId: sellerId, accountId });
  if (!seller.ok) return seller;
  return buyerOf(seller.value, await personBy(deps, number));
}

function buyerOf({ owner }: Seller, buyer: Customer | undefined): Result<Customer, InvoiceError> {
  if (buyer?.status !== 'active') return err('payee_unknown');
  return buyer.customerId === owner.customerId ? err('payee_self') : ok(buyer);
}

/**
 * Asks a buyer for money: it is pending at both sides at once (R118), and the buyer is told. Again with the same id
 * answers the same. Errors: `not_allowed`, `payee_unknown`, `payee_self`, `amount_invalid`, `invoices_too_many`,
 * `operator_unknown`, `operator_limit`, and those of the operator's PIN.
 */
export async function send(
  deps: InvoicesDeps,
  order: NewInvoice & { readonly buyerId: string },
): Promise<Result<Invoice, InvoiceError | PinError>> {
  return issue(deps, order, async (seller) => {
    const buyer = buyerOf(seller, await deps.identity.byId(deps.db, order.buyerId));
    return buyer.ok ? ok({ type: 'standard', buyerId: buyer.value.customerId }) : buyer;
  });
}

/**
 * Makes a code that whoever dials it pays: once (`pending`), or again and again (`product`). Again with the same id
 * answers the same. Errors: `not_allowed`, `amount_invalid`, and as `send` of an operator.
 */
export async function makeCode(
  deps: InvoicesDeps,
  order: NewInvoice & { readonly type: 'pending' | 'product' },
): Promise<Result<Invoice, InvoiceError | PinError>> {
  return issue(deps, order, () => Promise.resolve(ok({ type: order.type, buyerId: null })));
}

interface Kind {
  readonly type: InvoiceType;
  readonly buyerId: string | null;
}

async function issue(
  deps: InvoicesDeps,
  order: NewInvoice,
  kindOf: (seller: Seller) => Promise<Result<Kind, InvoiceError>>,
): Promise<Result<Invoice, InvoiceError | PinError>> {
  const { amountMinor, invoiceId, sellerId, accountId } = order;
  const seller = await sellerFor(deps, order);
  if (!seller.ok) return seller;
  if (amountMinor <= 0n || amountMinor > deps.rules.amountMaxMinor) return err('amount_invalid');
  const kind = await kindOf(seller.value);
  if (!kind.ok) return kind;
  const { owner, operator } = seller.value;
  const now = deps.clock.now();
  const invoice: Invoice = {
    ...kind.value,
    invoiceId,
    code: '',
    state: 'pending',
    accountId,
    ownerId: owner.customerId,
    issuedBy: operator?.customerId ?? sellerId,
    operator: operator && { tillNumber: operator.tillNumber, operatorNo: operator.operatorNo },
    currency: deps.rules.currency,
    amountMinor,
    note: order.note,
    paymentId: null,
    createdAt: now,
    expiresAt: kind.value.type === 'product' ? null : plusMs(now, deps.limits.invoiceTtlMs),
  };
  try {
    return await deps.db.tx((tx) => write(deps, tx, { invoice, seller: seller.value, hopKey: order.hopKey }));
  } catch (error) {
    if (isKnownInvoice(error)) return before(deps, invoice);
    const refused = refusedAsLeft(error);
    if (!refused) throw error;
    return err(refused);
  }
}

/** Who sells: whoever calls, or the operator who typed a number and PIN on this phone (B23). */
async function sellerFor(
  deps: InvoicesDeps,
  { sellerId, accountId, operator, hopKey }: NewInvoice,
): Promise<Result<Seller, InvoiceError | PinError>> {
  const caller = await sellerOn(deps, { customerId: sellerId, accountId });
  if (!caller.ok || !operator) return caller;
  const till = await tillOfAccount(deps.db, accountId);
  const there = till ? await operatorsAt(deps.db, till.tillNumber) : [];
  const meant = there.find(({ operatorNo }) => operatorNo === operator.operatorNo);
  if (!meant) return err('operator_unknown');
  const { customerId } = meant;
  const verified = await deps.identity.verifyPin({ customerId, pin: operator.pin, attemptKey: hopKey });
  return verified.ok ? ok({ ...caller.value, operator: meant }) : verified;
}

async function write(
  deps: InvoicesDeps,
  tx: Tx,
  { invoice, seller, hopKey }: { invoice: Invoice; seller: Seller; hopKey: string },
): Promise<Result<Invoice, InvoiceError>> {
  const allowed = await withinLimits(deps, tx, { invoice, seller });
  if (!allowed.ok) return allowed;
  const coded = await insertCoded(deps, tx, invoice);
  if (coded.buyerId !== null) await insertPrompt(tx, coded.invoiceId, coded.createdAt);
  const by = { kind: 'customer', id: coded.issuedBy } as const;
  await deps.audit.record(tx, [eventOf('invoice.issued', coded, { by, traceId: hopKey })]);
  return ok(coded);
}

async function withinLimits(
  { clock, market }: InvoicesDeps,
  tx: Tx,
  { invoice, seller }: { invoice: Invoice; seller: Seller },
): Promise<Result<undefined, InvoiceError>> {
  if (seller.operator) {
    const operator = await lockOperator(tx, seller.operator);
    if (!operator) return err('not_allowed'); // removed while the call went on
    if (operator.dayMaxMinor !== null) {
      const asked = await askedToday(tx, operator, { now: clock.now(), timeZone: market.timeZone });
      const left = operator.dayMaxMinor - asked;
      if (invoice.amountMinor > left) {
        return err('operator_limit', { max: formatMoney(left > 0n ? left : 0n, invoice.currency) });
      }
    }
  }
  const { ownerId, buyerId } = invoice;
  const tooMany = buyerId !== null && (await countOpenBetween(tx, ownerId, buyerId)) >= openMax;
  return tooMany ? err('invoices_too_many') : ok(undefined);
}

/** A code that an open invoice has is drawn anew. */
async function insertCoded({ ids }: InvoicesDeps, tx: Tx, invoice: Invoice): Promise<Invoice> {
  for (let tried = 0; tried < codesTried; tried += 1) {
    const coded = { ...invoice, code: ids.number(codeLength) };
    if (await insertInvoice(tx, coded)) return coded;
  }
  throw new Error('no free code was found');
}

/** What the same order led to before; another order under the same id is refused. */
async function before({ db }: InvoicesDeps, { invoiceId, ...meant }: Invoice): Promise<Result<Invoice, InvoiceError>> {
  const known = await invoiceById(db, invoiceId);
  const isSame =
    known?.issuedBy === meant.issuedBy && known.accountId === meant.accountId && known.buyerId === meant.buyerId;
  return known && isSame && known.amountMinor === meant.amountMinor ? ok(known) : err('not_allowed');
}
