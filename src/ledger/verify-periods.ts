import type { Sql } from '../platform';
import { createRoot } from './periods-root';
import type { Deviation } from './port';

/**
 * What proves that closed months say what their rows say, beyond the balances, which verify-queries.ts walks from month
 * to month. As there: PostgreSQL's own functions only.
 */

export interface ClosedMonth {
  /** 2026-01-01 */
  readonly month: string;
  readonly fromSeq: bigint;
  readonly endSeq: bigint;
  /** What was read of its transfers. */
  readonly transfers: bigint;
  readonly firstSeq: bigint | null;
  readonly lastSeq: bigint | null;
}

const statedQuery = `
  select first_seq as "firstSeq", last_seq as "lastSeq", transfers, links, events, root,
         (select count(*) from audit_event where seq >= $2 and seq < $3) as "eventsFound"
  from ledger_period where month = $1::date`;

/** What was last said in the month, and where the chains stood at its end: what is missing, too much or other. */
const termsAndHeadsQuery = `
  with said as (
    select distinct on (subject_kind, subject_id) subject_kind, subject_id, new_value as terms from audit_event
    where seq >= $2 and seq < $3 and (
      subject_kind = 'account' and action in ('account.opened', 'account.status_changed', 'account.bounds_changed')
      or subject_kind = 'limit_profile' and action = 'limits.changed')
    order by subject_kind, subject_id, seq desc, number desc
  ),
  written as (select subject_kind, subject_id, terms from ledger_period_terms where month = $1::date),
  latest as (
    select distinct on (seq & 15) (seq & 15)::smallint as chain, number, seq, hash from audit_link
    where seq >= $2 and seq < $3 order by seq & 15, seq desc
  ),
  before as (select chain, number, seq, hash from ledger_period_head where month = $1::date - interval '1 month'),
  head as (select chain, number, seq, hash from ledger_period_head where month = $1::date)
  (select format('%s %s', subject_kind, subject_id) as subject, coalesce(s.terms::text, 'nothing') as expected,
          coalesce(w.terms::text, 'nothing') as found
   from said s full join written w using (subject_kind, subject_id)
   where s.terms is distinct from w.terms
   order by subject_kind, subject_id limit 1)
  union all
  (select format('chain %s', c.chain), format('link %s, row %s, %s', due.number, due.seq, encode(due.hash, 'hex')),
          format('link %s, row %s, %s', h.number, h.seq, encode(h.hash, 'hex'))
   from generate_series(0, 15) c (chain)
   cross join lateral (
     select coalesce(l.number, b.number, 0) as number, coalesce(l.seq, b.seq, 0) as seq,
            coalesce(l.hash, b.hash, sha256(convert_to('starhash chain ' || c.chain, 'UTF8'))) as hash
     from (select) one left join latest l on l.chain = c.chain left join before b on b.chain = c.chain
   ) due
   left join head h on h.chain = c.chain
   where (h.number, h.seq, h.hash) is distinct from (due.number, due.seq, due.hash)
   order by c.chain limit 1)`;

interface Stated {
  firstSeq: bigint | null;
  lastSeq: bigint | null;
  transfers: bigint;
  links: bigint;
  events: bigint;
  root: Buffer;
  eventsFound: bigint;
}

/** The deviations of one closed month whose rows are all here. */
export async function provePeriod(sql: Sql, closed: ClosedMonth): Promise<Deviation[]> {
  const name = closed.month.slice(0, 7);
  const values = [closed.month, closed.fromSeq, closed.endSeq];
  const stated = await sql.one<Stated & Record<string, unknown>>({
    name: 'ledger.verify.period',
    text: statedQuery,
    values,
  });
  const { root, links } = await rootOf(sql, closed);
  const say = (of: Omit<Stated, 'root' | 'eventsFound'> & { root: string }): string =>
    `${of.transfers} transfers from ${of.firstSeq ?? 'none'} to ${of.lastSeq ?? 'none'}, ${of.links} links, ` +
    `${of.events} events, root ${of.root}`;
  const expected = say({ ...closed, links, events: stated.eventsFound, root: root.toString('hex') });
  const found = say({ ...stated, root: stated.root.toString('hex') });
  const others = await sql.rows<Omit<Deviation, 'check'> & Record<string, unknown>>({
    name: 'ledger.verify.period_terms',
    text: termsAndHeadsQuery,
    values,
  });
  return [
    ...(expected === found ? [] : [{ check: 'periods' as const, subject: name, expected, found }]),
    ...others.map((other) => ({
      check: 'periods' as const,
      subject: `${other.subject} at the end of ${name}`,
      expected: other.expected,
      found: other.found,
    })),
  ];
}

const pageRows = 20_000;

async function rootOf(sql: Sql, { fromSeq, endSeq }: ClosedMonth): Promise<{ root: Buffer; links: bigint }> {
  const root = createRoot();
  for (let after = fromSeq - 1n; ;) {
    const rows = await sql.rows<{ seq: bigint; hash: Buffer }>({
      name: 'ledger.verify.links',
      text: 'select seq, hash from audit_link where seq > $1 and seq < $2 order by seq limit $3',
      values: [after, endSeq, pageRows],
    });
    for (const { hash } of rows) root.add(hash);
    const last = rows.at(-1);
    if (!last || rows.length < pageRows) return { root: root.value(), links: root.count };
    after = last.seq;
  }
}
