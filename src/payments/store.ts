import type { Attachment, Currency, Sql, Tx } from '../platform';
import type { Channel, Product } from '../rules';
import type { PaymentError } from './errors';
import type { Outside, Payment, PaymentState, Quote, Terms } from './payment';

/** All of the payments' SQL but that of 0008_payments.sql: what commits with money is written by its functions. */

/** An account's number is a string outside of the database, as the ledger has it. */
const termColumns = `product, channel, initiator_id, asked_as, payer_id, payee_id, payer_account_id::text, payee_account_id::text,
  currency, amount_minor, fee_minor, payee_fee_minor, fee_back_minor, commission_minor, rule_version, subject_id, outside`;
const quoteColumns = `quote_id, ${termColumns}, commission_account_id::text, held, created_at, expires_at`;
export const paymentColumns = `payment_id, ${termColumns}, state, failure, reference, created_at, updated_at, expires_at`;

interface TermsRow {
  product: Product;
  channel: Channel;
  initiator_id: string | null;
  asked_as: Terms['askedAs'];
  payer_id: string | null;
  payee_id: string | null;
  payer_account_id: string;
  payee_account_id: string;
  currency: Currency;
  amount_minor: bigint;
  fee_minor: bigint;
  payee_fee_minor: bigint;
  fee_back_minor: bigint;
  commission_minor: bigint;
  rule_version: string;
  subject_id: string | null;
  outside: Outside | null;
}

function termsOf(row: TermsRow): Terms {
  return {
    product: row.product,
    channel: row.channel,
    initiatorId: row.initiator_id,
    askedAs: row.asked_as,
    payerId: row.payer_id,
    payeeId: row.payee_id,
    payerAccountId: row.payer_account_id,
    payeeAccountId: row.payee_account_id,
    currency: row.currency,
    amountMinor: row.amount_minor,
    feeMinor: row.fee_minor,
    payeeFeeMinor: row.payee_fee_minor,
    feeBackMinor: row.fee_back_minor,
    commissionMinor: row.commission_minor,
    ruleVersion: row.rule_version,
    subjectId: row.subject_id,
    outside: row.outside,
  };
}

/** The terms as the columns of both tables; amounts are decimal strings, as JSON has them. */
function termValues(terms: Terms): Record<string, string | null | Outside> {
  return {
    product: terms.product,
    channel: terms.channel,
    initiator_id: terms.initiatorId,
    asked_as: terms.askedAs,
    payer_id: terms.payerId,
    payee_id: terms.payeeId,
    payer_account_id: terms.payerAccountId,
    payee_account_id: terms.payeeAccountId,
    currency: terms.currency,
    amount_minor: terms.amountMinor.toString(),
    fee_minor: terms.feeMinor.toString(),
    payee_fee_minor: terms.payeeFeeMinor.toString(),
    fee_back_minor: terms.feeBackMinor.toString(),
    commission_minor: terms.commissionMinor.toString(),
    rule_version: terms.ruleVersion,
    subject_id: terms.subjectId,
    outside: terms.outside,
  };
}

function insertOf(table: string, row: Readonly<Record<string, unknown>>): { text: string; values: unknown[] } {
  const columns = Object.keys(row);
  const places = columns.map((_, index) => `$${index + 1}`);
  return {
    text: `insert into ${table} (${columns.join(', ')}) values (${places.join(', ')})`,
    values: Object.values(row),
  };
}

interface QuoteRow extends TermsRow {
  quote_id: string;
  commission_account_id: string | null;
  held: boolean;
  created_at: Date;
  expires_at: Date;
}

export async function insertQuote(sql: Sql, q: Quote): Promise<void> {
  const insert = insertOf('quote', {
    quote_id: q.quoteId,
    ...termValues(q),
    commission_account_id: q.commissionAccountId,
    held: q.held,
    created_at: q.createdAt,
    expires_at: q.expiresAt,
  });
  await sql.run({ name: 'quote-insert', ...insert });
}

export async function quoteById(sql: Sql, quoteId: string): Promise<Quote | undefined> {
  const row = await sql.maybe<QuoteRow>({
    name: 'quote-by-id',
    together: true,
    text: `select ${quoteColumns} from quote where quote_id = $1`,
    values: [quoteId],
  });
  return row && quoteOf(row);
}

function quoteOf(row: QuoteRow): Quote {
  return {
    quoteId: row.quote_id,
    ...termsOf(row),
    commissionAccountId: row.commission_account_id,
    held: row.held,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  };
}

/** The PIN was right: from now on a payment may be under way. */
export async function acceptQuote(tx: Tx, quoteId: string, initiatorId: string, now: Date): Promise<void> {
  await tx.run({
    name: 'quote-accept',
    text: 'update quote set accepted_at = $3 where quote_id = $1 and initiator_id = $2',
    values: [quoteId, initiatorId, now],
  });
}

/** Nothing came of it and nothing will. */
export async function dismissQuote(sql: Sql, quoteId: string): Promise<void> {
  await sql.run({ text: 'update quote set accepted_at = null where quote_id = $1', values: [quoteId] });
}

/** The last thing that this person decided since `since`, where that is a quote of which there is no payment (yet). */
export async function acceptedQuote(sql: Sql, initiatorId: string, since: Date): Promise<Quote | undefined> {
  const row = await sql.maybe<QuoteRow>({
    name: 'quote-accepted',
    text: `select ${quoteColumns} from quote q where q.initiator_id = $1 and q.accepted_at > $2 and not q.held
             and not exists (select 1 from payment p where p.payment_id = q.quote_id)
             and not exists (select 1 from payment p where p.decided_by = $1 and p.updated_at >= q.accepted_at)
           order by q.accepted_at desc limit 1`,
    values: [initiatorId, since],
  });
  return row && quoteOf(row);
}

export async function deleteQuotesBefore(sql: Sql, before: Date): Promise<number> {
  return sql.run({ text: 'delete from quote where created_at < $1', values: [before] });
}

export interface PaymentRow extends TermsRow {
  payment_id: string;
  state: PaymentState;
  failure: PaymentError | null;
  reference: string;
  created_at: Date;
  updated_at: Date;
  expires_at: Date | null;
}

export function paymentOf(row: PaymentRow): Payment {
  return {
    paymentId: row.payment_id,
    ...termsOf(row),
    state: row.state,
    failure: row.failure,
    reference: row.reference,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    expiresAt: row.expires_at,
  };
}

/** What is written when a payment is born. */
export interface NewPayment extends Omit<Payment, 'createdAt' | 'updatedAt'> {
  /** Null: the staff. */
  readonly decidedBy: string | null;
  readonly hopKey: string;
  readonly now: Date;
}

/**
 * A payment that moved or holds money, written with it; refused where it is booked after its quote has expired, or
 * where whoever asked as payer may not take from the account.
 */
export function paymentAttachment(p: NewPayment, quoteExpiresAt: Date): Attachment {
  return {
    writer: 'payment',
    row: {
      payment_id: p.paymentId,
      ...termValues(p),
      state: p.state,
      reference: p.reference,
      decided_by: p.decidedBy,
      debited_by: p.askedAs === 'payer' ? p.initiatorId : null,
      hop_key: p.hopKey,
      created_at: p.now.toISOString(),
      expires_at: p.expiresAt?.toISOString() ?? null,
      quote_expires_at: quoteExpiresAt.toISOString(),
    },
  };
}

/** A payment that failed. False when its reference is taken, or when it was written before. */
export async function insertFailed(tx: Tx, p: NewPayment): Promise<boolean> {
  const { text, values } = insertOf('payment', {
    payment_id: p.paymentId,
    ...termValues(p),
    state: 'failed',
    failure: p.failure,
    reference: p.reference,
    decided_by: p.decidedBy,
    hop_key: p.hopKey,
    created_at: p.now,
    updated_at: p.now,
  });
  return (await tx.run({ name: 'payment-insert-failed', text: `${text} on conflict do nothing`, values })) === 1;
}

export async function paymentById(sql: Sql, paymentId: string): Promise<Payment | undefined> {
  const row = await sql.maybe<PaymentRow>({
    name: 'payment-by-id',
    together: true,
    text: `select ${paymentColumns} from payment where payment_id = $1`,
    values: [paymentId],
  });
  return row && paymentOf(row);
}

export async function paymentByReference(sql: Sql, reference: string): Promise<Payment | undefined> {
  const row = await sql.maybe<PaymentRow>({
    name: 'payment-by-reference',
    text: `select ${paymentColumns} from payment where reference = $1`,
    values: [reference],
  });
  return row && paymentOf(row);
}

export interface Decision {
  readonly paymentId: string;
  readonly state: Exclude<PaymentState, 'pending' | 'failed'>;
  /** Who decided, and by which hop; null when nobody did (it expired). */
  readonly decidedBy: string | null;
  readonly hopKey: string | null;
  /** Whether whoever decided takes from the payer's account by it, and must be allowed to. */
  readonly debits: boolean;
  /** Of a refund that is completed in part: how much. */
  readonly amountMinor?: bigint | undefined;
  readonly feeBackMinor?: bigint | undefined;
  readonly now: Date;
}

/** The guarded transition, written with the money: only what is pending moves on. */
export function decisionAttachment(d: Decision): Attachment {
  const by = { decided_by: d.decidedBy, debited_by: d.debits ? d.decidedBy : null, hop_key: d.hopKey };
  return {
    writer: 'payment_decision',
    row: {
      payment_id: d.paymentId,
      state: d.state,
      ...by,
      amount_minor: d.amountMinor?.toString() ?? null,
      fee_back_minor: d.feeBackMinor?.toString() ?? null,
      updated_at: d.now.toISOString(),
    },
  };
}

/** Held payments from these accounts that wait for the payer, the oldest first. */
export async function pendingFrom(
  sql: Sql,
  { accountIds, now, limit }: { accountIds: readonly string[]; now: Date; limit: number },
): Promise<Payment[]> {
  const rows = await sql.rows<PaymentRow>({
    name: 'payment-pending-from',
    text: `select ${paymentColumns} from payment
           where payer_account_id = any ($1::bigint[]) and state = 'pending' and asked_as = 'payee' and expires_at > $2
           order by created_at limit $3`,
    values: [accountIds, now, limit],
  });
  return rows.map(paymentOf);
}

/** Whether any payment waits that is this person's, or goes from or to one of these accounts. */
export async function anyPending(
  sql: Sql,
  { customerId, accountIds }: { customerId: string; accountIds: readonly string[] },
): Promise<boolean> {
  const row = await sql.maybe({
    text: `select 1 from payment
           where state = 'pending' and ($1 in (payer_id, payee_id)
             or payer_account_id = any ($2::bigint[]) or payee_account_id = any ($2::bigint[])) limit 1`,
    values: [customerId, accountIds],
  });
  return row !== undefined;
}

/** Whether this agent waits for this customer already. The database lets one in where two ask at the same time. */
export async function hasOpenRequest(sql: Sql, payerId: string | null, payeeId: string | null): Promise<boolean> {
  const row = await sql.maybe({
    name: 'payment-open-request',
    together: true,
    text: `select 1 from payment where payer_id = $1 and payee_id = $2 and state = 'pending'`,
    values: [payerId, payeeId],
  });
  return row !== undefined;
}

/** Pending payments whose time is up, the longest overdue first, from behind the one given. */
export async function overdueAfter(
  sql: Sql,
  { now, after, limit }: { now: Date; after: Payment | undefined; limit: number },
): Promise<Payment[]> {
  const rows = await sql.rows<PaymentRow>({
    name: 'payment-overdue',
    text: `select ${paymentColumns} from payment
           where state = 'pending' and expires_at <= $1
             and ($2::timestamptz is null or (expires_at, payment_id) > ($2, $3::uuid))
           order by expires_at, payment_id limit $4`,
    values: [now, after?.expiresAt ?? null, after?.paymentId ?? null, limit],
  });
  return rows.map(paymentOf);
}

/** Which of these are pending payments. */
export async function pendingAmong(sql: Sql, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await sql.rows<{ payment_id: string }>({
    name: 'payment-pending-among',
    text: `select payment_id from payment where payment_id = any ($1::uuid[]) and state = 'pending'`,
    values: [ids],
  });
  return new Set(rows.map((row) => row.payment_id));
}

/** The customers that this one sent money to lately, the last first. */
export async function recentPayeeIds(sql: Sql, initiatorId: string, limit: number): Promise<string[]> {
  const rows = await sql.rows<{ payee_id: string }>({
    name: 'payment-recent-payees',
    text: `with lately as (select payee_id, product, updated_at from payment where initiator_id = $1 and state = 'completed'
                           order by updated_at desc limit 50)
           select payee_id from lately where product = 'send' and payee_id is not null group by payee_id order by max(updated_at) desc limit $2`,
    values: [initiatorId, limit],
  });
  return rows.map((row) => row.payee_id);
}

/** Completed payments of one account, either way, the last first. */
export async function completedOf(sql: Sql, accountId: string, limit: number): Promise<Payment[]> {
  const side = (column: string) =>
    `(select ${paymentColumns} from payment where ${column} = $1 and state = 'completed' order by updated_at desc limit $2)`;
  const rows = await sql.rows<PaymentRow>({
    name: 'payment-completed-of',
    text: `select * from (${side('payer_account_id')} union all ${side('payee_account_id')}) p
           order by updated_at desc, payment_id desc limit $2`,
    values: [accountId, limit],
  });
  return rows.map(paymentOf);
}

/** What this person last decided over, if that was since `since` and they may not have seen what came of it. */
export async function lastUnseen(sql: Sql, customerId: string, since: Date): Promise<Payment | undefined> {
  const row = await sql.maybe<PaymentRow & { outcome_seen: boolean }>({
    name: 'payment-last-unseen',
    text: `select ${paymentColumns}, outcome_seen from payment where decided_by = $1 and updated_at > $2 and (state <> 'pending' or outside is not null)
             and (outside is null or subject_id is not null or asked_as <> 'payer')
             and (asked_as <> 'payee' or decided_by is distinct from initiator_id)
           order by updated_at desc, payment_id desc limit 1`,
    values: [customerId, since],
  });
  return row && !row.outcome_seen ? paymentOf(row) : undefined;
}

export async function markSeen(sql: Sql, by: { paymentId: string } | { hopKey: string }): Promise<void> {
  const [column, value] = 'paymentId' in by ? ['payment_id', by.paymentId] : ['hop_key', by.hopKey];
  await sql.run({ text: `update payment set outcome_seen = true where ${column} = $1`, values: [value] });
}
