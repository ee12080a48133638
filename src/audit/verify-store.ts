import { assert, type Sql } from '../platform';

/**
 * The SQL that proves the log. It calls functions of PostgreSQL only: one of the database's own could have been changed
 * to tell whatever its owner likes. The digests are worked out from the stored values, as 0006_audit.sql defines them.
 */

/**
 * Makes sure that these are the tables and no views or copies in the way of them, and that a function of PostgreSQL is
 * meant by its name. Reading may take its time. Throws when the tables are not there, or not once.
 */
export async function settle(sql: Sql): Promise<void> {
  const tables = await sql.rows<{ table: string; schema: string; kind: string }>({
    name: 'audit.tables',
    text: `select c.relname as table, n.nspname as schema, c.relkind as kind
           from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
           where c.relname in ('audit_chain', 'audit_link', 'audit_event', 'ledger_transfer', 'ledger_archive', 'ledger_period_head')
           order by 1`,
  });
  const schemas = new Set(tables.map(({ schema }) => schema));
  const kinds = tables.map(({ table, kind }) => `${table} ${kind}`).join(', ');
  const expected =
    'audit_chain r, audit_event p, audit_link p, ledger_archive r, ledger_period_head r, ledger_transfer p';
  assert(schemas.size === 1 && kinds === expected, `the tables of the forensic log must be there once: ${kinds}`);
  await sql.run({
    name: 'audit.settle',
    text: `select set_config('search_path', 'pg_catalog, ' || quote_ident($1), true),
                  set_config('statement_timeout', '0', true)`,
    values: [[...schemas][0]],
  });
}

/** Of an event, all but its place; a timestamp without a number of microseconds is like no other. */
const eventJson = `convert_to(jsonb_build_array(
    case when isfinite(at) then (extract(epoch from at) * 1000000)::bigint end, action, actor_kind, actor_id,
    subject_kind, subject_id, transfer_id, trace_id, old_value, new_value)::text, 'UTF8')`;
const eventDigest = `sha256(int8send(seq) || int4send(number) || ${eventJson})`;
const transferDigest = `sha256(record_send(row(
    transfer_id, seq, kind, result, refused_account_id, pending_id, expires_at, legs)))`;

export interface LinkRow {
  readonly seq: bigint;
  readonly number: number;
  readonly transfers: number;
  readonly events: number;
  readonly hash: Buffer;
}

export async function readLinkPage(sql: Sql, after: bigint, limit: number): Promise<LinkRow[]> {
  return sql.rows<LinkRow & Record<string, unknown>>({
    name: 'audit.link_page',
    text: `select seq, number::float8 as number, transfers, events, hash
           from audit_link where seq > $1 order by seq limit $2`,
    values: [after, limit],
  });
}

/** A row under a link, with the digest of what it holds. */
export interface CoveredRow {
  readonly seq: bigint;
  /** An event's number in its link; zero for a transfer. */
  readonly number: number;
  /** A transfer's id. */
  readonly id: string | null;
  readonly digest: Buffer;
  /** Whether that is the digest beside it. */
  readonly intact: boolean;
}

export async function readEventPage(
  sql: Sql,
  after: Pick<CoveredRow, 'seq' | 'number'>,
  limit: number,
): Promise<CoveredRow[]> {
  return sql.rows<CoveredRow & Record<string, unknown>>({
    name: 'audit.event_page',
    text: `select seq, number, null as id, computed as digest, computed is not distinct from digest as intact
           from (
             select seq, number, digest, ${eventDigest} as computed
             from audit_event where seq >= $1 and (seq, number) > ($1, $2) order by seq, number limit $3
           ) page order by seq, number`,
    values: [after.seq, after.number, limit],
  });
}

export async function readTransferPage(
  sql: Sql,
  after: Pick<CoveredRow, 'seq' | 'id'>,
  limit: number,
): Promise<CoveredRow[]> {
  return sql.rows<CoveredRow & Record<string, unknown>>({
    name: 'audit.transfer_page',
    text: `select seq, 0 as number, transfer_id::text as id, computed as digest, computed is not distinct from digest as intact
           from (
             select seq, transfer_id, digest, ${transferDigest} as computed
             from ledger_transfer where seq >= $1 and (seq, transfer_id) > ($1, $2) order by seq, transfer_id limit $3
           ) page order by seq, transfer_id`,
    values: [after.seq, after.id ?? '00000000-0000-0000-0000-000000000000', limit],
  });
}

export interface ChainRow {
  readonly chain: number;
  readonly number: number;
  readonly seq: bigint;
  readonly hash: Buffer;
}

export async function readChains(sql: Sql): Promise<ChainRow[]> {
  return sql.rows<ChainRow & Record<string, unknown>>({
    name: 'audit.chains',
    text: `select chain, number::float8 as number, last_seq as seq, hash from audit_chain order by chain`,
  });
}

/** Where the rows begin that are still in the database: those before `end` are in the archive. */
export interface ArchiveEnd {
  readonly end: bigint;
  /** Of all sixteen chains. */
  readonly heads: readonly ChainRow[];
}

/** Where the last archived month ended; undefined when nothing was archived. */
export async function readArchiveEnd(sql: Sql): Promise<ArchiveEnd | undefined> {
  const rows = await sql.rows<ChainRow & { end: bigint }>({
    name: 'audit.archive_end',
    text: `select (extract(epoch from (month + interval '1 month') at time zone 'UTC') * 1000000)::bigint << 4 as end,
                  chain, number::float8 as number, seq, hash
           from ledger_period_head where month = (select max(month) from ledger_archive) order by chain`,
  });
  const [first] = rows;
  return first && { end: first.end, heads: rows };
}

/** The sequence number of a link of a chain after another, wherever it is; for the wording of a deviation only. */
export async function seqOfLink(sql: Sql, chain: number, number: number): Promise<bigint | undefined> {
  const row = await sql.maybe<{ seq: bigint }>({
    name: 'audit.seq_of_link',
    text: 'select seq from audit_link where seq & 15 = $1 and number = $2 order by seq desc limit 1',
    values: [chain, number],
  });
  return row?.seq;
}

/** Where the content is now that belongs in this event's place by the digest given, or that lost its own place. */
export async function eventThatFits(
  sql: Sql,
  { seq, number }: Pick<CoveredRow, 'seq' | 'number'>,
): Promise<{ seq: bigint; number: number } | undefined> {
  return sql.maybe<{ seq: bigint; number: number }>({
    name: 'audit.event_that_fits',
    text: `select seq, number from audit_event
           where (seq, number) <> ($1, $2)
             and (digest = sha256(int8send($1) || int4send($2) || ${eventJson})
                  or sha256(int8send($1) || int4send($2) || ${eventJson})
                     = (select digest from audit_event where seq = $1 and number = $2))
           limit 1`,
    values: [seq, number],
  });
}

/** The transfer whose row now carries the digest of what this one holds. */
export async function transferThatFits(sql: Sql, id: string): Promise<string | undefined> {
  const row = await sql.maybe<{ id: string }>({
    name: 'audit.transfer_that_fits',
    text: `select other.transfer_id::text as id from ledger_transfer other
           where other.transfer_id <> $1 and other.digest = (
             select ${transferDigest} from ledger_transfer where transfer_id = $1)
           limit 1`,
    values: [id],
  });
  return row?.id;
}
