import type { Currency, Sql } from '../platform';
import type { Party, SchemeError } from '../switch';

/** The SQL of payments that are asked back, either way. */

export interface RefundRequest {
  readonly way: 'out' | 'in';
  readonly dfspId: string;
  readonly requestId: string;
  readonly paymentId: string;
  readonly amountMinor: bigint;
  readonly answer: 'received' | 'rejected' | null;
  readonly error: SchemeError | null;
  readonly askedAt: Date;
  readonly expiresAt: Date;
}

const columns = `way, dfsp_id as "dfspId", request_id as "requestId", payment_id as "paymentId", amount_minor as "amountMinor",
  answer, error, asked_at as "askedAt", expires_at as "expiresAt"`;

/** One that runs stays as it is; one that ran out is asked anew. */
export async function keepRefundRequest(sql: Sql, r: Omit<RefundRequest, 'error'>): Promise<void> {
  await sql.run({
    text: `insert into refund_request as r (way, dfsp_id, request_id, payment_id, amount_minor, answer, asked_at, expires_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8)
           on conflict (payment_id) do update set request_id = excluded.request_id, amount_minor = excluded.amount_minor,
             answer = excluded.answer, error = null, asked_at = excluded.asked_at, expires_at = excluded.expires_at
           where r.expires_at <= excluded.asked_at`,
    values: [r.way, r.dfspId, r.requestId, r.paymentId, r.amountMinor, r.answer, r.askedAt, r.expiresAt],
  });
}

export async function refundRequestFor(sql: Sql, paymentId: string): Promise<RefundRequest | undefined> {
  return sql.maybe<RefundRequest & Record<string, unknown>>({
    text: `select ${columns} from refund_request where payment_id = $1`,
    values: [paymentId],
  });
}

export async function refundRequestBy(
  sql: Sql,
  { way, dfspId, requestId }: Pick<RefundRequest, 'way' | 'dfspId' | 'requestId'>,
): Promise<RefundRequest | undefined> {
  return sql.maybe<RefundRequest & Record<string, unknown>>({
    text: `select ${columns} from refund_request where way = $1 and dfsp_id = $2 and request_id = $3`,
    values: [way, dfspId, requestId],
  });
}

/** What is rejected stays so. */
export async function answerRefundRequest(
  sql: Sql,
  { way, dfspId, requestId }: Pick<RefundRequest, 'way' | 'dfspId' | 'requestId'>,
  { answer, error = null }: { answer: 'received' | 'rejected'; error?: SchemeError | null },
): Promise<void> {
  await sql.run({
    text: `update refund_request set answer = $4, error = $5
           where way = $1 and dfsp_id = $2 and request_id = $3 and answer is distinct from 'rejected'`,
    values: [way, dfspId, requestId, answer, error],
  });
}

/** What a customer of ours sent to another provider, as it was offered there. */
export interface SentThere {
  readonly customerId: string;
  readonly payee: Party;
  readonly transactionId: string;
  readonly currency: Currency;
}

export async function sentThere(sql: Sql, paymentId: string): Promise<SentThere | undefined> {
  return sql.maybe<SentThere & Record<string, unknown>>({
    text: `select q.customer_id as "customerId", q.payee, q.transaction_id as "transactionId", t.currency
           from outgoing_transfer t join outgoing_quote q on q.quote_id = t.quote_id join payment p on p.payment_id = t.payment_id
           where t.payment_id = $1 and t.state = 'committed' and p.product = 'send'`,
    values: [paymentId],
  });
}

/** The payment that came in by a transaction of another provider, once it is committed. */
export async function cameBy(
  sql: Sql,
  { dfspId, transactionId }: { dfspId: string; transactionId: string },
): Promise<string | undefined> {
  const row = await sql.maybe<{ id: string }>({
    text: `select t.payment_id as id from incoming_quote q
           join incoming_transfer t on t.dfsp_id = q.dfsp_id and t.quote_id = q.quote_id and t.state = 'committed'
           where q.dfsp_id = $1 and q.transaction_id = $2 and q.refund_of is null limit 1`,
    values: [dfspId, transactionId],
  });
  return row?.id;
}
