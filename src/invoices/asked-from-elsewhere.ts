import { createHash } from 'node:crypto';
import type { Customer } from '../identity';
import type { Outside } from '../payments';
import { assert, err, ok, plusMs, type Result, type Tx } from '../platform';
import type { IncomingPaymentRequest, Party, PaymentRequestRef, SchemeError } from '../switch';
import { withdraw } from './decide';
import type { InvoicesDeps } from './deps';
import type { InvoiceError } from './errors';
import { eventOf } from './events';
import type { Invoice } from './invoice';
import { insertCoded, openMax } from './issue';
import { insertRequest, isKnownRequest, requestFor, requestOf, stopSending, type RequestRow } from './request-store';
import { countOpenBetween, insertPrompt, invoiceById } from './store';

/** The buyer's side of an invoice from another provider: an invoice of ours, which the buyer finds under Pending. */

export interface AskedHere {
  readonly request: IncomingPaymentRequest;
  /** Undefined: nobody here is meant. */
  readonly buyer: Customer | undefined;
  readonly seller: Outside;
}

/** Keeps what is asked of a customer of ours, and answers; each request has one answer, however often it comes (R118). */
export async function takeRequest(deps: InvoicesDeps, asked: AskedHere): Promise<void> {
  const { requestId, dfspId } = asked.request;
  const key = { way: 'in', dfspId, requestId } as const;
  const digest = digestOf(asked.request);
  const known = (await requestOf(deps.db, key)) ?? (await keep(deps, asked, digest));
  await answer(deps, known.digest?.equals(digest) === true ? known : { ...known, answer: 'rejected', error: modified });
}

async function keep(deps: InvoicesDeps, asked: AskedHere, digest: Buffer): Promise<RequestRow> {
  const { requestId, dfspId, payee } = asked.request;
  const key = { way: 'in', dfspId, requestId } as const;
  // Whoever asks is paid at the provider that asks, whatever the name says.
  const row = { ...key, party: { ...payee, dfspId }, digest, dueAt: null, now: deps.clock.now() };
  try {
    await deps.db.tx(async (tx) => {
      const error = await refusalOf(deps, tx, asked);
      if (error || !asked.buyer) {
        return insertRequest(tx, { ...row, invoiceId: null, answer: 'rejected', error: error ?? unknown });
      }
      const { invoiceId } = await insertFor(deps, tx, { ...asked, buyer: asked.buyer });
      return insertRequest(tx, { ...row, invoiceId, answer: 'received', error: null });
    });
  } catch (error) {
    if (!isKnownRequest(error)) throw error; // else the same came in beside this one
  }
  const kept = await requestOf(deps.db, key);
  assert(kept, 'what was asked is kept');
  return kept;
}

async function refusalOf(
  { rules, clock }: InvoicesDeps,
  tx: Tx,
  { request: { amount, expiresAt }, buyer, seller }: AskedHere,
): Promise<SchemeError | undefined> {
  if (!buyer) return unknown;
  if (amount.currency !== rules.currency) return refused('4103', 'Payer unsupported currency');
  if (amount.amountMinor <= 0n) return refused('3100', 'Generic validation error - amount must be above zero');
  if (amount.amountMinor > rules.amountMaxMinor) return refused('4200', 'Payer limit error');
  if (expiresAt <= clock.now()) return refused('3301', 'Transaction request expired');
  const open = await countOpenBetween(tx, { ownerId: null, buyerId: buyer.customerId, outside: seller });
  return open >= openMax ? refused('4101', 'Payer rejected transaction request: too many are open') : undefined;
}

async function insertFor(
  deps: InvoicesDeps,
  tx: Tx,
  { request, buyer, seller }: AskedHere & { readonly buyer: Customer },
): Promise<Invoice> {
  const { clock, ids, limits, audit } = deps;
  const { amount, note = '', expiresAt, dfspId, requestId } = request;
  const now = clock.now();
  const latest = plusMs(now, limits.invoiceTtlMs);
  const invoice = await insertCoded(deps, tx, {
    ...{ invoiceId: ids.uuid(), code: '', type: 'standard', state: 'pending' },
    ...{ accountId: null, ownerId: null, issuedBy: null, operator: null, buyerId: buyer.customerId },
    outside: { ...seller, dfspId },
    ...amount,
    note: shownNote(note),
    ...{ paymentId: null, payingId: null, createdAt: now, expiresAt: expiresAt < latest ? expiresAt : latest },
  });
  await insertPrompt(tx, invoice.invoiceId, now);
  const by = { kind: 'provider', id: dfspId } as const;
  await audit.record(tx, [eventOf('invoice.issued', invoice, { by, traceId: requestId })]);
  return invoice;
}

const noteMax = 20;

/** As long as a note of our own, and on one line. */
function shownNote(note: string): string {
  const line = note.normalize('NFC').replace(/[\p{C}\s]+/gu, ' ').trim(); // prettier-ignore
  return Array.from(line).slice(0, noteMax).join('').trim();
}

/** Says once more what the buyer decided: the other side acknowledges nothing, and stops asking when time is up. */
export async function repeatAnswer(deps: InvoicesDeps, request: RequestRow): Promise<void> {
  const invoice = await invoiceById(deps.db, request.invoiceId ?? '');
  if (!invoice?.expiresAt || invoice.expiresAt <= deps.clock.now()) await stopSending(deps.db, request);
  await answer(deps, request);
}

async function answer({ clock, scheme }: InvoicesDeps, request: RequestRow): Promise<void> {
  const { requestId, dfspId, answer: state, error } = request;
  const context = { deadline: plusMs(clock.now(), scheme.patienceMs) };
  const said = { requestId, dfspId, state: state ?? 'received', ...(error && { error }) } as const;
  await scheme.adapter.answerPaymentRequest(said, context);
}

export interface ToPay {
  readonly requestId: string;
  /** Who asks, as the scheme named them. */
  readonly party: Party;
  readonly invoice: Invoice;
}

/** What the buyer pays at another provider; undefined: it is a shop here. Errors: `invoice_gone`. */
export async function askedFromElsewhere(
  { db, clock }: InvoicesDeps,
  { invoiceId, customerId }: { invoiceId: string; customerId: string },
): Promise<Result<ToPay | undefined, InvoiceError>> {
  const invoice = await invoiceById(db, invoiceId);
  if (invoice?.accountId !== null) return ok(undefined);
  const isOpen = invoice.state === 'pending' && invoice.payingId === null;
  const inTime = invoice.expiresAt !== null && invoice.expiresAt > clock.now();
  if (!isOpen || !inTime || invoice.buyerId !== customerId) return err('invoice_gone');
  const request = await requestFor(db, invoiceId);
  assert(request, 'what comes from elsewhere came by a request');
  return ok({ invoice, requestId: request.requestId, party: request.party });
}

/** The shop's provider doesn't know it, or no more: it goes from the buyer's list. */
export async function takeBack(deps: InvoicesDeps, invoiceId: string): Promise<void> {
  const invoice = await invoiceById(deps.db, invoiceId);
  if (invoice?.outside && invoice.accountId === null) await withdraw(deps, invoice, { dfspId: invoice.outside.dfspId });
}

/** Who asked for it takes it back: it goes from the buyer's list, and they are told. What is being paid is not taken back. */
export async function takeCancel(deps: InvoicesDeps, { requestId, dfspId }: PaymentRequestRef): Promise<void> {
  const request = await requestOf(deps.db, { way: 'in', dfspId, requestId });
  const invoice = request?.invoiceId ? await invoiceById(deps.db, request.invoiceId) : undefined;
  if (invoice) await withdraw(deps, invoice, { dfspId, text: 'sms.invoiceCancelled' });
}

/** Of the values that make a request what it is; amounts as decimal strings. */
function digestOf({ payer, payee, amount, note = '', expiresAt }: IncomingPaymentRequest): Buffer {
  const { amountMinor, currency } = amount;
  const said = [payer.partyId, payee.partyId, amountMinor.toString(), currency, note, expiresAt.toISOString()];
  return createHash('sha256').update(JSON.stringify(said)).digest();
}

function refused(code: string, description: string): SchemeError {
  return { code, description, moneyMoved: 'no' };
}

const unknown = refused('3204', 'Party not found');
const modified = refused('3106', 'Modified request: this requestId was used for something else');
