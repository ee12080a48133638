import { violatedConstraint, type Sealed, type Sql, type Tx } from '../platform';

/** All of the agents' SQL but that of the functions that commit rows with money. */

/** Makes those agents who are none yet, or the one named; they are reported from `today` on. */
export async function addAgents(sql: Sql, today: string, agentId?: string): Promise<void> {
  await sql.run({
    name: 'agent-add',
    text: `insert into agent (agent_id, since)
           select customer_id, $1 from customer c
           where role = 'agent' and ($2::uuid is null or customer_id = $2) and not exists (select from agent a where a.agent_id = c.customer_id)
           on conflict do nothing`,
    values: [today, agentId ?? null],
  });
}

export interface Agent {
  readonly agentId: string;
  readonly isSuper: boolean;
  readonly superAgentId: string | null;
  readonly floatLowMinor: bigint | null;
  readonly floatHighMinor: bigint | null;
}
const agentColumns = `agent_id as "agentId", is_super as "isSuper", super_agent_id as "superAgentId",
  float_low_minor as "floatLowMinor", float_high_minor as "floatHighMinor"`;

export function agentById(sql: Sql, agentId: string): Promise<Agent | undefined> {
  return sql.maybe<Agent & Record<string, unknown>>({
    name: 'agent-by-id',
    text: `select ${agentColumns} from agent where agent_id = $1`,
    values: [agentId],
  });
}

export async function setAlarms(
  tx: Tx,
  { agentId, floatLowMinor, floatHighMinor }: Pick<Agent, 'agentId' | 'floatLowMinor' | 'floatHighMinor'>,
): Promise<void> {
  await tx.run({
    text: 'update agent set float_low_minor = $2, float_high_minor = $3 where agent_id = $1',
    values: [agentId, floatLowMinor, floatHighMinor],
  });
}

/** Held until the transaction ends: hierarchies change one at a time. */
export async function lockHierarchy(tx: Tx): Promise<void> {
  await tx.run({ text: `select pg_advisory_xact_lock(hashtextextended('agent hierarchy', 0))` });
}

export async function hasBelow(sql: Sql, agentId: string): Promise<boolean> {
  const text = 'select 1 from agent where super_agent_id = $1 limit 1';
  return (await sql.maybe({ text, values: [agentId] })) !== undefined;
}

export async function setSuper(tx: Tx, agentId: string, superAgentId: string | null): Promise<void> {
  if (superAgentId !== null) {
    await tx.run({ text: 'update agent set is_super = true where agent_id = $1', values: [superAgentId] });
  }
  await tx.run({ text: 'update agent set super_agent_id = $2 where agent_id = $1', values: [agentId, superAgentId] });
}

/** Whoever stands above nobody any more is no super-agent. */
export async function dropIdleSuper(tx: Tx, agentId: string): Promise<void> {
  await tx.run({
    text: `update agent a set is_super = false
           where agent_id = $1 and not exists (select from agent b where b.super_agent_id = a.agent_id)`,
    values: [agentId],
  });
}

export type Zone = 'low' | 'normal' | 'high';

export interface Crossing {
  readonly agentId: string;
  readonly from: Zone;
  readonly to: Zone;
  readonly floatMinor: bigint;
}

/** The agents whose float is in another zone than when it was last looked at; `low` and `high` are the market's bounds. */
export function crossings(
  sql: Sql,
  { lowMinor, highMinor, limit }: { lowMinor: bigint; highMinor: bigint; limit: number },
): Promise<Crossing[]> {
  return sql.rows<Crossing & Record<string, unknown>>({
    name: 'agent-crossings',
    text: `select agent_id as "agentId", float_zone as "from", zone as "to", float_minor as "floatMinor"
           from agent_float cross join lateral (
             select case when float_minor < coalesce(float_low_minor, $1) then 'low'
                         when float_minor > coalesce(float_high_minor, $2) then 'high' else 'normal' end as zone) z
           where zone <> float_zone order by agent_id limit $3`,
    values: [lowMinor, highMinor, limit],
  });
}

/** Moves the zone on; false when somebody else told this crossing. */
export async function cross(tx: Tx, { agentId, from, to }: Crossing): Promise<boolean> {
  const text = 'update agent set float_zone = $3 where agent_id = $1 and float_zone = $2';
  return (await tx.run({ name: 'agent-cross', text, values: [agentId, from, to] })) === 1;
}

export interface OpenCode {
  readonly paymentId: string;
  readonly customerId: string;
  /** Null: an agent of another provider. */
  readonly agentId: string | null;
  readonly sealed: Sealed;
  readonly triesLeft: number;
}
interface CodeRow extends Record<string, unknown> {
  payment_id: string;
  customer_id: string;
  agent_id: string | null;
  code: Buffer;
  key_id: string;
  tries_left: number;
}
const codeColumns = 'payment_id, customer_id, agent_id, code, key_id, tries_left';

/** A code for a cash-in that is quoted; false when there is one. */
export async function insertDepositCode(
  tx: Tx,
  c: OpenCode & { readonly now: Date; readonly expiresAt: Date },
): Promise<boolean> {
  const inserted = await tx.run({
    text: `insert into agent_code (payment_id, purpose, customer_id, agent_id, code, key_id, tries_left, created_at, expires_at)
           values ($1, 'cash_in', $2, $3, $4, $5, $6, $7, $8)
           on conflict (payment_id) do nothing`,
    values: [c.paymentId, c.customerId, c.agentId, c.sealed.bytes, c.sealed.keyId, c.triesLeft, c.now, c.expiresAt],
  });
  return inserted === 1;
}

/** The open code for a cash-out by this customer at this agent. */
export async function openCode(
  sql: Sql,
  { customerId, agentId, now }: { customerId: string; agentId: string; now: Date },
): Promise<{ paymentId: string } | undefined> {
  const row = await sql.maybe<{ payment_id: string }>({
    name: 'agent-code-open',
    text: `select payment_id from agent_code
           where customer_id = $1 and agent_id = $2 and purpose = 'cash_out' and code is not null and expires_at > $3`,
    values: [customerId, agentId, now],
  });
  return row && { paymentId: row.payment_id };
}

/** What a customer may hold a code for: cash, or what a shop elsewhere sells. */
export type CodePurpose = 'cash_out' | 'purchase';

/** The payment for which this customer holds a code. */
export async function codeHeldBy(sql: Sql, customerId: string, purpose: CodePurpose): Promise<string | undefined> {
  const row = await sql.maybe<{ payment_id: string }>({
    name: 'agent-code-of',
    text: `select payment_id from agent_code where customer_id = $1 and purpose = $2 and code is not null`,
    values: [customerId, purpose],
  });
  return row?.payment_id;
}

/** Takes a try before anybody compares, once a hop: no crash and no parallel guess gives it back. */
export async function takeTry(
  sql: Sql,
  { paymentId, agentId, hopKey, now }: { paymentId: string; agentId: string | null; hopKey: string; now: Date },
): Promise<OpenCode | undefined> {
  const row = await sql.maybe<CodeRow>({
    name: 'agent-code-try',
    text: `update agent_code
           set tries_left = tries_left - case when tried_by is not distinct from $3 then 0 else 1 end, tried_by = $3
           where payment_id = $1 and agent_id is not distinct from $2 and code is not null and expires_at > $4
             and (tries_left > 0 or tried_by is not distinct from $3)
           returning ${codeColumns}`,
    values: [paymentId, agentId, hopKey, now],
  });
  return (
    row && {
      paymentId: row.payment_id,
      customerId: row.customer_id,
      agentId: row.agent_id,
      sealed: { keyId: row.key_id, bytes: row.code },
      triesLeft: row.tries_left,
    }
  );
}

export async function markProven(sql: Sql, paymentId: string, now: Date): Promise<void> {
  await sql.run({
    name: 'agent-code-proven',
    text: 'update agent_code set proven_at = $2 where payment_id = $1 and code is not null',
    values: [paymentId, now],
  });
}

/** How often an open code may still be tried; undefined: it is used, cancelled or over. */
export async function triesLeft(sql: Sql, paymentId: string): Promise<number | undefined> {
  const text = 'select tries_left as left from agent_code where payment_id = $1 and code is not null';
  return (await sql.maybe<{ left: number }>({ name: 'agent-code-tries', text, values: [paymentId] }))?.left;
}

/** A code that was told wrongly too often: its money ends by itself, at once, unless it was told right meanwhile. */
export async function endSpent(sql: Sql, paymentId: string, now: Date): Promise<void> {
  await sql.run({ text: 'select code_end($1, false, $2)', values: [paymentId, now] });
}

/** Another code takes the place of an open one, and the tries stay; false when there were too many, or it is over. */
export async function replaceCode(
  tx: Tx,
  { paymentId, sealed, resentMax, now }: { paymentId: string; sealed: Sealed; resentMax: number; now: Date },
): Promise<boolean> {
  const replaced = await tx.run({
    text: `update agent_code set code = $2, key_id = $3, resent = resent + 1
           where payment_id = $1 and agent_id is null and code is not null and resent < $4 and tries_left > 0 and expires_at > $5`,
    values: [paymentId, sealed.bytes, sealed.keyId, resentMax, now],
  });
  return replaced === 1;
}

/** Whether this agent told the code right since. */
export async function isProven(
  sql: Sql,
  { paymentId, agentId, since }: { paymentId: string; agentId: string; since: Date },
): Promise<boolean> {
  const row = await sql.maybe({
    name: 'agent-code-is-proven',
    text: 'select 1 from agent_code where payment_id = $1 and agent_id = $2 and proven_at > $3',
    values: [paymentId, agentId, since],
  });
  return row !== undefined;
}

/** Codes that nobody can use any more are kept by nobody. Returns how many. */
export function wipeCodes(sql: Sql, before: Date): Promise<number> {
  return sql.run({
    text: `update agent_code set code = null, key_id = null where code is not null and purpose = 'cash_in' and expires_at < $1`,
    values: [before],
  });
}

export const idTypes = ['national_id', 'passport', 'driving_licence', 'other'] as const;
export type IdType = (typeof idTypes)[number];

export interface IdCheck {
  readonly paymentId: string;
  /** Null: a customer of another provider. */
  readonly customerId: string | null;
  readonly agentId: string;
  readonly idType: IdType;
  readonly digits: Sealed;
  readonly now: Date;
}

export async function putIdCheck(tx: Tx, c: IdCheck): Promise<void> {
  await tx.run({
    text: `insert into id_check (payment_id, customer_id, agent_id, id_type, digits, key_id, checked_at)
           values ($1, $2, $3, $4, $5, $6, $7)
           on conflict (payment_id) do update set id_type = $4, digits = $5, key_id = $6, checked_at = $7`,
    values: [c.paymentId, c.customerId, c.agentId, c.idType, c.digits.bytes, c.digits.keyId, c.now],
  });
}

export async function isIdSeen(sql: Sql, paymentId: string): Promise<boolean> {
  const text = 'select 1 from id_check where payment_id = $1';
  return (await sql.maybe({ name: 'id-check-seen', text, values: [paymentId] })) !== undefined;
}

export interface FloatRequest {
  readonly requestId: string;
  readonly agentId: string;
  readonly superAgentId: string;
  readonly amountMinor: bigint;
}
const requestColumns = `request_id as "requestId", agent_id as "agentId", super_agent_id as "superAgentId",
  amount_minor as "amountMinor"`;

export async function expireRequests(tx: Tx, agentId: string, now: Date): Promise<void> {
  await tx.run({
    text: `update float_request set state = 'expired', updated_at = $2
           where agent_id = $1 and state = 'open' and expires_at <= $2`,
    values: [agentId, now],
  });
}

/** False when another one is open, or when it was written before. */
export async function insertRequest(
  tx: Tx,
  r: FloatRequest & { readonly now: Date; readonly expiresAt: Date },
): Promise<boolean> {
  const inserted = await tx.run({
    text: `insert into float_request (request_id, agent_id, super_agent_id, amount_minor, state, created_at, updated_at, expires_at)
           values ($1, $2, $3, $4, 'open', $5, $5, $6) on conflict do nothing`,
    values: [r.requestId, r.agentId, r.superAgentId, r.amountMinor, r.now, r.expiresAt],
  });
  return inserted === 1;
}

/** For the error of a request of agents one of whom has closed their profile meanwhile: why it is refused. */
export function refusedAsLeft(error: unknown): 'not_allowed' | 'super_missing' | undefined {
  const constraint = violatedConstraint(error);
  if (constraint === 'float_request_agent_left') return 'not_allowed';
  return constraint === 'float_request_super_agent_left' ? 'super_missing' : undefined;
}

export async function requestById(sql: Sql, requestId: string): Promise<FloatRequest | undefined> {
  return sql.maybe<FloatRequest & Record<string, unknown>>({
    text: `select ${requestColumns} from float_request where request_id = $1`,
    values: [requestId],
  });
}

export function openRequests(
  sql: Sql,
  { superAgentId, now, limit }: { superAgentId: string; now: Date; limit: number },
): Promise<FloatRequest[]> {
  return sql.rows<FloatRequest & Record<string, unknown>>({
    name: 'float-requests-open',
    text: `select ${requestColumns} from float_request
           where super_agent_id = $1 and state = 'open' and expires_at > $2 order by created_at, request_id limit $3`,
    values: [superAgentId, now, limit],
  });
}

/** Whether a request for float waits that is this agent's or asks this agent. */
export async function anyRequest(sql: Sql, agentId: string, now: Date): Promise<boolean> {
  const row = await sql.maybe({
    text: `select 1 from float_request
           where $1 in (agent_id, super_agent_id) and state = 'open' and expires_at > $2 limit 1`,
    values: [agentId, now],
  });
  return row !== undefined;
}

/** True when it was open until now. */
export async function refuseRequest(
  tx: Tx,
  { requestId, superAgentId, now }: { requestId: string; superAgentId: string; now: Date },
): Promise<boolean> {
  const refused = await tx.run({
    text: `update float_request set state = 'refused', updated_at = $3
           where request_id = $1 and super_agent_id = $2 and state = 'open' and expires_at > $3`,
    values: [requestId, superAgentId, now],
  });
  return refused === 1;
}

/** Agents who were agents on that day and have not been told of it, in the order of their ids. */
export async function unreported(
  sql: Sql,
  { day, limit }: { day: string; limit: number },
): Promise<{ agentId: string; floatMinor: bigint }[]> {
  return sql.rows({
    name: 'agent-unreported',
    text: `select f.agent_id as "agentId", f.float_minor as "floatMinor"
           from agent_float f join agent a on a.agent_id = f.agent_id
           where a.since <= $1 and not exists (select from agent_report r where r.agent_id = f.agent_id and r.day = $1)
           order by f.agent_id limit $2`,
    values: [day, limit],
  });
}

/** False when that day was reported. */
export async function insertReport(tx: Tx, agentId: string, day: string): Promise<boolean> {
  const text = 'insert into agent_report (agent_id, day) values ($1, $2) on conflict do nothing';
  return (await tx.run({ name: 'agent-report', text, values: [agentId, day] })) === 1;
}
