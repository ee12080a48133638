import type { Attachment, Currency, Sql, Tx } from '../platform';
import { violatedConstraint } from '../platform';
import type { Party, SchemeError } from '../switch';

/** The SQL of what agents and shops here ask of customers of other providers, by their codes. */

export interface CounterRequest {
  readonly counterRequestId: string;
  /** The customer's provider. */
  readonly dfspId: string;
  readonly requestId: string;
  /** `purchase`: its invoice has the same id. */
  readonly product: 'cash_out' | 'purchase';
  /** The agent, or the merchant. */
  readonly ownerId: string;
  readonly accountId: string;
  /** Who stands at the counter. */
  readonly askedBy: string;
  /** The customer, as the scheme named them. */
  readonly party: Party;
  readonly currency: Currency;
  readonly amountMinor: bigint;
  readonly commissionMinor: bigint;
  /** See 0037_counter.sql, where it is called cash_request. */
  readonly state: 'asked' | 'wanted' | 'answered' | 'paying' | 'paid' | 'refused' | 'cancelled' | 'expired';
  readonly triesLeft: number | null;
  readonly error: SchemeError | null;
  readonly paymentId: string | null;
  readonly actedAt: Date;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

const columns = `counter_request_id as "counterRequestId", dfsp_id as "dfspId", request_id as "requestId", product,
  owner_id as "ownerId", account_id::text as "accountId", asked_by as "askedBy", party, currency, amount_minor as "amountMinor",
  commission_minor as "commissionMinor", state, tries_left as "triesLeft", error, payment_id as "paymentId", acted_at as "actedAt",
  created_at as "createdAt", expires_at as "expiresAt"`;
const open = `('asked', 'wanted', 'answered')`;

type Row = CounterRequest & Record<string, unknown>;

/** Violates `counter_request_one_open`: an agent's customer waits on this account. */
export async function insertCounterRequest(
  tx: Tx,
  c: Omit<CounterRequest, 'state' | 'triesLeft' | 'error' | 'paymentId' | 'actedAt'>,
): Promise<void> {
  await tx.run({
    text: `insert into counter_request (counter_request_id, dfsp_id, request_id, product, owner_id, account_id, asked_by, party,
             currency, amount_minor, commission_minor, state, acted_at, due_at, created_at, updated_at, expires_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'asked', $12, $12, $12, $12, $13)`,
    values: [
      ...[c.counterRequestId, c.dfspId, c.requestId, c.product, c.ownerId, c.accountId, c.askedBy, c.party, c.currency],
      ...[c.amountMinor, c.commissionMinor, c.createdAt, c.expiresAt],
    ],
  });
}

/** True for the error of an insert beside another open one. */
export function isOneOpen(error: unknown): boolean {
  return violatedConstraint(error) === 'counter_request_one_open';
}

export async function counterRequestById(sql: Sql, counterRequestId: string): Promise<CounterRequest | undefined> {
  return sql.maybe<Row>({
    name: 'counter-request-by-id',
    text: `select ${columns} from counter_request where counter_request_id = $1`,
    values: [counterRequestId],
  });
}

export async function counterRequestOf(
  sql: Sql,
  { dfspId, requestId }: Pick<CounterRequest, 'dfspId' | 'requestId'>,
): Promise<CounterRequest | undefined> {
  return sql.maybe<Row>({
    name: 'counter-request-of',
    text: `select ${columns} from counter_request where dfsp_id = $1 and request_id = $2`,
    values: [dfspId, requestId],
  });
}

/** Who waits for an agent's cash on this account. */
export async function openCashRequest(sql: Sql, accountId: string, now: Date): Promise<CounterRequest | undefined> {
  return sql.maybe<Row>({
    name: 'counter-request-open-cash',
    text: `select ${columns} from counter_request
           where account_id = $1 and product = 'cash_out' and state in ${open} and expires_at > $2`,
    values: [accountId, now],
  });
}

/** Whose code this person has asked for last in a shop, and who waits still. */
export async function openSale(sql: Sql, askedBy: string, now: Date): Promise<CounterRequest | undefined> {
  return sql.maybe<Row>({
    name: 'counter-request-open-sale',
    text: `select ${columns} from counter_request
           where asked_by = $1 and product = 'purchase' and state in ${open} and expires_at > $2
           order by created_at desc limit 1`,
    values: [askedBy, now],
  });
}

/** The customer's provider wants the code, for the first time or again. Undefined: it is over. */
export async function markWanted(
  tx: Tx,
  counterRequestId: string,
  { triesLeft, now }: { triesLeft: number; now: Date },
): Promise<{ before: CounterRequest['state'] } | undefined> {
  return tx.maybe<{ before: CounterRequest['state'] }>({
    text: `update counter_request c
           set state = 'wanted', tries_left = least(c.tries_left, $2), due_at = null, updated_at = $3
           from (select counter_request_id, state from counter_request where counter_request_id = $1 for update) b
           where c.counter_request_id = b.counter_request_id and c.state in ${open}
           returning b.state as before`,
    values: [counterRequestId, triesLeft, now],
  });
}

/** The agent has typed something, which is on its way. False: nobody wants it now. */
export async function markAnswered(sql: Sql, counterRequestId: string, now: Date): Promise<boolean> {
  const marked = await sql.run({
    text: `update counter_request set state = 'answered', acted_at = $2, updated_at = $2
           where counter_request_id = $1 and state = 'wanted' and expires_at > $2`,
    values: [counterRequestId, now],
  });
  return marked === 1;
}

/** What was typed has not left: it is wanted still. */
export async function markUndelivered(sql: Sql, counterRequestId: string): Promise<void> {
  await sql.run({
    text: `update counter_request set state = 'wanted' where counter_request_id = $1 and state = 'answered'`,
    values: [counterRequestId],
  });
}

/** It ends without money; false: it is over, or money is on its way. */
export async function endCounterRequest(
  tx: Tx,
  counterRequestId: string,
  { state, error, now }: { state: 'refused' | 'cancelled' | 'expired'; error: SchemeError | null; now: Date },
): Promise<boolean> {
  const ended = await tx.run({
    text: `update counter_request set state = $2, error = $3, due_at = null, updated_at = $4
           where counter_request_id = $1 and state in ${open} and ($2 <> 'cancelled' or state <> 'answered')`,
    values: [counterRequestId, state, error, now],
  });
  return ended === 1;
}

/** It has arrived: it need not be sent again. */
export async function stopAsking(sql: Sql, counterRequestId: string): Promise<void> {
  await sql.run({
    text: 'update counter_request set due_at = null where counter_request_id = $1',
    values: [counterRequestId],
  });
}

/** Takes what is to be sent; each is due again, later than the time before. */
export async function takeDueCounterRequests(
  sql: Sql,
  { now, laterMs, limit }: { now: Date; laterMs: number; limit: number },
): Promise<CounterRequest[]> {
  return sql.rows<Row>({
    name: 'counter-request-take-due',
    text: `update counter_request
           set attempts = attempts + 1,
               due_at = $1::timestamptz + least(2000 * 2.0 ^ least(attempts, 20), $2) * interval '1 millisecond'
           where counter_request_id in (
             select counter_request_id from counter_request where due_at <= $1 order by due_at limit $3 for update skip locked)
           returning ${columns}`,
    values: [now, laterMs, limit],
  });
}

export async function overdueCounterRequests(sql: Sql, now: Date, limit: number): Promise<CounterRequest[]> {
  return sql.rows<Row>({
    name: 'counter-request-overdue',
    text: `select ${columns} from counter_request where expires_at <= $1 and state in ${open} order by expires_at limit $2`,
    values: [now, limit],
  });
}

/** The step of a request that its money takes, written with the money. */
export function counterStep(row: {
  readonly counterRequestId: string;
  readonly paymentId: string;
  readonly state: 'pending' | 'completed' | 'rejected';
  readonly accountId: string;
  readonly currency: Currency;
  readonly amountMinor: bigint;
  readonly at: Date;
}): Attachment {
  return {
    writer: 'counter_request',
    row: {
      counter_request_id: row.counterRequestId,
      payment_id: row.paymentId,
      state: row.state,
      account_id: row.accountId,
      currency: row.currency,
      amount_minor: row.amountMinor.toString(),
      at: row.at.toISOString(),
    },
  };
}
