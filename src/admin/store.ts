import type { Sql, Tx } from '../platform';
import type { Args } from './command';
import type { Member, StaffRole } from './member';

/** All of the staff's SQL: members and acts. */
export interface MemberRow extends Member {
  readonly tokenExpiresAt: Date | null;
  readonly isSandbox: boolean;
  readonly createdAt: Date;
  readonly lastSeenAt: Date | null;
}

const memberColumns = `staff_id as "staffId", full_name as "fullName", role, status,
  token_expires_at as "tokenExpiresAt", is_sandbox as "isSandbox", created_at as "createdAt", last_seen_at as "lastSeenAt"`;

export async function memberByDigest(sql: Sql, digest: Buffer): Promise<MemberRow | undefined> {
  return sql.maybe<MemberRow & Record<string, unknown>>({
    name: 'staff-by-token',
    text: `select ${memberColumns} from staff_member where token_digest = $1`,
    values: [digest],
  });
}

export async function memberById(sql: Sql, staffId: string): Promise<MemberRow | undefined> {
  return sql.maybe<MemberRow & Record<string, unknown>>({
    text: `select ${memberColumns} from staff_member where staff_id = $1`,
    values: [staffId],
  });
}

export async function allMembers(sql: Sql): Promise<MemberRow[]> {
  return sql.rows<MemberRow & Record<string, unknown>>({
    text: `select ${memberColumns} from staff_member order by status, staff_id`,
  });
}

export interface MemberInsert extends Member {
  readonly digest: Buffer;
  readonly expiresAt: Date;
  readonly isSandbox: boolean;
  readonly actId: string | null;
  readonly now: Date;
}

/** False when the short name is taken, or somebody of that name works here. */
export async function insertMember(sql: Sql, m: MemberInsert): Promise<boolean> {
  const inserted = await sql.run({
    text: `insert into staff_member
             (staff_id, full_name, role, status, token_digest, token_expires_at, is_sandbox, act_id, created_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing`,
    values: [m.staffId, m.fullName, m.role, m.status, m.digest, m.expiresAt, m.isSandbox, m.actId, m.now],
  });
  return inserted === 1;
}

export interface TokenUpdate {
  readonly staffId: string;
  readonly status: Member['status'];
  readonly digest: Buffer;
  readonly expiresAt: Date;
  /** The act that lets them in again; absent: the one from before stays. */
  readonly actId?: string;
  readonly now: Date;
}

/** Another token; being given one counts as having been seen. */
export async function updateToken(sql: Sql, t: TokenUpdate): Promise<boolean> {
  const updated = await sql.run({
    text: `update staff_member set status = $2, token_digest = $3, token_expires_at = $4,
             act_id = coalesce($5, act_id), last_seen_at = $6
           where staff_id = $1`,
    values: [t.staffId, t.status, t.digest, t.expiresAt, t.actId ?? null, t.now],
  });
  return updated === 1;
}

/** True when they were not disabled before. */
export async function disableMember(sql: Sql, staffId: string): Promise<boolean> {
  const updated = await sql.run({
    text: `update staff_member set status = 'disabled', token_digest = null, token_expires_at = null
           where staff_id = $1 and status <> 'disabled'`,
    values: [staffId],
  });
  return updated === 1;
}

export async function disableSandboxMembers(sql: Sql): Promise<number> {
  return sql.run({
    text: `update staff_member set status = 'disabled', token_digest = null, token_expires_at = null
           where is_sandbox and status <> 'disabled'`,
  });
}

export async function anyAdmin(sql: Sql): Promise<boolean> {
  return (
    (await sql.maybe({ text: `select 1 from staff_member where role = 'admin' and status <> 'disabled' limit 1` })) !==
    undefined
  );
}

export async function touchMember(sql: Sql, staffId: string, now: Date): Promise<void> {
  await sql.run({ text: 'update staff_member set last_seen_at = $2 where staff_id = $1', values: [staffId, now] });
}

/** Holds the row of a member who still is what they came as: one who is being disabled starts nothing any more. */
export async function lockMember(tx: Tx, { staffId, role, status }: Member): Promise<boolean> {
  const text = `select 1 from staff_member where staff_id = $1 and role = $2 and status = $3 for share`;
  return (await tx.maybe({ text, values: [staffId, role, status] })) !== undefined;
}

export type ActState = 'proposed' | 'approved' | 'rejected' | 'expired' | 'done' | 'failed';

export interface Act {
  readonly actId: string;
  readonly number: bigint;
  readonly command: string;
  readonly args: Args;
  readonly reason: string | null;
  readonly isChecked: boolean;
  readonly state: ActState;
  readonly madeBy: string;
  readonly madeRole: StaffRole;
  readonly madeAt: Date;
  readonly expiresAt: Date | null;
  readonly decidedBy: string | null;
  readonly decidedAt: Date | null;
  readonly decisionReason: string | null;
  readonly outcome: string | null;
  /** Of the money that it moves, once it may. */
  readonly effectId: string | null;
}

const actColumns = `act_id as "actId", act_number as number, command, args, reason, is_checked as "isChecked", state,
  made_by as "madeBy", made_role as "madeRole", made_at as "madeAt", expires_at as "expiresAt",
  decided_by as "decidedBy", decided_at as "decidedAt", decision_reason as "decisionReason", outcome,
  effect_id as "effectId"`;

export interface ActInsert {
  readonly actId: string;
  readonly command: string;
  readonly args: Args;
  readonly reason: string | null;
  readonly isChecked: boolean;
  readonly by: Member;
  readonly now: Date;
  readonly expiresAt: Date | null;
  readonly effectId: string | null;
}

/** The act, or undefined when its id is taken. */
export async function insertAct(tx: Tx, a: ActInsert): Promise<Act | undefined> {
  return tx.maybe<Act & Record<string, unknown>>({
    text: `insert into staff_act (act_id, command, args, reason, is_checked, state, made_by, made_role, made_at, expires_at, effect_id)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict (act_id) do nothing returning ${actColumns}`,
    values: [
      ...[a.actId, a.command, JSON.stringify(a.args), a.reason, a.isChecked, a.isChecked ? 'proposed' : 'approved'],
      ...[a.by.staffId, a.by.role, a.now, a.expiresAt, a.effectId],
    ],
  });
}

/** By its id or its number; held still until the transaction ends. */
export async function lockAct(tx: Tx, idOrNumber: string): Promise<Act | undefined> {
  const byNumber = /^\d{1,18}$/.test(idOrNumber);
  return tx.maybe<Act & Record<string, unknown>>({
    text: `select ${actColumns} from staff_act where ${byNumber ? 'act_number' : 'act_id'} = $1 for no key update`,
    values: [idOrNumber],
  });
}

export async function actByNumber(sql: Sql, number: bigint): Promise<Act | undefined> {
  return sql.maybe<Act & Record<string, unknown>>({
    text: `select ${actColumns} from staff_act where act_number = $1`,
    values: [number],
  });
}

export interface Decision {
  readonly state: 'approved' | 'rejected' | 'failed';
  readonly by: Member;
  readonly reason: string | null;
  readonly now: Date;
  readonly outcome?: string;
  readonly effectId?: string | null;
}

export async function decideAct(tx: Tx, actId: string, d: Decision): Promise<void> {
  await tx.run({
    text: `update staff_act set state = $2::text, decided_by = $3, decided_role = $4, decided_at = $5, decision_reason = $6,
             finished_at = case when $2::text <> 'approved' then $5::timestamptz end, outcome = $7,
             effect_id = $8
           where act_id = $1`,
    values: [actId, d.state, d.by.staffId, d.by.role, d.now, d.reason, d.outcome ?? null, d.effectId ?? null],
  });
}

export async function finishAct(
  tx: Tx,
  actId: string,
  f: { state: 'done' | 'failed' | 'expired'; outcome: string | null; now: Date },
): Promise<void> {
  await tx.run({
    text: 'update staff_act set state = $2, outcome = $3, finished_at = $4 where act_id = $1',
    values: [actId, f.state, f.outcome, f.now],
  });
}

/** The newest first. */
export async function listActs(
  sql: Sql,
  f: { state: ActState | null; command: string | null; limit: number },
): Promise<Act[]> {
  return sql.rows<Act & Record<string, unknown>>({
    text: `select ${actColumns} from staff_act
           where ($1::text is null or state = $1) and ($2::text is null or command = $2)
           order by act_number desc limit $3`,
    values: [f.state, f.command, f.limit],
  });
}

export interface FraudCheck {
  readonly actId: string;
  readonly customerId: string;
  readonly checkedAt: Date;
  readonly checkedBy: string;
  readonly comments: string;
}

export async function insertFraudCheck(tx: Tx, c: FraudCheck): Promise<void> {
  await tx.run({
    text: `insert into fraud_check (act_id, customer_id, checked_at, checked_by, comments) values ($1, $2, $3, $4, $5)`,
    values: [c.actId, c.customerId, c.checkedAt, c.checkedBy, c.comments],
  });
}

export async function lastFraudCheck(sql: Sql, customerId: string): Promise<FraudCheck | undefined> {
  return sql.maybe<FraudCheck & Record<string, unknown>>({
    text: `select act_id as "actId", customer_id as "customerId", checked_at as "checkedAt", checked_by as "checkedBy", comments
           from fraud_check where customer_id = $1 order by checked_at desc, act_id desc limit 1`,
    values: [customerId],
  });
}

/** Active people, those never checked first. */
export async function longestUnchecked(
  sql: Sql,
  limit: number,
): Promise<{ customerId: string; checkedAt: Date | null }[]> {
  return sql.rows<{ customerId: string; checkedAt: Date | null }>({
    text: `select c.customer_id as "customerId", max(f.checked_at) as "checkedAt"
           from customer c left join fraud_check f using (customer_id)
           where c.status = 'active' group by c.customer_id
           order by max(f.checked_at) nulls first, c.customer_id limit $1`,
    values: [limit],
  });
}

/** By the reference that people read out, or by the id. */
export async function paymentByName(
  sql: Sql,
  name: string,
): Promise<{ paymentId: string; reference: string; product: string; state: string } | undefined> {
  const isId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(name);
  return sql.maybe({
    text: `select payment_id as "paymentId", reference, product, state from payment
           where ${isId ? 'payment_id = $1' : 'reference = upper($1)'}`,
    values: [name],
  });
}

/** Proposals whose time is over. */
export async function overdueActs(sql: Sql, now: Date): Promise<string[]> {
  const rows = await sql.rows<{ id: string }>({
    text: `select act_id as id from staff_act where state = 'proposed' and expires_at <= $1 order by made_at limit 100`,
    values: [now],
  });
  return rows.map(({ id }) => id);
}

/** Approved since before that moment and not carried out: whoever did it died in between. */
export async function unfinishedActs(sql: Sql, before: Date): Promise<Act[]> {
  return sql.rows<Act & Record<string, unknown>>({
    text: `select ${actColumns} from staff_act
           where state = 'approved' and coalesce(decided_at, made_at) <= $1 order by made_at limit 20`,
    values: [before],
  });
}
