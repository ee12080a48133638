import type { Sql } from '../platform';
import type { PartyIdType } from '../switch';

/** The SQL of what the scheme's directory is told; the rows come with the changes themselves, by triggers. */

export interface Entry {
  readonly idType: PartyIdType;
  readonly id: string;
  readonly isHere: boolean;
  readonly version: number;
}

/** Everybody who was told to another scheme, or to none, is due again. */
export async function dueFor(sql: Sql, scheme: string): Promise<void> {
  await sql.run({
    text: `update directory_entry set due_at = '-infinity', attempts = 0 where due_at is null and is_here and scheme is distinct from $1`,
    values: [scheme],
  });
}

/** Takes what is due; each is due again, later than the time before, unless it is told. */
export async function takeUntold(
  sql: Sql,
  { now, laterMs, limit }: { now: Date; laterMs: number; limit: number },
): Promise<Entry[]> {
  return sql.rows<Entry & Record<string, unknown>>({
    name: 'directory-take-due',
    text: `update directory_entry
           set attempts = attempts + 1,
               due_at = $1::timestamptz + least(2000 * 2.0 ^ least(attempts, 20), $2) * interval '1 millisecond'
           where (id_type, id) in (
             select id_type, id from directory_entry where due_at <= $1
             order by due_at limit $3 for update skip locked)
           returning id_type as "idType", id, is_here as "isHere", version`,
    values: [now, laterMs, limit],
  });
}

/** There is nothing more to tell of it; what changed meanwhile is still to be. */
export async function markTold(sql: Sql, { idType, id, version }: Entry, scheme: string): Promise<void> {
  await sql.run({
    name: 'directory-told',
    text: `update directory_entry set due_at = null, attempts = 0, scheme = $4
           where id_type = $1 and id = $2 and version = $3`,
    values: [idType, id, version, scheme],
  });
}
