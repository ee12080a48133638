import type { Json, Sql } from '../platform';
import { publisherId } from './store';

/** The SQL behind paths. A sequence number is microseconds since 1970, shifted left by four bits, plus the chain. */

const covering = `left join lateral (
    select (l.seq & 15)::integer as chain, l.number::integer as link from audit_link l
    where l.seq >= r.seq and l.seq & 15 = r.seq & 15 order by l.seq limit 1
  ) cover on true`;

export interface TransferRow {
  readonly transferId: string;
  readonly seq: bigint;
  readonly at: Date;
  readonly kind: number;
  readonly result: number;
  readonly refusedAccountId: string | null;
  readonly pendingId: string | null;
  readonly expiresAt: Date | null;
  /** Eight numbers a leg: see 0007_ledger.sql. */
  readonly legs: readonly string[];
  readonly chain: number | null;
  readonly link: number | null;
}

const transferColumns = `r.transfer_id as "transferId", r.seq, time_of(r.seq) as at, r.kind, r.result,
  r.refused_account_id::text as "refusedAccountId", r.pending_id as "pendingId", r.expires_at as "expiresAt",
  r.legs::text[] as legs, cover.chain, cover.link`;

/** A transfer with the reservation that it resolves and whatever else resolves or tried to, by sequence number. */
export async function readFamily(sql: Sql, transferId: string): Promise<TransferRow[]> {
  return sql.rows<TransferRow & Record<string, unknown>>({
    name: 'audit.family',
    text: `with root as (
             select coalesce((select pending_id from ledger_transfer where transfer_id = $1), $1::uuid) as id
           )
           select ${transferColumns}
           from (
             select t.* from root join ledger_transfer t on t.transfer_id in (root.id, $1)
             union
             select t.* from root join ledger_transfer t on t.pending_id = root.id
           ) r ${covering} order by r.seq`,
    values: [transferId],
  });
}

export async function readTransfers(sql: Sql, ids: readonly string[]): Promise<TransferRow[]> {
  return sql.rows<TransferRow & Record<string, unknown>>({
    name: 'audit.transfers',
    text: `select ${transferColumns} from ledger_transfer r ${covering}
           where r.transfer_id = any ($1::uuid[]) order by r.seq`,
    values: [ids],
  });
}

/** Sequence numbers from the first to before the second. */
export interface Period {
  readonly from: bigint;
  readonly to: bigint;
}

/** The transfers that booked on these accounts, found backwards from each account's last row. */
export async function walkAccounts(sql: Sql, accountIds: readonly string[], { from, to }: Period): Promise<string[]> {
  const rows = await sql.rows<{ id: string }>({
    name: 'audit.walk_accounts',
    text: `with recursive walk as (
             select account_id, last_seq as seq from ledger_account where account_id = any ($1::bigint[])
             union all
             select w.account_id, (
               select min(case when t.legs[i] = w.account_id then t.legs[i + 6] else t.legs[i + 7] end)
               from generate_series(1, cardinality(t.legs), 8) i where w.account_id in (t.legs[i], t.legs[i + 1]))
             from walk w join ledger_transfer t on t.seq = w.seq
             where w.seq >= $2
           )
           select distinct t.transfer_id as id from walk w join ledger_transfer t on t.seq = w.seq
           where w.seq >= $2 and w.seq < $3`,
    values: [accountIds, from, to],
  });
  return rows.map(({ id }) => id);
}

export interface EventRow {
  readonly seq: bigint;
  readonly number: number;
  readonly at: Date;
  readonly action: string;
  readonly actorKind: string;
  readonly actorId: string;
  readonly subjectKind: string;
  readonly subjectId: string;
  readonly transferId: string | null;
  readonly traceId: string | null;
  readonly old: Json | null;
  readonly new: Json | null;
  readonly chain: number | null;
  readonly link: number | null;
}

const eventColumns = `r.seq, r.number, r.at, r.action, r.actor_kind as "actorKind", r.actor_id as "actorId",
  r.subject_kind as "subjectKind", r.subject_id as "subjectId", r.transfer_id as "transferId", r.trace_id as "traceId",
  r.old_value as old, r.new_value as new, cover.chain, cover.link`;

/** The events that name one of these transfers, by time. */
export async function readEventsOfTransfers(sql: Sql, ids: readonly string[]): Promise<EventRow[]> {
  return sql.rows<EventRow & Record<string, unknown>>({
    name: 'audit.events_of_transfers',
    text: `select ${eventColumns} from audit_event r ${covering}
           where r.transfer_id = any ($1::uuid[]) order by r.seq, r.number`,
    values: [ids],
  });
}

/** The events about or by a customer, and about their accounts, by time. */
export async function readEventsOfPerson(
  sql: Sql,
  { customerId, accountIds }: { customerId: string; accountIds: readonly string[] },
  { from, to }: Period,
): Promise<EventRow[]> {
  return sql.rows<EventRow & Record<string, unknown>>({
    name: 'audit.events_of_person',
    text: `select ${eventColumns}
           from (
             select * from audit_event
             where subject_kind = 'customer' and subject_id = $1 and seq >= $3 and seq < $4
             union
             select * from audit_event where actor_kind = 'customer' and actor_id = $1 and seq >= $3 and seq < $4
             union
             select * from audit_event
             where subject_kind = 'account' and subject_id = any ($2::text[]) and seq >= $3 and seq < $4
           ) r ${covering} order by r.seq, r.number`,
    values: [customerId, accountIds, from, to],
  });
}

/** The texts of the documents that were published from a moment on, by time. */
export async function readDocumentsFrom(
  sql: Sql,
  seq: bigint,
  limit: number,
): Promise<{ seq: bigint; text: string }[]> {
  return sql.rows<{ seq: bigint; text: string }>({
    name: 'audit.documents_from',
    text: `select seq, new_value ->> 'document' as text from audit_event
           where actor_kind = 'system' and actor_id = $1 and action = 'heads.published' and seq >= $2
           order by seq limit $3`,
    values: [publisherId, seq, limit],
  });
}
