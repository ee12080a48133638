import type { Currency, Sql } from '../platform';
import type { Party, SchemeError } from '../switch';
import { transferColumns, type OutgoingTransfer } from './outgoing-store';

/** The SQL of bulks that go out: quotes that were asked together, and the transfers that came of them. */
export interface OutgoingBulk {
  /** Of the quotes. */
  readonly bulkId: string;
  /** Of the transfers that come of them. */
  readonly transfersId: string;
  readonly dfspId: string;
}

export interface BulkItem {
  readonly quoteId: string;
  readonly transactionId: string;
  /** The quote and payment of ours that it is for. */
  readonly paymentId: string;
  readonly payee: Party;
  readonly amountMinor: bigint;
}

export interface BulkInsert extends OutgoingBulk {
  readonly customerId: string;
  readonly currency: Currency;
  readonly items: readonly BulkItem[];
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

/** A bulk and its quotes, in one statement. */
export async function insertBulk(sql: Sql, b: BulkInsert): Promise<void> {
  const items = b.items.map(({ amountMinor, ...item }) => ({ ...item, amountMinor: amountMinor.toString() }));
  await sql.run({
    text: `with b as (
             insert into outgoing_bulk (bulk_id, transfers_id, dfsp_id, created_at) values ($1, $2, $3, $4) returning bulk_id)
           insert into outgoing_quote (quote_id, transaction_id, payment_id, customer_id, payee, amount_minor, currency,
             created_at, expires_at, bulk_id)
           select i."quoteId", i."transactionId", i."paymentId", $5, i.payee, i."amountMinor", $6, $4, $7, b.bulk_id
           from b, jsonb_to_recordset($8::jsonb) i (
             "quoteId" uuid, "transactionId" uuid, "paymentId" uuid, payee jsonb, "amountMinor" bigint)`,
    values: [
      ...[b.bulkId, b.transfersId, b.dfspId, b.createdAt, b.customerId, b.currency, b.expiresAt],
      JSON.stringify(items),
    ],
  });
}

/** How many of its quotes nobody has answered. */
export async function unansweredOf(sql: Sql, bulkId: string): Promise<number> {
  const row = await sql.one<{ count: number }>({
    name: 'outgoing-bulk-unanswered',
    text: `select count(*)::integer as count from outgoing_quote where bulk_id = $1 and offer is null and error is null`,
    values: [bulkId],
  });
  return row.count;
}

/** Whoever is still holding money for it is waited for; whoever comes later is refused. */
export async function sealBulk(sql: Sql, bulkId: string, now: Date): Promise<void> {
  await sql.run({
    text: 'update outgoing_bulk set sealed_at = $2, due_at = $2 where bulk_id = $1 and sealed_at is null',
    values: [bulkId, now],
  });
}

export async function bulkDueNow(sql: Sql, bulkId: string, now: Date): Promise<void> {
  await sql.run({
    text: 'update outgoing_bulk set due_at = $2 where bulk_id = $1 and due_at is not null',
    values: [bulkId, now],
  });
}

/** As `takeDue` of transfers: each is due again later. */
export async function takeDueBulks(
  sql: Sql,
  { now, firstMs, laterMs, limit }: { now: Date; firstMs: number; laterMs: number; limit: number },
): Promise<(OutgoingBulk & { readonly attempts: number })[]> {
  return sql.rows({
    name: 'outgoing-bulk-take-due',
    text: `update outgoing_bulk
           set attempts = attempts + 1,
               due_at = $1::timestamptz + least($4 * 2.0 ^ least(attempts, 20), $2) * interval '1 millisecond'
           where bulk_id in (
             select bulk_id from outgoing_bulk where due_at <= $1 order by due_at limit $3 for update skip locked)
           returning bulk_id as "bulkId", transfers_id as "transfersId", dfsp_id as "dfspId", attempts`,
    values: [now, laterMs, limit, firstMs],
  });
}

/** It is sent no more: nothing is open, or each is asked for by itself. */
export async function closeBulk(sql: Sql, bulkId: string): Promise<void> {
  await sql.run({ text: 'update outgoing_bulk set due_at = null where bulk_id = $1', values: [bulkId] });
}

/** All of its transfers, decided ones too: what is sent again is the same. */
export async function transfersOf(sql: Sql, bulkId: string): Promise<OutgoingTransfer[]> {
  return sql.rows<OutgoingTransfer & Record<string, unknown>>({
    name: 'outgoing-bulk-transfers',
    text: `select ${transferColumns} from outgoing_transfer where bulk_id = $1 order by transfer_id`,
    values: [bulkId],
  });
}

export async function errorOfPayment(sql: Sql, paymentId: string): Promise<SchemeError | undefined> {
  const row = await sql.maybe<{ error: SchemeError | null }>({
    text: 'select error from outgoing_transfer where payment_id = $1',
    values: [paymentId],
  });
  return row?.error ?? undefined;
}

/** Bulks of which nothing came. */
export async function deleteBulksBefore(sql: Sql, before: Date): Promise<number> {
  return sql.run({
    text: `delete from outgoing_bulk b where created_at < $1
             and not exists (select from outgoing_quote q where q.bulk_id = b.bulk_id)`,
    values: [before],
  });
}
