import type { Attachment, Currency, Sql, Tx } from '../platform';
import { violatedConstraint } from '../platform';
import type { Party, SchemeError } from '../switch';

/** The SQL of what agents here ask of customers of other providers. */

export interface CashRequest {
  readonly cashRequestId: string;
  /** The customer's provider. */
  readonly dfspId: string;
  readonly requestId: string;
  readonly agentId: string;
  readonly accountId: string;
  /** Who stands at the counter. */
  readonly askedBy: string;
  /** The customer, as the scheme named them. */
  readonly party: Party;
  readonly currency: Currency;
  readonly amountMinor: bigint;
  readonly commissionMinor: bigint;
  /** See 0037_counter.sql. */
  readonly state: 'asked' | 'wanted' | 'answered' | 'paying' | 'paid' | 'refused' | 'cancelled' | 'expired';
  readonly triesLeft: number | null;
  readonly error: SchemeError | null;
  readonly paymentId: string | null;
  readonly actedAt: Date;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

const columns = `cash_request_id as "cashRequestId", dfsp_id as "dfspId", request_id as "requestId", agent_id as "agentId",
  account_id::text as "accountId", asked_by as "askedBy", party, currency, amount_minor as "amountMinor",
  commission_minor as "commissionMinor", state, tries_left as "triesLeft", error, payment_id as "paymentId", acted_at as "actedAt",
  created_at as "createdAt", expires_at as "expiresAt"`;
const open = `('asked', 'wanted', 'answered')`;

type Row = CashRequest & Record<string, unknown>;

/** `open`: another one of this account waits. The same again stays the first. */
export async function insertCashRequest(
  tx: Tx,
  c: Omit<CashRequest, 'state' | 'triesLeft' | 'error' | 'paymentId' | 'actedAt'>,
): Promise<void> {
  await tx.run({
    text: `insert into cash_request (cash_request_id, dfsp_id, request_id, agent_id, account_id, asked_by, party, currency,
             amount_minor, commission_minor, state, acted_at, due_at, created_at, updated_at, expires_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'asked', $11, $11, $11, $11, $12)`,
    values: [
      ...[c.cashRequestId, c.dfspId, c.requestId, c.agentId, c.accountId, c.askedBy, c.party, c.currency],
      ...[c.amountMinor, c.commissionMinor, c.createdAt, c.expiresAt],
    ],
  });
}

/** True for the error of an insert beside another open one. */
export function isOneOpen(error: unknown): boolean {
  return violatedConstraint(error) === 'cash_request_one_open';
}

export async function cashRequestById(sql: Sql, cashRequestId: string): Promise<CashRequest | undefined> {
  return sql.maybe<Row>({
    name: 'cash-request-by-id',
    text: `select ${columns} from cash_request where cash_request_id = $1`,
    values: [cashRequestId],
  });
}

export async function cashRequestOf(
  sql: Sql,
  { dfspId, requestId }: Pick<CashRequest, 'dfspId' | 'requestId'>,
): Promise<CashRequest | undefined> {
  return sql.maybe<Row>({
    name: 'cash-request-of',
    text: `select ${columns} from cash_request where dfsp_id = $1 and request_id = $2`,
    values: [dfspId, requestId],
  });
}

/** What waits on this account. */
export async function openCashRequest(sql: Sql, accountId: string, now: Date): Promise<CashRequest | undefined> {
  return sql.maybe<Row>({
    name: 'cash-request-open',
    text: `select ${columns} from cash_request where account_id = $1 and state in ${open} and expires_at > $2`,
    values: [accountId, now],
  });
}

/** The customer's provider wants the code, for the first time or again. Undefined: it is over. */
export async function markWanted(
  tx: Tx,
  cashRequestId: string,
  { triesLeft, now }: { triesLeft: number; now: Date },
): Promise<{ before: CashRequest['state'] } | undefined> {
  return tx.maybe<{ before: CashRequest['state'] }>({
    text: `update cash_request c
           set state = 'wanted', tries_left = least(c.tries_left, $2), due_at = null, updated_at = $3
           from (select cash_request_id, state from cash_request where cash_request_id = $1 for update) b
           where c.cash_request_id = b.cash_request_id and c.state in ${open}
           returning b.state as before`,
    values: [cashRequestId, triesLeft, now],
  });
}

/** The agent has typed something, which is on its way. False: nobody wants it now. */
export async function markAnswered(sql: Sql, cashRequestId: string, now: Date): Promise<boolean> {
  const marked = await sql.run({
    text: `update cash_request set state = 'answered', acted_at = $2, updated_at = $2
           where cash_request_id = $1 and state = 'wanted' and expires_at > $2`,
    values: [cashRequestId, now],
  });
  return marked === 1;
}

/** What was typed has not left: it is wanted still. */
export async function markUndelivered(sql: Sql, cashRequestId: string): Promise<void> {
  await sql.run({
    text: `update cash_request set state = 'wanted' where cash_request_id = $1 and state = 'answered'`,
    values: [cashRequestId],
  });
}

/** It ends without money; false: it is over, or money is on its way. */
export async function endCashRequest(
  tx: Tx,
  cashRequestId: string,
  { state, error, now }: { state: 'refused' | 'cancelled' | 'expired'; error: SchemeError | null; now: Date },
): Promise<boolean> {
  const ended = await tx.run({
    text: `update cash_request set state = $2, error = $3, due_at = null, updated_at = $4
           where cash_request_id = $1 and state in ${open} and ($2 <> 'cancelled' or state <> 'answered')`,
    values: [cashRequestId, state, error, now],
  });
  return ended === 1;
}

/** It has arrived: it need not be sent again. */
export async function stopAsking(sql: Sql, cashRequestId: string): Promise<void> {
  await sql.run({ text: 'update cash_request set due_at = null where cash_request_id = $1', values: [cashRequestId] });
}

/** Takes what is to be sent; each is due again, later than the time before. */
export async function takeDueCashRequests(
  sql: Sql,
  { now, laterMs, limit }: { now: Date; laterMs: number; limit: number },
): Promise<CashRequest[]> {
  return sql.rows<Row>({
    name: 'cash-request-take-due',
    text: `update cash_request
           set attempts = attempts + 1,
               due_at = $1::timestamptz + least(2000 * 2.0 ^ least(attempts, 20), $2) * interval '1 millisecond'
           where cash_request_id in (
             select cash_request_id from cash_request where due_at <= $1 order by due_at limit $3 for update skip locked)
           returning ${columns}`,
    values: [now, laterMs, limit],
  });
}

export async function overdueCashRequests(sql: Sql, now: Date, limit: number): Promise<CashRequest[]> {
  return sql.rows<Row>({
    name: 'cash-request-overdue',
    text: `select ${columns} from cash_request where expires_at <= $1 and state in ${open} order by expires_at limit $2`,
    values: [now, limit],
  });
}

/** The step of a request that its money takes, written with the money. */
export function cashStep(row: {
  readonly cashRequestId: string;
  readonly paymentId: string;
  readonly state: 'pending' | 'completed' | 'rejected';
  readonly accountId: string;
  readonly currency: Currency;
  readonly amountMinor: bigint;
  readonly at: Date;
}): Attachment {
  return {
    writer: 'cash_request',
    row: {
      cash_request_id: row.cashRequestId,
      payment_id: row.paymentId,
      state: row.state,
      account_id: row.accountId,
      currency: row.currency,
      amount_minor: row.amountMinor.toString(),
      at: row.at.toISOString(),
    },
  };
}
