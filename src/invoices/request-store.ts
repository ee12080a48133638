import { inBatches, violatedConstraint, type Sql, type Tx } from '../platform';
import type { Party, PaymentRequestAnswer, SchemeError } from '../switch';

/** The SQL of invoices as two providers speak of them. */

/** `out`: asked by somebody here. `in`: asked of somebody here. */
export interface RequestKey {
  readonly way: 'out' | 'in';
  /** The other provider. */
  readonly dfspId: string;
  readonly requestId: string;
}

export interface RequestRow extends RequestKey {
  /** Null: what came in was refused at once. */
  readonly invoiceId: string | null;
  /** Who is on the other side, as the scheme named them. */
  readonly party: Party;
  /** Of what came in. */
  readonly digest: Buffer | null;
  readonly answer: PaymentRequestAnswer['state'] | null;
  readonly error: SchemeError | null;
}

const columns = `way, dfsp_id as "dfspId", request_id as "requestId", invoice_id as "invoiceId", party, digest, answer, error`;

/** Throws when it is there already. */
export async function insertRequest(
  sql: Sql,
  r: RequestRow & { readonly dueAt: Date | null; readonly now: Date },
): Promise<void> {
  await sql.run({
    text: `insert into payment_request (way, dfsp_id, request_id, invoice_id, party, digest, answer, error, due_at, created_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    values: [...[r.way, r.dfspId, r.requestId, r.invoiceId, r.party], ...[r.digest, r.answer, r.error, r.dueAt, r.now]],
  });
}

/** True for the error of an insert whose key is there already. */
export function isKnownRequest(error: unknown): boolean {
  return violatedConstraint(error) === 'payment_request_pkey';
}

export async function requestOf(sql: Sql, { way, dfspId, requestId }: RequestKey): Promise<RequestRow | undefined> {
  return sql.maybe<RequestRow & Record<string, unknown>>({
    text: `select ${columns} from payment_request where way = $1 and dfsp_id = $2 and request_id = $3`,
    values: [way, dfspId, requestId],
  });
}

export async function requestFor(sql: Sql, invoiceId: string): Promise<RequestRow | undefined> {
  return sql.maybe<RequestRow & Record<string, unknown>>({
    text: `select ${columns} from payment_request where invoice_id = $1`,
    values: [invoiceId],
  });
}

/** Takes what is to be sent; each is due again, later than the time before. */
export async function takeDueRequests(
  sql: Sql,
  { now, laterMs, limit }: { now: Date; laterMs: number; limit: number },
): Promise<RequestRow[]> {
  return sql.rows<RequestRow & Record<string, unknown>>({
    name: 'request-take-due',
    text: `update payment_request
           set attempts = attempts + 1,
               due_at = $1::timestamptz + least(2000 * 2.0 ^ least(attempts, 20), $2) * interval '1 millisecond'
           where (way, dfsp_id, request_id) in (
             select way, dfsp_id, request_id from payment_request where due_at <= $1
             order by due_at limit $3 for update skip locked)
           returning ${columns}`,
    values: [now, laterMs, limit],
  });
}

/** What the payer's provider says, or said; `dueAt`: from when on it is to be sent. */
export async function keepAnswer(
  sql: Sql,
  { way, dfspId, requestId }: RequestKey,
  {
    state,
    error = null,
    dueAt = null,
  }: { state: 'received' | 'rejected'; error?: SchemeError | null; dueAt?: Date | null },
): Promise<void> {
  await sql.run({
    text: `update payment_request set answer = $4, error = $5, due_at = $6
           where way = $1 and dfsp_id = $2 and request_id = $3 and answer is distinct from 'rejected'`,
    values: [way, dfspId, requestId, state, error, dueAt],
  });
}

/** It is said (anew) from then on. */
export async function sendFrom(tx: Tx, { way, dfspId, requestId }: RequestKey, dueAt: Date): Promise<void> {
  await tx.run({
    text: `update payment_request set due_at = $4, attempts = 0 where way = $1 and dfsp_id = $2 and request_id = $3`,
    values: [way, dfspId, requestId, dueAt],
  });
}

/** There is nothing more to say. */
export async function stopSending(tx: Tx | Sql, { way, dfspId, requestId }: RequestKey): Promise<void> {
  await tx.run({
    text: 'update payment_request set due_at = null where way = $1 and dfsp_id = $2 and request_id = $3',
    values: [way, dfspId, requestId],
  });
}

/** Removes what was refused at once, of which there is no invoice, in small batches (0040_forgetting.sql). Returns how many. */
export function forgetRefused(sql: Sql, before: Date): Promise<number> {
  return inBatches(async (limit) => {
    const text = 'select payment_request_forget($1, $2) as gone';
    return (await sql.one<{ gone: number }>({ text, values: [before, limit] })).gone;
  });
}
