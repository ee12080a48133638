import type { Json, Sql, Tx } from '../platform';
import type { Head } from './document';

/** The SQL that writes the log and reads its heads. What proves it is in verify-store.ts, on built-in functions only. */

export async function recordEvents(tx: Tx, now: Date, rows: readonly Readonly<Record<string, Json>>[]): Promise<void> {
  await tx.run({
    name: 'audit.record',
    text: 'select audit_record($1, $2)',
    values: [`${now.getTime()}000`, JSON.stringify(rows)],
  });
}

/** Any number; one publishes at a time. */
const publishKey = 7_229_388;

/** Until the transaction ends. */
export async function lockPublishing(tx: Tx): Promise<void> {
  await tx.run({ name: 'audit.publish_lock', text: 'select pg_advisory_xact_lock($1)', values: [publishKey] });
}

/** A chain's head as audit_chain has it, and what its last link says. */
export interface StoredHead extends Head {
  /** Whether the last link has that number and hash; it may be in the archive. */
  readonly linked: boolean;
  /** Whether the last link tells of nothing but a publication. */
  readonly ofPublication: boolean;
}

/** The heads of the chains that have a link, by chain, at one moment. */
export async function readHeads(sql: Sql): Promise<StoredHead[]> {
  return sql.rows<StoredHead & Record<string, unknown>>({
    name: 'audit.heads',
    text: `select c.chain, c.number::integer as number, c.last_seq::text as seq, encode(c.hash, 'hex') as hash,
                  coalesce(l.number = c.number and l.hash = c.hash, false) or exists (
                    select from ledger_period_head h
                    where h.chain = c.chain and h.month = (select max(month) from ledger_archive)
                      and h.number = c.number and h.hash = c.hash) as linked,
                  coalesce(l.events = 1 and l.transfers = 0 and e.action = 'heads.published', false) as "ofPublication"
           from audit_chain c
           left join audit_link l on l.seq = c.last_seq
           left join audit_event e on e.seq = c.last_seq and e.number = 1
           where c.number > 0
           order by c.chain`,
  });
}

/** The number and hash of the links with these sequence numbers, of those that are there. */
export async function readLinks(sql: Sql, seqs: readonly string[]): Promise<Head[]> {
  return sql.rows<Head & Record<string, unknown>>({
    name: 'audit.links',
    text: `select (seq & 15)::integer as chain, number::integer as number, seq::text as seq, encode(hash, 'hex') as hash
           from audit_link where seq = any ($1::bigint[])`,
    values: [seqs],
  });
}

/** Up to which link each chain is in the archive, of those that are. */
export async function readArchived(sql: Sql): Promise<ReadonlyMap<number, number>> {
  const rows = await sql.rows<{ chain: number; number: number }>({
    name: 'audit.archived',
    text: `select chain, number::integer as number from ledger_period_head
           where month = (select max(month) from ledger_archive)`,
  });
  return new Map(rows.map(({ chain, number }) => [chain, number]));
}

/**
 * What tells this database from others, hex: the hash of the first link of chain 0; where that is in the archive, of the
 * last one of the first month. Undefined while nothing is recorded.
 */
export async function readIdentity(sql: Sql): Promise<string | undefined> {
  const row = await sql.maybe<{ hash: string }>({
    name: 'audit.identity',
    text: `(select encode(hash, 'hex') as hash from ledger_period_head
            where chain = 0 and number > 0 and exists (select from ledger_archive) order by month limit 1)
           union all
           (select encode(hash, 'hex') from audit_link where seq & 15 = 0 and number = 1 order by seq limit 1)
           limit 1`,
  });
  return row?.hash;
}

/** The actor of publications: by it the last one is found without reading what lies between. */
export const publisherId = 'heads';

/** The text of the last document that the log tells of. */
export async function readLastDocument(sql: Sql): Promise<string | undefined> {
  const row = await sql.maybe<{ document: string }>({
    name: 'audit.last_document',
    text: `select new_value ->> 'document' as document from audit_event
           where actor_kind = 'system' and actor_id = $1 and action = 'heads.published'
           order by seq desc limit 1`,
    values: [publisherId],
  });
  return row?.document;
}

/** The text of a document that the log tells of. */
export async function readDocument(sql: Sql, number: number): Promise<string | undefined> {
  const row = await sql.maybe<{ document: string }>({
    name: 'audit.document',
    text: `select new_value ->> 'document' as document from audit_event
           where subject_kind = 'heads' and subject_id = $1 and action = 'heads.published'
           order by seq desc limit 1`,
    values: [String(number)],
  });
  return row?.document;
}
