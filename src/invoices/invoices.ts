import type { PushSender } from '../aggregators';
import type { AuditEvent } from '../audit';
import type { Customer, PinError } from '../identity';
import { fullName } from '../identity';
import type { PaymentError, Quote } from '../payments';
import { ok, plusMs, type Result, type Sql, type Tx } from '../platform';
import type { PaymentRequestAnswer, PaymentRequestRef, SchemeError } from '../switch';
import { findRequested, sendRequest, takeAnswer } from './ask-elsewhere';
import {
  askedFromElsewhere,
  repeatAnswer,
  takeBack,
  takeCancel,
  takeRequest,
  type AskedHere,
  type ToPay,
} from './asked-from-elsewhere';
import { cancel, closeFromElsewhere, expireDue, reject, type Decision } from './decide';
import type { InvoicesDeps } from './deps';
import type { InvoiceError } from './errors';
import type { Invoice, InvoiceType, Operator, Till } from './invoice';
import { lookUpBuyer, makeCode, send, type Buyer, type NewInvoice } from './issue';
import { byCode, findShop, forgetUnpaid, quoteAtShop, quoteInvoice, waiting, type Asked, type Shop } from './pay';
import type { ShopNumber } from './pay';
import { promptDue } from './prompts';
import { takeDueRequests } from './request-store';
import { placeOf, sellerOn } from './seller';
import { anyOpen, invoiceById, issuedFrom } from './store';
import { operatorsAt, tillOfAccount } from './till-store';
import {
  addOperator,
  dropOperator,
  leaveTills,
  lookUpOperator,
  openTill,
  viewTill,
  type TillOrder,
  type TillView,
} from './tills';

type Answer<T> = Promise<Result<T, InvoiceError>>;
type PinAnswer<T> = Promise<Result<T, InvoiceError | PinError>>;
interface Who {
  readonly customerId: string;
  readonly accountId: string;
}

/** Where somebody sells. */
export interface Place {
  readonly accountId: string;
  /** Of the merchant. */
  readonly name: string;
  /** Whether others sell there by a number and PIN of their own on this phone. */
  readonly hasOperators: boolean;
}

/** What was sent, as the seller sees it: never with the buyer's phone (R126). */
export interface Sent {
  readonly invoice: Invoice;
  /** Empty for a code. */
  readonly buyer: { readonly name: string; readonly userNumber: string } | undefined;
}

export interface Invoices {
  /** Where this person sells when they work with that account; undefined: nowhere. */
  placeOf(who: Who): Promise<Place | undefined>;
  /** A fresh id for an order to come. */
  newId(): string;
  lookUpBuyer(ask: { sellerId: string; accountId: string; number: string }): Answer<Customer>;
  send(order: NewInvoice & Buyer): PinAnswer<Invoice>;
  makeCode(order: NewInvoice & { readonly type: 'pending' | 'product' }): PinAnswer<Invoice>;
  reject(decision: Decision): Answer<Invoice>;
  cancel(decision: Decision): Answer<Invoice>;
  /** The buyer's provider won't have it paid, or (`error`) can't ask for it: the seller is told. What is decided stays so. */
  giveUp(invoiceId: string, why: { dfspId: string; error: SchemeError | undefined }): Promise<void>;
  find(invoiceId: string): Promise<Invoice | undefined>;
  /** What a seller sent on an account: open ones first, then those of the last days. Errors: `not_allowed`. */
  sentFrom(who: Who & { readonly types: readonly InvoiceType[] }): Answer<Sent[]>;
  waiting(buyerId: string): Promise<Asked[]>;
  byCode(ask: { customerId: string; code: string }): Answer<Asked>;
  quoteInvoice(ask: Who & { invoiceId: string }): Promise<Result<Quote, InvoiceError | PaymentError>>;
  /** See asked-from-elsewhere.ts. */
  askedFromElsewhere(ask: { invoiceId: string; customerId: string }): Answer<ToPay | undefined>;
  takeBack(invoiceId: string): Promise<void>;
  findShop(number: ShopNumber): Answer<Shop>;
  quoteAtShop(
    order: Who & { shop: ShopNumber; amountMinor: bigint; note: string },
  ): Promise<Result<Quote, InvoiceError | PaymentError>>;
  viewTill(who: Who): Answer<TillView | undefined>;
  openTill(order: TillOrder): PinAnswer<Till>;
  lookUpOperator(ask: Who & { number: string }): Answer<Customer>;
  addOperator(order: TillOrder & { operatorId: string; dayMaxMinor: bigint | null }): PinAnswer<Operator>;
  dropOperator(order: TillOrder & { operatorNo: number }): PinAnswer<undefined>;
  /** Whether this person asks anybody for money, or is asked for it. */
  isAsking(sql: Sql, customerId: string): Promise<boolean>;
  /** See tills.ts. */
  leave(tx: Tx, leaver: { customerId: string; hopKey: string }): Promise<AuditEvent[]>;
  /** What other providers ask, answer and pay of invoices. */
  readonly requests: {
    take(asked: AskedHere): Promise<void>;
    takeAnswer(answer: PaymentRequestAnswer): Promise<void>;
    takeCancel(request: PaymentRequestRef): Promise<void>;
    find(ref: { dfspId: string; requestId: string }): ReturnType<typeof findRequested>;
    shopAt(tillNumber: string): Promise<Shop | undefined>;
  };
  /** Sends to other providers what is due: whom we ask, and what customers of ours refused. Returns how many. */
  sendDue(): Promise<number>;
  promptDue(push?: PushSender): Promise<number>;
  expireDue(): Promise<number>;
  forgetUnpaid(): Promise<number>;
}

const sentMax = 30;
const sentShownMs = 3 * 24 * 3_600_000;

export function createInvoices(deps: InvoicesDeps): Invoices {
  return {
    placeOf: (who) => place(deps, who),
    newId: () => deps.ids.uuid(),
    lookUpBuyer: (ask) => lookUpBuyer(deps, ask),
    send: (order) => send(deps, order),
    makeCode: (order) => makeCode(deps, order),
    reject: (decision) => reject(deps, decision),
    cancel: (decision) => cancel(deps, decision),
    giveUp: async (invoiceId, { dfspId, error }) => {
      await closeFromElsewhere(deps, invoiceId, { by: { kind: 'provider', id: dfspId }, error });
    },
    find: (invoiceId) => invoiceById(deps.db, invoiceId),
    sentFrom: (who) => sentFrom(deps, who),
    waiting: (buyerId) => waiting(deps, buyerId),
    byCode: (ask) => byCode(deps, ask),
    quoteInvoice: (ask) => quoteInvoice(deps, ask),
    askedFromElsewhere: (ask) => askedFromElsewhere(deps, ask),
    takeBack: (invoiceId) => takeBack(deps, invoiceId),
    findShop: (number) => findShop(deps, number),
    quoteAtShop: (order) => quoteAtShop(deps, order),
    viewTill: (who) => viewTill(deps, who),
    openTill: (order) => openTill(deps, order),
    lookUpOperator: (ask) => lookUpOperator(deps, ask),
    addOperator: (order) => addOperator(deps, order),
    dropOperator: (order) => dropOperator(deps, order),
    isAsking: (sql, customerId) => anyOpen(sql, customerId, deps.clock.now()),
    leave: (tx, leaver) => leaveTills(deps, tx, leaver),
    requests: {
      take: (asked) => takeRequest(deps, asked),
      takeAnswer: (answer) => takeAnswer(deps, answer),
      takeCancel: (request) => takeCancel(deps, request),
      find: (ref) => findRequested(deps, ref),
      shopAt: async (tillNumber) => {
        const shop = await findShop(deps, { tillNumber });
        return shop.ok ? shop.value : undefined;
      },
    },
    sendDue: () => sendDue(deps),
    promptDue: (push) => promptDue(deps, push),
    expireDue: () => expireDue(deps),
    forgetUnpaid: () => forgetUnpaid(deps),
  };
}

const sendMax = 50;
const sendLaterMs = 3_600_000;

async function sendDue(deps: InvoicesDeps): Promise<number> {
  const due = await takeDueRequests(deps.db, { now: deps.clock.now(), laterMs: sendLaterMs, limit: sendMax });
  await Promise.all(due.map((one) => (one.way === 'out' ? sendRequest(deps, one) : repeatAnswer(deps, one))));
  return due.length;
}

async function place(deps: InvoicesDeps, who: Who): Promise<Place | undefined> {
  const seller = await placeOf(deps, who);
  if (!seller) return undefined;
  const { accountId, owner, operator } = seller;
  const till = operator ? undefined : await tillOfAccount(deps.db, accountId);
  const hasOperators = till !== undefined && (await operatorsAt(deps.db, till.tillNumber)).length > 0;
  return { accountId, name: fullName(owner), hasOperators };
}

/** A holder sees all that was sent on the account, an operator what they sent themselves. */
async function sentFrom(
  deps: InvoicesDeps,
  { types, ...who }: Who & { readonly types: readonly InvoiceType[] },
): Answer<Sent[]> {
  const { db, identity, clock } = deps;
  const seller = await sellerOn(deps, who);
  if (!seller.ok) return seller;
  const { operator } = seller.value;
  const invoices = await issuedFrom(db, {
    accountIds: operator ? [] : [who.accountId],
    operators: operator ? [operator] : [],
    types,
    since: plusMs(clock.now(), -sentShownMs),
    limit: sentMax,
  });
  const sent = invoices.map(async (invoice): Promise<Sent> => {
    const { buyerId, outside } = invoice;
    if (outside) return { invoice, buyer: { name: fullName(outside), userNumber: outside.number } };
    const buyer = buyerId === null ? undefined : await identity.byId(db, buyerId);
    return { invoice, buyer: buyer && { name: fullName(buyer), userNumber: buyer.userNumber } };
  });
  return ok(await Promise.all(sent));
}
