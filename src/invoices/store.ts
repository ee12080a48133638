import type { Outside } from '../payments';
import { violatedConstraint, type Attachment, type Currency, type Sql, type Tx } from '../platform';
import type { InvoiceError } from './errors';
import type { Invoice, InvoiceState, InvoiceType } from './invoice';

/** The SQL of invoices and of what buyers dial at shops; that of tills is in till-store.ts. */

const columns = `invoice_id, code, type, state, account_id::text, owner_id, issued_by, till_number, operator_no, buyer_id,
  outside, currency, amount_minor, note, payment_id, paying_id, created_at, expires_at`;

interface InvoiceRow {
  invoice_id: string;
  code: string;
  type: InvoiceType;
  state: InvoiceState;
  account_id: string | null;
  owner_id: string | null;
  issued_by: string | null;
  till_number: string | null;
  operator_no: number | null;
  buyer_id: string | null;
  outside: Outside | null;
  currency: Currency;
  amount_minor: bigint;
  note: string;
  payment_id: string | null;
  paying_id: string | null;
  created_at: Date;
  expires_at: Date | null;
}

function invoiceOf(row: InvoiceRow): Invoice {
  const { till_number: tillNumber, operator_no: operatorNo } = row;
  return {
    invoiceId: row.invoice_id,
    code: row.code,
    type: row.type,
    state: row.state,
    accountId: row.account_id,
    ownerId: row.owner_id,
    issuedBy: row.issued_by,
    operator: tillNumber === null || operatorNo === null ? null : { tillNumber, operatorNo },
    buyerId: row.buyer_id,
    outside: row.outside,
    currency: row.currency,
    amountMinor: row.amount_minor,
    note: row.note,
    paymentId: row.payment_id,
    payingId: row.paying_id,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  };
}

/** False when another open invoice has the code; throws when the id is taken. */
export async function insertInvoice(tx: Tx, i: Invoice): Promise<boolean> {
  const inserted = await tx.run({
    name: 'invoice-insert',
    text: `insert into invoice (invoice_id, code, type, state, account_id, owner_id, issued_by, till_number, operator_no,
             buyer_id, outside, currency, amount_minor, note, created_at, updated_at, expires_at)
           values ($1, $2, $3, 'pending', $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14, $15)
           on conflict (code) where state = 'pending' do nothing`,
    values: [
      i.invoiceId,
      i.code,
      i.type,
      i.accountId,
      i.ownerId,
      i.issuedBy,
      i.operator?.tillNumber ?? null,
      i.operator?.operatorNo ?? null,
      i.buyerId,
      i.outside,
      i.currency,
      i.amountMinor,
      i.note,
      i.createdAt,
      i.expiresAt,
    ],
  });
  return inserted === 1;
}

/** True for the error of an insert whose id is there already. */
export function isKnownInvoice(error: unknown): boolean {
  return violatedConstraint(error) === 'invoice_pkey';
}

/** For the error of a row of somebody who has closed their profile meanwhile: why it is refused. */
export function refusedAsLeft(error: unknown): InvoiceError | undefined {
  return leftRefusals[violatedConstraint(error) ?? ''];
}
const leftRefusals: Readonly<Record<string, InvoiceError>> = {
  invoice_owner_left: 'not_allowed',
  invoice_buyer_left: 'payee_unknown',
  till_owner_left: 'not_allowed',
  till_operator_customer_left: 'payee_unknown',
};

export async function invoiceById(sql: Sql, invoiceId: string): Promise<Invoice | undefined> {
  const row = await sql.maybe<InvoiceRow>({
    name: 'invoice-by-id',
    text: `select ${columns} from invoice where invoice_id = $1`,
    values: [invoiceId],
  });
  return row && invoiceOf(row);
}

/** The open invoice that has this code now. */
export async function openByCode(sql: Sql, code: string, now: Date): Promise<Invoice | undefined> {
  const row = await sql.maybe<InvoiceRow>({
    name: 'invoice-by-code',
    text: `select ${columns} from invoice
           where code = $1 and state = 'pending' and (expires_at is null or expires_at > $2)`,
    values: [code, now],
  });
  return row && invoiceOf(row);
}

/** What this buyer was asked for and has not decided, the oldest first. */
export async function waitingFor(
  sql: Sql,
  { buyerId, now, limit }: { buyerId: string; now: Date; limit: number },
): Promise<Invoice[]> {
  const rows = await sql.rows<InvoiceRow>({
    name: 'invoice-waiting-for',
    text: `select ${columns} from invoice
           where buyer_id = $1 and state = 'pending' and (expires_at > $2 or paying_id is not null)
           order by created_at, invoice_id limit $3`,
    values: [buyerId, now, limit],
  });
  return rows.map(invoiceOf);
}

/** Whether this person asks anybody for money, or is asked for it. */
export async function anyOpen(sql: Sql, customerId: string, now: Date): Promise<boolean> {
  const row = await sql.maybe({
    text: `select 1 from invoice
           where state = 'pending' and $1 in (owner_id, buyer_id)
             and (expires_at is null or expires_at > $2 or paying_id is not null) limit 1`,
    values: [customerId, now],
  });
  return row !== undefined;
}

/** How many invoices of this merchant the buyer has open, wherever the one or the other is. */
export async function countOpenBetween(
  tx: Tx,
  { ownerId, buyerId, outside }: Pick<Invoice, 'ownerId' | 'buyerId' | 'outside'>,
): Promise<number> {
  const side = buyerId === null ? 'outside is not null and buyer_id is null' : 'buyer_id = $2';
  const { n } = await tx.one<{ n: bigint }>({
    text: `select count(*) as n from invoice
           where state = 'pending' and ${side} and owner_id is not distinct from $1::uuid
             and $2::uuid is not distinct from buyer_id
             and outside ->> 'dfspId' is not distinct from $3 and outside ->> 'number' is not distinct from $4`,
    values: [ownerId, buyerId, outside?.dfspId ?? null, outside?.number ?? null],
  });
  return Number(n);
}

export interface Issued {
  readonly accountIds: readonly string[];
  /** Only what this operator sold there. */
  readonly operators: readonly { readonly tillNumber: string; readonly operatorNo: number }[];
  readonly types: readonly InvoiceType[];
  /** Of what is over, only what was made since. */
  readonly since: Date;
  readonly limit: number;
}

/** What was sent from these accounts, or by these operators: the open ones first, then the last of the others. */
export async function issuedFrom(sql: Sql, q: Issued): Promise<Invoice[]> {
  const rows = await sql.rows<InvoiceRow>({
    name: 'invoice-issued',
    text: `select ${columns} from invoice
           where (account_id = any ($1::bigint[])
                  or (till_number, operator_no) in (select * from unnest($2::text[], $3::smallint[])))
             and type = any ($4::text[]) and (state = 'pending' or created_at > $5)
           order by state = 'pending' desc, created_at desc, invoice_id desc limit $6`,
    values: [
      q.accountIds,
      q.operators.map(({ tillNumber }) => tillNumber),
      q.operators.map(({ operatorNo }) => operatorNo),
      q.types,
      q.since,
      q.limit,
    ],
  });
  return rows.map(invoiceOf);
}

/** Moves an open invoice on. False when it was decided before, or is being paid: only one who decides at the same time wins. */
export async function closeInvoice(
  tx: Tx,
  { invoiceId, state, now }: { invoiceId: string; state: 'rejected' | 'cancelled' | 'expired'; now: Date },
): Promise<boolean> {
  const closed = await tx.run({
    name: 'invoice-close',
    text: `update invoice set state = $2, updated_at = $3
           where invoice_id = $1 and state = 'pending' and paying_id is null`,
    values: [invoiceId, state, now],
  });
  return closed === 1;
}

/** Open invoices whose time is up, and that nobody is paying. */
export async function overdue(sql: Sql, now: Date, limit: number): Promise<Invoice[]> {
  const rows = await sql.rows<InvoiceRow>({
    name: 'invoice-overdue',
    text: `select ${columns} from invoice where state = 'pending' and expires_at <= $1 and paying_id is null
           order by expires_at limit $2`,
    values: [now, limit],
  });
  return rows.map(invoiceOf);
}

/** What a payment says of what it pays for. */
export interface Paid {
  readonly paymentId: string;
  readonly accountId: string;
  readonly buyerId: string | null;
  readonly currency: Currency;
  readonly amountMinor: bigint;
  readonly paidAt: Date;
}

/** An invoice that a payment pays, written with its money; refused unless it is open, in time, and for exactly that. */
export function invoicePaid(invoiceId: string, paid: Paid): Attachment {
  return { writer: 'invoice_paid', row: { invoice_id: invoiceId, ...paidRow(paid) } };
}

/** The same for what a buyer dialled at a shop. */
export function salePaid(saleId: string, paid: Paid): Attachment {
  return { writer: 'sale_paid', row: { sale_id: saleId, ...paidRow(paid) } };
}

/**
 * What becomes of an invoice with the money of a payment that crosses the scheme: `held` makes it that payment's, refused
 * unless it is open, in time, and for exactly that; `freed` opens it again; `settled` pays it.
 */
export function invoiceCrossing(invoiceId: string, step: 'held' | 'freed' | 'settled', paid: Paid): Attachment {
  return { writer: `invoice_${step}`, row: { invoice_id: invoiceId, ...paidRow(paid) } };
}

function paidRow(paid: Paid): Attachment['row'] {
  return {
    payment_id: paid.paymentId,
    account_id: paid.accountId,
    buyer_id: paid.buyerId,
    currency: paid.currency,
    amount_minor: paid.amountMinor.toString(),
    paid_at: paid.paidAt.toISOString(),
  };
}

// Prompts ------------------------------------------------------------------------------------------------------------

export async function insertPrompt(tx: Tx, invoiceId: string, now: Date): Promise<void> {
  await tx.run({
    name: 'invoice-prompt-insert',
    text: 'insert into invoice_prompt (invoice_id, due_at) values ($1, $2)',
    values: [invoiceId, now],
  });
}

/** Takes prompts that are due, for as long as the lease lasts: nobody else takes them meanwhile. */
export async function leasePrompts(
  sql: Sql,
  { now, leaseTo, limit }: { now: Date; leaseTo: Date; limit: number },
): Promise<string[]> {
  const rows = await sql.rows<{ invoice_id: string }>({
    name: 'invoice-prompt-lease',
    text: `update invoice_prompt set due_at = $2 where invoice_id in (
             select invoice_id from invoice_prompt where due_at <= $1 order by due_at limit $3 for update skip locked)
           returning invoice_id`,
    values: [now, leaseTo, limit],
  });
  return rows.map((row) => row.invoice_id);
}

/** False when somebody else was done with it first. */
export async function deletePrompt(tx: Tx, invoiceId: string): Promise<boolean> {
  return (await tx.run({ text: 'delete from invoice_prompt where invoice_id = $1', values: [invoiceId] })) === 1;
}

// Sales --------------------------------------------------------------------------------------------------------------

/** What a buyer dialled at a shop. */
export interface Sale {
  readonly saleId: string;
  readonly accountId: string;
  readonly tillNumber: string | null;
  readonly buyerId: string;
  readonly currency: Currency;
  readonly amountMinor: bigint;
  readonly note: string;
}

export async function insertSale(sql: Sql, s: Sale, now: Date): Promise<void> {
  await sql.run({
    name: 'sale-insert',
    text: `insert into sale (sale_id, account_id, till_number, buyer_id, currency, amount_minor, note, created_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    values: [s.saleId, s.accountId, s.tillNumber, s.buyerId, s.currency, s.amountMinor, s.note, now],
  });
}

/** Where it was dialled; undefined for an id that is no sale's. */
export async function saleById(
  sql: Sql,
  saleId: string,
): Promise<{ readonly tillNumber: string | null; readonly note: string } | undefined> {
  const row = await sql.maybe<{ till_number: string | null; note: string }>({
    name: 'sale-by-id',
    text: 'select till_number, note from sale where sale_id = $1',
    values: [saleId],
  });
  return row && { tillNumber: row.till_number, note: row.note };
}

/** What was dialled and never paid. Returns how many. */
export async function deleteUnpaidSales(sql: Sql, before: Date): Promise<number> {
  return sql.run({ text: 'delete from sale where payment_id is null and created_at < $1', values: [before] });
}
