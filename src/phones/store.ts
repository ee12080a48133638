import type { Msisdn, Sql, Tx } from '../platform';

/** All of the room's SQL; who is on which phone is identity's. */
export interface RequestInsert {
  readonly requestId: string;
  readonly msisdn: Msisdn;
  readonly customerId: string | undefined;
  readonly letInBy: string | undefined;
  readonly askedBy: string;
  readonly now: Date;
  readonly expiresAt: Date;
}

export async function insertRequest(tx: Tx, r: RequestInsert): Promise<void> {
  await tx.run({
    text: `insert into phone_request (request_id, msisdn, customer_id, let_in_by, asked_by, asked_at, expires_at, state)
           values ($1, $2, $3, $4, $5, $6, $7, 'open')`,
    values: [r.requestId, r.msisdn, r.customerId ?? null, r.letInBy ?? null, r.askedBy, r.now, r.expiresAt],
  });
}

export async function wasAsked(tx: Tx, askedBy: string): Promise<boolean> {
  const text = 'select 1 from phone_request where asked_by = $1';
  return (await tx.maybe({ text, values: [askedBy] })) !== undefined;
}

/** How often it was asked from this phone, whoever was meant. */
export async function countAskedFrom(tx: Tx, msisdn: Msisdn, since: Date): Promise<number> {
  const { n } = await tx.one<{ n: bigint }>({
    text: 'select count(*) as n from phone_request where msisdn = $1 and asked_at > $2',
    values: [msisdn, since],
  });
  return Number(n);
}

/** How often this person was asked, by any phone. */
export async function countAskedOf(tx: Tx, customerId: string, since: Date): Promise<number> {
  const { n } = await tx.one<{ n: bigint }>({
    text: 'select count(*) as n from phone_request where customer_id = $1 and asked_at > $2',
    values: [customerId, since],
  });
  return Number(n);
}

/** What waits for somebody's yes or no. */
export interface OpenRequest {
  readonly requestId: string;
  /** The phone that asks. */
  readonly msisdn: Msisdn;
  readonly letInBy: string | null;
  readonly askedAt: Date;
}

const requestColumns = `request_id as "requestId", msisdn, let_in_by as "letInBy", asked_at as "askedAt"`;
const isOpen = `customer_id = $1 and state = 'open' and expires_at > $2`;

export async function openRequests(sql: Sql, customerId: string, now: Date): Promise<OpenRequest[]> {
  return sql.rows<OpenRequest & Record<string, unknown>>({
    name: 'phone-requests-open',
    text: `select ${requestColumns} from phone_request where ${isOpen} order by asked_at, request_id`,
    values: [customerId, now],
  });
}

/** One of theirs, held still until the transaction ends: it is decided once. */
export async function lockRequest(
  tx: Tx,
  { customerId, requestId, now }: { customerId: string; requestId: string; now: Date },
): Promise<OpenRequest | undefined> {
  return tx.maybe<OpenRequest & Record<string, unknown>>({
    text: `select ${requestColumns} from phone_request where ${isOpen} and request_id = $3 for no key update`,
    values: [customerId, now, requestId],
  });
}

/** Whether this very hop has decided it so. */
export async function wasDecided(
  sql: Sql,
  asked: { customerId: string; requestId: string; state: 'agreed' | 'refused'; hopKey: string },
): Promise<boolean> {
  const row = await sql.maybe({
    text: 'select 1 from phone_request where request_id = $1 and customer_id = $2 and state = $3 and decided_by = $4',
    values: [asked.requestId, asked.customerId, asked.state, asked.hopKey],
  });
  return row !== undefined;
}

export async function decideRequest(
  tx: Tx,
  requestId: string,
  d: { state: 'agreed' | 'refused'; hopKey: string; now: Date },
): Promise<void> {
  await tx.run({
    text: 'update phone_request set state = $2, decided_by = $3, decided_at = $4 where request_id = $1',
    values: [requestId, d.state, d.hopKey, d.now],
  });
}

export async function deleteRequestsBefore(sql: Sql, before: Date): Promise<number> {
  return sql.run({ text: 'delete from phone_request where asked_at < $1', values: [before] });
}
