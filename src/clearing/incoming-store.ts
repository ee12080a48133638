import type { Attachment, Sql } from '../platform';
import type { Party, SchemeError, Terms } from '../switch';

/** The SQL of money that comes in. */

export interface IncomingOffer {
  readonly dfspId: string;
  readonly quoteId: string;
  /** Of what was asked: the same again gets the same answer. */
  readonly digest: Buffer;
  readonly customerId: string | null;
  readonly accountId: string | null;
  readonly payer: Party;
  readonly currency: string;
  readonly amountMinor: bigint;
  readonly payeeFeeMinor: bigint;
  readonly product: 'send' | 'purchase' | 'cash_out';
  /** The invoice that is paid by it, or the agent's request. */
  readonly subjectId: string | null;
  /** What the agent earns who hands out cash. */
  readonly commissionMinor: bigint;
  readonly ruleVersion: string;
  /** Of the payer's provider; null: it came before such ids were kept. */
  readonly transactionId: string | null;
  /** The payment of ours that it gives back, and what of its fee comes back with it. */
  readonly refundOf: string | null;
  readonly feeBackMinor: bigint;
  readonly terms: Terms | null;
  readonly error: SchemeError | null;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

const offerColumns = `dfsp_id as "dfspId", quote_id as "quoteId", digest, customer_id as "customerId",
  account_id::text as "accountId", payer, currency, amount_minor as "amountMinor", payee_fee_minor as "payeeFeeMinor",
  commission_minor as "commissionMinor", product, subject_id as "subjectId", rule_version as "ruleVersion", transaction_id as "transactionId",
  refund_of as "refundOf", fee_back_minor as "feeBackMinor", terms, error, created_at as "createdAt",
  expires_at as "expiresAt"`;

/** Keeps an answer; false where there is one already, which stays. */
export async function insertOffer(sql: Sql, o: IncomingOffer): Promise<boolean> {
  const inserted = await sql.run({
    name: 'incoming-offer-insert',
    together: true,
    text: `insert into incoming_quote (dfsp_id, quote_id, digest, customer_id, account_id, payer, currency, amount_minor,
             payee_fee_minor, product, subject_id, rule_version, transaction_id, refund_of, fee_back_minor, terms, error,
             created_at, expires_at, commission_minor)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
           on conflict do nothing`,
    values: [
      ...[o.dfspId, o.quoteId, o.digest, o.customerId, o.accountId, o.payer, o.currency, o.amountMinor],
      ...[o.payeeFeeMinor, o.product, o.subjectId, o.ruleVersion, o.transactionId, o.refundOf, o.feeBackMinor],
      ...[o.terms, o.error, o.createdAt, o.expiresAt, o.commissionMinor],
    ],
  });
  return inserted === 1;
}

export async function offerOf(sql: Sql, dfspId: string, quoteId: string): Promise<IncomingOffer | undefined> {
  return sql.maybe<IncomingOffer & Record<string, unknown>>({
    name: 'incoming-offer',
    together: true,
    text: `select ${offerColumns} from incoming_quote where dfsp_id = $1 and quote_id = $2`,
    values: [dfspId, quoteId],
  });
}

/** Offers that nobody took. */
export async function deleteOffersBefore(sql: Sql, before: Date): Promise<number> {
  return sql.run({
    text: `delete from incoming_quote q where created_at < $1
             and not exists (select 1 from incoming_transfer t where t.dfsp_id = q.dfsp_id and t.quote_id = q.quote_id)`,
    values: [before],
  });
}

export interface IncomingRow {
  readonly dfspId: string;
  readonly transferId: string;
  readonly digest: Buffer;
  readonly quoteId: string;
  readonly paymentId: string | null;
  readonly terms: Terms | null;
  readonly error: SchemeError | null;
  readonly state: 'reserved' | 'refused' | 'committed' | 'aborted';
}

const rowColumns = `dfsp_id as "dfspId", transfer_id as "transferId", digest, quote_id as "quoteId",
  payment_id as "paymentId", terms, error, state`;

export async function incomingOf(sql: Sql, dfspId: string, transferId: string): Promise<IncomingRow | undefined> {
  return sql.maybe<IncomingRow & Record<string, unknown>>({
    name: 'incoming-transfer',
    together: true,
    text: `select ${rowColumns} from incoming_transfer where dfsp_id = $1 and transfer_id = $2`,
    values: [dfspId, transferId],
  });
}

export interface NewIncoming {
  readonly dfspId: string;
  readonly transferId: string;
  readonly digest: Buffer;
  readonly quoteId: string;
  readonly now: Date;
  /** By when the scheme must have decided. */
  readonly expiresAt: Date;
}

/** The row that commits with the money that is held. */
export function incomingAttachment(t: NewIncoming & { paymentId: string; terms: Terms; dueAt: Date }): Attachment {
  return {
    writer: 'incoming_transfer',
    row: {
      dfsp_id: t.dfspId,
      transfer_id: t.transferId,
      digest: t.digest.toString('hex'),
      quote_id: t.quoteId,
      payment_id: t.paymentId,
      terms: t.terms,
      due_at: t.dueAt.toISOString(),
      created_at: t.now.toISOString(),
      expires_at: t.expiresAt.toISOString(),
    },
  };
}

/** Keeps that a transfer was refused; where it is known already, what is known stays. */
export async function insertRefused(sql: Sql, { error, ...t }: NewIncoming & { error: SchemeError }): Promise<void> {
  await sql.run({
    text: `insert into incoming_transfer (dfsp_id, transfer_id, digest, quote_id, error, state, created_at, expires_at)
           values ($1, $2, $3, $4, $5, 'refused', $6, $7) on conflict do nothing`,
    values: [t.dfspId, t.transferId, t.digest, t.quoteId, error, t.now, t.expiresAt],
  });
}

/** Reserved transfers that the scheme has not confirmed: they are answered again, each later than the time before. */
export async function takeUnconfirmed(
  sql: Sql,
  { now, laterMs, limit }: { now: Date; laterMs: number; limit: number },
): Promise<IncomingRow[]> {
  return sql.rows<IncomingRow & Record<string, unknown>>({
    name: 'incoming-take-due',
    text: `update incoming_transfer
           set attempts = attempts + 1,
               due_at = $1::timestamptz + least(2000 * 2.0 ^ least(attempts, 20), $2) * interval '1 millisecond'
           where (dfsp_id, transfer_id) in (
             select dfsp_id, transfer_id from incoming_transfer where state = 'reserved' and due_at <= $1
             order by due_at limit $3 for update skip locked)
           returning ${rowColumns}`,
    values: [now, laterMs, limit],
  });
}

/** Why the scheme did not take an answer of ours. */
export async function noteRefusal(sql: Sql, { dfspId, transferId }: IncomingRow, error: SchemeError): Promise<void> {
  await sql.run({
    text: `update incoming_transfer set error = $3 where dfsp_id = $1 and transfer_id = $2 and state = 'reserved'`,
    values: [dfspId, transferId, error],
  });
}

/** What a payment that came in needs to go back: whom it came from, and its id there. */
export interface Received {
  readonly payer: Party;
  readonly transactionId: string;
}

export async function receivedBy(sql: Sql, paymentId: string): Promise<Received | undefined> {
  return sql.maybe<Received & Record<string, unknown>>({
    text: `select q.payer, q.transaction_id as "transactionId"
           from (
             select dfsp_id, transfer_id from incoming_transfer where payment_id = $1
             union select dfsp_id, transfer_id from transfer_correction where correction_id = $1
           ) one
           join incoming_transfer t on t.dfsp_id = one.dfsp_id and t.transfer_id = one.transfer_id
           join incoming_quote q on q.dfsp_id = t.dfsp_id and q.quote_id = t.quote_id
           left join transfer_correction c on c.dfsp_id = t.dfsp_id and c.transfer_id = t.transfer_id
           where coalesce(c.correction_id, t.payment_id) = $1 and coalesce(c.state, t.state) = 'committed'
             and q.refund_of is null and q.transaction_id is not null`,
    values: [paymentId],
  });
}
