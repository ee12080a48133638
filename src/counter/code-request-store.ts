import type { Outside } from '../payments';
import { inBatches, type Sql, type Tx } from '../platform';
import type { Party, SchemeError, TransactionType } from '../switch';

/** The SQL of what other providers ask of customers here, by their code. */

export interface RequestKey {
  /** Who asks: the provider of an agent, a machine or a shop. */
  readonly dfspId: string;
  readonly requestId: string;
}

export interface CodeRequest extends RequestKey {
  /** Of what was asked: the same again gets the same answer. */
  readonly digest: Buffer;
  /** The money that is held for the code; null: there is none, and it was refused at once. */
  readonly paymentId: string | null;
  /** Who is to be paid, as the scheme named them. */
  readonly payee: Party;
  /** What for, as it was asked. */
  readonly transactionType: TransactionType;
  /** See 0037_counter.sql. */
  readonly state: 'open' | 'right' | 'sent' | 'rejected';
  readonly error: SchemeError | null;
  /** The offer of whoever asks, and until when it holds. */
  readonly quoteId: string | null;
  readonly offeredUntil: Date | null;
  readonly rightAt: Date | null;
  readonly expiresAt: Date;
}

const columns = `dfsp_id as "dfspId", request_id as "requestId", digest, payment_id as "paymentId", payee,
  transaction_type as "transactionType", state, error, quote_id as "quoteId", offered_until as "offeredUntil", right_at as "rightAt", expires_at as "expiresAt"`;

type Row = CodeRequest & Record<string, unknown>;

/** Keeps a request; where there is one already, that one stays. */
export async function insertCodeRequest(
  sql: Sql,
  r: Omit<CodeRequest, 'quoteId' | 'offeredUntil' | 'rightAt'> & { readonly now: Date; readonly dueAt: Date | null },
): Promise<void> {
  await sql.run({
    text: `insert into code_request (dfsp_id, request_id, digest, payment_id, payee, transaction_type, state, error, due_at,
             created_at, expires_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict do nothing`,
    values: [
      ...[r.dfspId, r.requestId, r.digest, r.paymentId, r.payee, r.transactionType, r.state, r.error, r.dueAt],
      ...[r.now, r.expiresAt],
    ],
  });
}

export async function codeRequestOf(sql: Sql, { dfspId, requestId }: RequestKey): Promise<CodeRequest | undefined> {
  return sql.maybe<Row>({
    name: 'code-request-of',
    text: `select ${columns} from code_request where dfsp_id = $1 and request_id = $2`,
    values: [dfspId, requestId],
  });
}

/** How often this code was asked for, for whatever amount. */
export async function countAsked(sql: Sql, paymentId: string): Promise<number> {
  const text = 'select count(*) as n from code_request where payment_id = $1';
  return Number((await sql.one<{ n: bigint }>({ text, values: [paymentId] })).n);
}

/** Takes what is due; each is due again, later than the time before. */
export async function takeDueCodeRequests(
  sql: Sql,
  { now, laterMs, limit }: { now: Date; laterMs: number; limit: number },
): Promise<CodeRequest[]> {
  return sql.rows<Row>({
    name: 'code-request-take-due',
    text: `update code_request
           set attempts = attempts + 1,
               due_at = $1::timestamptz + least(2000 * 2.0 ^ least(attempts, 20), $2) * interval '1 millisecond'
           where (dfsp_id, request_id) in (
             select dfsp_id, request_id from code_request where due_at <= $1
             order by due_at limit $3 for update skip locked)
           returning ${columns}`,
    values: [now, laterMs, limit],
  });
}

export async function keepOffer(
  sql: Sql,
  { dfspId, requestId }: RequestKey,
  { offerId, expiresAt }: { offerId: string; expiresAt: Date },
): Promise<void> {
  await sql.run({
    text: 'update code_request set quote_id = $3, offered_until = $4 where dfsp_id = $1 and request_id = $2',
    values: [dfspId, requestId, offerId, expiresAt],
  });
}

/** The code was told right: the money is to leave. False: somebody decided otherwise. */
export async function markRight(tx: Tx, { dfspId, requestId }: RequestKey, now: Date): Promise<boolean> {
  const marked = await tx.run({
    text: `update code_request set state = 'right', right_at = $3, due_at = $3, attempts = 0
           where dfsp_id = $1 and request_id = $2 and state = 'open'`,
    values: [dfspId, requestId, now],
  });
  return marked === 1;
}

/** Its money has left. */
export async function markSent(tx: Tx, { dfspId, requestId }: RequestKey): Promise<void> {
  await tx.run({
    text: `update code_request set state = 'sent', due_at = null
           where dfsp_id = $1 and request_id = $2 and state = 'right'`,
    values: [dfspId, requestId],
  });
}

/** Nothing comes of it; said again until `until`. False: it was decided before. */
export async function markRejected(
  sql: Sql,
  { dfspId, requestId }: RequestKey,
  { from, error, now }: { from: 'open' | 'right'; error: SchemeError | null; now: Date },
): Promise<boolean> {
  const marked = await sql.run({
    text: `update code_request set state = 'rejected', error = $4, due_at = $5, attempts = 0
           where dfsp_id = $1 and request_id = $2 and state = $3`,
    values: [dfspId, requestId, from, error, now],
  });
  return marked === 1;
}

export async function dueNow(sql: Sql, { dfspId, requestId }: RequestKey, now: Date | null): Promise<void> {
  await sql.run({
    text: 'update code_request set due_at = $3, attempts = 0 where dfsp_id = $1 and request_id = $2',
    values: [dfspId, requestId, now],
  });
}

/** The code of a payment was told right in time, to `outside`: only the scheme ends it now. Violates `payment_payer_frozen`. */
export async function claimMoney(
  tx: Tx,
  paymentId: string,
  { outside, now }: { outside: Outside; now: Date },
): Promise<boolean> {
  const text = 'select code_claim($1, $2, $3) as claimed';
  return (await tx.one<{ claimed: boolean }>({ text, values: [paymentId, outside, now] })).claimed;
}

/** It can't leave: it ends by itself, at once. */
export async function unclaimMoney(tx: Tx, paymentId: string, now: Date): Promise<void> {
  await tx.run({ text: 'select code_end($1, true, $2)', values: [paymentId, now] });
}

/** Removes what is over and came to nothing, either way, in small batches (0040_forgetting.sql). Returns how many. */
export function forgetCounters(sql: Sql, before: Date): Promise<number> {
  return inBatches(async (limit) => {
    const text = 'select counter_forget($1, $2) as gone';
    return (await sql.one<{ gone: number }>({ text, values: [before, limit] })).gone;
  });
}
