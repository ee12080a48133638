import type { Customer, PinError } from '../identity';
import type { Outside } from '../payments';
import { err, formatMoney, ok, plusMs, type Result, type Tx } from '../platform';
import type { Party } from '../switch';
import { askElsewhere } from './ask-elsewhere';
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

/** Who is asked: a customer here, or somebody at another provider. */
export type Buyer = { readonly buyerId: string } | { readonly elsewhere: Elsewhere };

interface Elsewhere {
  /** As the scheme named them. */
  readonly party: Party;
  readonly outside: Outside;
  /** Writes how they are asked, with the invoice, and for how long; default: on their phone. */
  readonly ask?: (tx: Tx, invoice: Invoice) => Promise<void>;
  readonly lifeMs?: number;
}

/** How many open invoices one merchant may have with one buyer: more would be pestering. */
export const openMax = 9;
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
 * Asks a buyer for money: it is pending at both sides at once (R118), and the buyer is told; a buyer at another provider
 * within moments. Again with the same id answers the same. Errors: `not_allowed`, `payee_unknown`, `payee_self`, `amount_invalid`, `invoices_too_many`,
 * `operator_unknown`, `operator_limit`, and those of the operator's PIN.
 */
export async function send(
  deps: InvoicesDeps,
  order: NewInvoice & Buyer,
): Promise<Result<Invoice, InvoiceError | PinError>> {
  return issue(deps, order, async (seller) => {
    if ('elsewhere' in order) {
      const { outside, ...elsewhere } = order.elsewhere;
      return ok({ type: 'standard', buyerId: null, outside, elsewhere });
    }
    const buyer = buyerOf(seller, await deps.identity.byId(deps.db, order.buyerId));
    return buyer.ok ? ok({ type: 'standard', buyerId: buyer.value.customerId, outside: null }) : buyer;
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
  return issue(deps, order, () => Promise.resolve(ok({ type: order.type, buyerId: null, outside: null })));
}

interface Kind {
  readonly type: InvoiceType;
  readonly buyerId: string | null;
  readonly outside: Outside | null;
  /** How somebody at another provider is asked. */
  readonly elsewhere?: Omit<Elsewhere, 'outside'>;
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
  const { elsewhere, ...who } = kind.value;
  const issuedBy = operator?.customerId ?? sellerId;
  const now = deps.clock.now();
  const invoice: Invoice = {
    ...who,
    invoiceId,
    code: '',
    state: 'pending',
    accountId,
    ownerId: owner.customerId,
    issuedBy,
    operator: operator && { tillNumber: operator.tillNumber, operatorNo: operator.operatorNo },
    currency: deps.rules.currency,
    amountMinor,
    note: order.note,
    paymentId: null,
    payingId: null,
    createdAt: now,
    expiresAt: endOf(deps, kind.value, now),
  };
  const by = { id: issuedBy, traceId: order.hopKey };
  try {
    return await deps.db.tx((tx) => write(deps, tx, { invoice, elsewhere, seller: seller.value, by }));
  } catch (error) {
    if (isKnownInvoice(error)) return before(deps, invoice);
    const refused = refusedAsLeft(error);
    if (!refused) throw error;
    return err(refused);
  }
}

function endOf({ limits }: InvoicesDeps, { type, elsewhere }: Kind, now: Date): Date | null {
  return type === 'product' ? null : plusMs(now, elsewhere?.lifeMs ?? limits.invoiceTtlMs);
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

interface Issuing {
  readonly invoice: Invoice;
  readonly elsewhere: Kind['elsewhere'];
  readonly seller: Seller;
  readonly by: { readonly id: string; readonly traceId: string };
}

async function write(
  deps: InvoicesDeps,
  tx: Tx,
  { invoice, elsewhere, seller, by }: Issuing,
): Promise<Result<Invoice, InvoiceError>> {
  const allowed = await withinLimits(deps, tx, { invoice, seller });
  if (!allowed.ok) return allowed;
  const coded = await insertCoded(deps, tx, invoice);
  if (elsewhere?.ask) await elsewhere.ask(tx, coded);
  else if (elsewhere) await askElsewhere(deps, tx, { invoice: coded, party: elsewhere.party });
  else if (coded.buyerId !== null) await insertPrompt(tx, coded.invoiceId, coded.createdAt);
  const { id, traceId } = by;
  await deps.audit.record(tx, [eventOf('invoice.issued', coded, { by: { kind: 'customer', id }, traceId })]);
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
  const tooMany = invoice.type === 'standard' && (await countOpenBetween(tx, invoice)) >= openMax;
  return tooMany ? err('invoices_too_many') : ok(undefined);
}

/** A code that an open invoice has is drawn anew. */
export async function insertCoded({ ids }: Pick<InvoicesDeps, 'ids'>, tx: Tx, invoice: Invoice): Promise<Invoice> {
  for (let tried = 0; tried < codesTried; tried += 1) {
    const coded = { ...invoice, code: ids.number(codeLength) };
    if (await insertInvoice(tx, coded)) return coded;
  }
  throw new Error('no free code was found');
}

/** What the same order led to before; another order under the same id is refused. */
async function before({ db }: InvoicesDeps, { invoiceId, ...meant }: Invoice): Promise<Result<Invoice, InvoiceError>> {
  const known = await invoiceById(db, invoiceId);
  return known && orderOf(known) === orderOf(meant) ? ok(known) : err('not_allowed');
}

/** What makes an order what it is. */
function orderOf({ issuedBy, accountId, buyerId, outside, amountMinor }: Omit<Invoice, 'invoiceId'>): string {
  return [issuedBy, accountId, buyerId, outside?.dfspId, outside?.number, amountMinor].join(' ');
}
