import { legCodes, countedBit } from './codes';
import { refusalCodes } from './errors';

/**
 * What proves the rows. PostgreSQL's own functions only: ours are part of what is doubted. A row that deviates gives
 * `check, subject, expected, found`; each query names the first one a check. Sums and differences are numeric, so that
 * no forged number can make a query fail instead of naming it.
 *
 * The books are read in passes, from one closed month to the next: what the month before carried forward, and the rows
 * since. `$1` and `$2` are the first seq of a pass and the first one after it.
 */

/** The number of the first row that may be booked in the month after `month`, a date. */
const endOf = (month: string): string =>
  `(extract(epoch from (${month} + interval '1 month') at time zone 'UTC') * 1000000)::bigint << 4`;

/** The passes: where the books begin, then each closed month. Of an archived month all that is left is its end. */
export const passesQuery = `
  select to_char(p.month, 'YYYY-MM') as month, ${endOf('p.month')} as "endSeq",
         p.month = a.latest + interval '1 month' as carried,
         to_char(a.latest, 'YYYY-MM-DD') as "archivedMonth", ${endOf('a.latest')} as "archivedSeq"
  from ledger_period p cross join (select max(month) as latest from ledger_archive) a
  where a.latest is null or p.month > a.latest
  order by p.month`;

/** The numbers of a row's legs. Not generate_series: it is taken for a thousand rows, and plans come out accordingly. */
export const eachLeg = '(values (1), (2), (3), (4), (5), (6), (7), (8)) leg_number (i)';

const goodCodes = Object.values(legCodes)
  .flatMap((code) => [code, code + countedBit])
  .join(', ');
const stickyCodes = Object.values(refusalCodes).filter((code) => code < 100);
const naming = [1, 2, 3, 4, 5, 6, 7].filter((code) => stickyCodes.some((sticky) => sticky === code)).join(', ');

/** Each row by itself, leg by leg, with the accounts of what was accepted. */
export const rowsQuery = `
  with checked as (
    select t.seq, t.transfer_id, i as leg,
           case when coalesce(i, 1) = 1 then case
             when t.kind not between 1 and 4 then array['a kind from 1 to 4', t.kind::text]
             when t.result <> 0 and t.result not in (${stickyCodes.join(', ')})
               then array['accepted, or a refusal that sticks', t.result::text]
             when t.seq & 15 = 0 then array['a lane from 1 to 15', '0']
             when (array_ndims(t.legs) = 1 and array_lower(t.legs, 1) = 1 or t.legs = '{}') is not true
               then array['a plain list of legs', t.legs::text]
             when cardinality(t.legs) % 8 <> 0 or cardinality(t.legs) > 64 or array_position(t.legs, null) is not null
               or cardinality(t.legs) = 0 and (t.kind <= 2 or t.result = 0)
               then array['one to eight legs of eight numbers', t.legs::text]
             when (t.pending_id is not null) <> (t.kind >= 3)
               then array['a reservation on what posts or voids one, and on nothing else', coalesce(t.pending_id::text, 'none')]
             when (t.expires_at is not null) <> (t.kind = 2)
               then array['an expiry on a reservation, and on nothing else', coalesce(t.expires_at::text, 'none')]
             when (t.refused_account_id is not null) <> (t.result in (${naming}))
               then array['the account that is the reason of a refusal', coalesce(t.refused_account_id::text, 'none')]
             when t.digest is distinct from sha256(record_send(row(
               t.transfer_id, t.seq, t.kind, t.result, t.refused_account_id, t.pending_id, t.expires_at, t.legs)))
               then array['digest ' || encode(sha256(record_send(row(t.transfer_id, t.seq, t.kind, t.result,
                            t.refused_account_id, t.pending_id, t.expires_at, t.legs))), 'hex'),
                          'digest ' || coalesce(encode(t.digest, 'hex'), 'none')]
           end end as row_rule,
           case
             when i is null then null
             when t.legs[i * 8 - 7] <= 0 or t.legs[i * 8 - 6] <= 0 or t.legs[i * 8 - 7] = t.legs[i * 8 - 6]
               then array['two accounts', format('%s and %s', t.legs[i * 8 - 7], t.legs[i * 8 - 6])]
             when t.result = 0 and (t.legs[i * 8 - 7] < 1000000 and (t.legs[i * 8 - 7] # t.seq) & 15 <> 0
                                    or t.legs[i * 8 - 6] < 1000000 and (t.legs[i * 8 - 6] # t.seq) & 15 <> 0)
               then array['house accounts by the stripe of the row''s lane',
                          format('%s and %s in lane %s', t.legs[i * 8 - 7], t.legs[i * 8 - 6], t.seq & 15)]
             when t.legs[i * 8 - 5] not between (t.kind <= 2)::integer and 1000000000000000
               then array['an amount up to 10^15', t.legs[i * 8 - 5]::text]
             when t.legs[i * 8 - 4] not in (${goodCodes}) then array['a known code', t.legs[i * 8 - 4]::text]
             when t.result <> 0 and (t.legs[i * 8 - 3] <> 0 or t.legs[i * 8 - 2] <> 0)
               then array['no balances: it was refused', format('%s and %s', t.legs[i * 8 - 3], t.legs[i * 8 - 2])]
             when (t.result <> 0 or t.kind in (2, 4) or t.legs[i * 8 - 5] = 0)
               and (t.legs[i * 8 - 1] <> 0 or t.legs[i * 8] <> 0)
               then array['no rows before it: it booked nothing', format('%s and %s', t.legs[i * 8 - 1], t.legs[i * 8])]
             when t.result = 0 and (d.currency = c.currency) is not true
               then array['two accounts of one currency', format('%s in %s and %s in %s', t.legs[i * 8 - 7],
                 coalesce(d.currency::text, 'none'), t.legs[i * 8 - 6], coalesce(c.currency::text, 'none'))]
           end as leg_rule
    from ledger_transfer t
    left join ${eachLeg} on i <= cardinality(t.legs) / 8
    left join ledger_account d on d.account_id = t.legs[i * 8 - 7] and t.result = 0
    left join ledger_account c on c.account_id = t.legs[i * 8 - 6] and t.result = 0
    where t.seq >= $1 and t.seq < $2
  )
  select count(*) filter (where coalesce(leg, 1) = 1) as transfers, min(seq) as "firstSeq", max(seq) as "lastSeq",
         -- The least array is the first row: its number is written with leading zeros.
         min(array[to_char(seq, 'FM0000000000000000000'), (coalesce(row_rule, leg_rule))[1], (coalesce(row_rule, leg_rule))[2],
                   case when row_rule is null then format('leg %s of %s', leg, transfer_id) else transfer_id::text end]
             collate "C") filter (where row_rule is not null or leg_rule is not null) as deviation
  from checked`;

/** One line an account and leg: what was booked, with what the row says of before and after. */
const linesOf = `
  line as (
    select s.account_id, t.seq, i as leg, s.debit, s.credit, s.after, s.pointer
    from ledger_transfer t
    join ${eachLeg} on i <= cardinality(t.legs) / 8
    cross join lateral (values
      (t.legs[i * 8 - 7], t.legs[i * 8 - 5], 0::bigint, t.legs[i * 8 - 3], t.legs[i * 8 - 1]),
      (t.legs[i * 8 - 6], 0::bigint, t.legs[i * 8 - 5], t.legs[i * 8 - 2], t.legs[i * 8])
    ) s (account_id, debit, credit, after, pointer)
    where t.result = 0 and t.kind in (1, 3) and t.legs[i * 8 - 5] > 0 and t.seq >= $1 and t.seq < $2
    union all
    -- What was carried forward is the first line.
    select * from (
      select distinct on (account_id) account_id, last_seq, 0, debits_minor, credits_minor, balance_minor, 0::bigint
      from ledger_period_balance where month <= $3::date
      order by account_id, month desc
    ) carried
  ),
  walked as (
    select account_id, seq, leg, debit, credit, after, pointer,
           coalesce(lag(after) over w, 0) as carried, coalesce(lag(seq) over w, 0) as latest
    from line window w as (partition by account_id order by seq, leg)
  ),
  booked as (
    select account_id, sum(debit) as debits, sum(credit) as credits, max(seq) as last_seq,
           min(array[seq, leg, carried::numeric + credit - debit, latest, after, pointer]) filter (
             where leg > 0 and (after <> carried::numeric + credit - debit or pointer <> latest)) as wrong
    from walked group by account_id
  )`;

const statedOf = {
  /** What the accounts say. */
  account: `
    stated as (
      select account_id, debits_posted_minor as debits, credits_posted_minor as credits, last_seq from ledger_account
      where $4::date is null
    ),
    stated_total as (
      select currency, sum(debits_posted_minor) as debits, sum(credits_posted_minor) as credits
      from ledger_account group by currency
    )`,
  /** What the closed month `$4` says. */
  period: `
    stated as (
      select distinct on (account_id) account_id, debits_minor as debits, credits_minor as credits, last_seq
      from ledger_period_balance where month <= $4::date
      order by account_id, month desc
    ),
    stated_total as (
      select currency, debits_minor as debits, credits_minor as credits
      from ledger_period_currency where month = $4::date
    )`,
};

/**
 * The trial balance, a line a currency whether it deviates or not, and account by account the sums and the walk from
 * the first line to the last. Every leg is a debit and a credit, and so the house's trust account is minus what all the
 * others hold: where that is not so, the debits of a currency are not its credits.
 */
export const booksQuery = (stated: keyof typeof statedOf): string => {
  const when = stated === 'account' ? `''` : `to_char($4::date, '" at the end of "YYYY-MM')`;
  return `
  with ${linesOf}, ${statedOf[stated]},
  book as materialized (
    select account_id, a.currency, b.wrong,
           coalesce(b.debits, 0) as debits, coalesce(b.credits, 0) as credits, coalesce(b.last_seq, 0) as last_seq,
           coalesce(s.debits, 0) as stated_debits, coalesce(s.credits, 0) as stated_credits,
           coalesce(s.last_seq, 0) as stated_last_seq
    from booked b
    full join stated s using (account_id)
    left join ledger_account a using (account_id)
  ),
  total as (
    select currency, sum(debits) as debits, sum(credits) as credits
    from book group by currency
  )
  (select case when (b.debits = b.credits and b.debits = s.debits and b.credits = s.credits) is not true then 'trial_balance' end as check,
          coalesce(c.code, currency::text, 'no account') || ${when} as subject,
          format('debits = credits = %s', coalesce(b.debits, 0)) as expected,
          format('legs: debits %s, credits %s; stated: debits %s, credits %s', coalesce(b.debits, 0),
                 coalesce(b.credits, 0), coalesce(s.debits, 0), coalesce(s.credits, 0)) as found,
          coalesce(b.debits, 0)::text as debits, coalesce(b.credits, 0)::text as credits
   from total b full join stated_total s using (currency) left join ledger_currency c on c.number = currency
   order by 2)
  union all
  (select 'account_counters', account_id::text || ${when},
          format('debits %s, credits %s, last row %s', debits, credits, last_seq),
          format('debits %s, credits %s, last row %s', stated_debits, stated_credits, stated_last_seq), null, null
   from book
   where debits <> stated_debits or credits <> stated_credits or last_seq <> stated_last_seq
   order by account_id limit 1)
  union all
  (select 'running_balance', format('leg %s of row %s on %s', wrong[2], wrong[1], account_id),
          format('balance %s after row %s', wrong[3], wrong[4]),
          format('balance %s after row %s', wrong[5], wrong[6]), null, null
   from book where wrong is not null
   order by wrong limit 1)`;
};

/**
 * What was reserved against what posted or voided it and against what is held. `$1`: ids made before this
 * seq were archived, and with them reservations of which only the resolution is left; `$2`: what was reserved before it
 * is resolved, though the row that did may be in the archive.
 */
export const holdsQuery = `
  with reserved as (
    select transfer_id, seq, expires_at, legs from ledger_transfer where kind = 2 and result = 0
  ),
  resolved as (
    select pending_id as transfer_id, transfer_id as by_id, kind, legs,
           row_number() over (partition by pending_id order by seq) as turn
    from ledger_transfer where kind in (3, 4) and result = 0
  ),
  joined as (
    select transfer_id, r.seq, r.expires_at, r.legs, s.by_id, s.kind, s.legs as by_legs, s.turn,
           h.transfer_id is not null as held, h.seq as held_seq, h.expires_at as held_until, h.legs as held_legs
    from reserved r
    full join resolved s using (transfer_id)
    full join ledger_hold h using (transfer_id)
  ),
  judged as (
    select j.*, case
      when j.by_id is not null and j.seq is null then
        case when j.transfer_id < (lpad(to_hex(($1::bigint >> 4) / 1000), 12, '0') || repeat('0', 20))::uuid then 0 else 1 end
      when j.turn > 1 then 2
      when j.by_id is not null then case when cardinality(j.legs) = cardinality(j.by_legs) and (
          select bool_and(
              (j.legs[n] = j.by_legs[n] or greatest(j.legs[n], j.by_legs[n]) < 1000000 and (j.legs[n] # j.by_legs[n]) < 16)
              and (j.legs[n + 1] = j.by_legs[n + 1]
                   or greatest(j.legs[n + 1], j.by_legs[n + 1]) < 1000000 and (j.legs[n + 1] # j.by_legs[n + 1]) < 16)
              and j.legs[n + 3] = j.by_legs[n + 3]
              and case j.kind when 4 then j.by_legs[n + 2] = j.legs[n + 2] else j.by_legs[n + 2] <= j.legs[n + 2] end)
            and (j.kind = 4 or bool_or(j.by_legs[n + 2] > 0))
          from generate_series(1, cardinality(j.legs), 8) n) then 0 else 3 end
      else 0
    end as rule
    from joined j
  ),
  pending as (
    select side.account_id, sum(side.going) as going, sum(side.coming) as coming
    from ledger_hold h
    join ${eachLeg} on i <= cardinality(h.legs) / 8
    cross join lateral (values (h.legs[i * 8 - 7], h.legs[i * 8 - 5], 0::bigint), (h.legs[i * 8 - 6], 0::bigint, h.legs[i * 8 - 5]))
      side (account_id, going, coming)
    where side.account_id >= 1000000
    group by side.account_id
  )
  (select 'transfers' as check, by_id::text as subject,
          case rule when 1 then format('a reservation %s', transfer_id)
                    when 2 then format('%s resolved once', transfer_id)
                    else format('legs of %s: %s', transfer_id, legs) end as expected,
          case rule when 1 then 'none' when 2 then format('resolved %s times', turn)
                    else format('%s of %s', case kind when 3 then 'post' else 'void' end, by_legs) end as found
   from judged where rule > 0
   order by by_id limit 1)
  union all
  (select 'holds', transfer_id::text,
          case when seq is null or by_id is not null or seq < $2 then 'nothing held'
               else format('row %s until %s: %s', seq, expires_at, legs) end,
          case when held then format('row %s until %s: %s', held_seq, held_until, held_legs) else 'nothing held' end
   from judged
   where held <> (seq is not null and by_id is null and seq >= $2)
      or held and (held_seq, held_until, held_legs) is distinct from (seq, expires_at, legs)
   order by transfer_id limit 1)
  union all
  (select 'holds', account_id::text,
          format('pending: debits %s, credits %s', coalesce(p.going, 0), coalesce(p.coming, 0)),
          format('pending: debits %s, credits %s', a.debits_pending_minor, a.credits_pending_minor)
   from (select account_id, debits_pending_minor, credits_pending_minor from ledger_account
         where debits_pending_minor <> 0 or credits_pending_minor <> 0) a
   full join pending p using (account_id)
   where (coalesce(a.debits_pending_minor, 0), coalesce(a.credits_pending_minor, 0))
         is distinct from (coalesce(p.going, 0), coalesce(p.coming, 0))
   order by account_id limit 1)`;
