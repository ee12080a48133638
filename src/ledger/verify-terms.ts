import { eachLeg } from './verify-queries';

/**
 * What proves the accounts: their limits' counters, their terms and their bounds. As in verify-queries.ts: PostgreSQL's
 * own functions only, and the first deviation of each check.
 */

const periods = ['day', 'week', 'month', 'year'] as const;

const dayOf = (date: string): string => `(${date} - date '1970-01-01')`;
/** The number of a date's period, as accounts keep it. */
const numberOf = {
  day: dayOf,
  week: (date: string) => `((${dayOf(date)} + 3) / 7)`,
  month: (date: string) => `(extract(year from ${date}) * 12 + extract(month from ${date}) - 1)::integer`,
  year: (date: string) => `extract(year from ${date})::integer`,
} as const satisfies Record<(typeof periods)[number], (date: string) => string>;

const numbersOf = (date: string, prefix = ''): string =>
  periods.map((period) => `${numberOf[period](date)} as ${prefix}${period}`).join(', ');
const sumsOf = periods
  .flatMap((period) =>
    ['gone', 'gone_n', 'come', 'come_n'].map(
      (sum) => `sum(d.${sum}) filter (where d.${period} = w.limit_${period}) as ${sum}_${period}`,
    ),
  )
  .join(',\n           ');
const comparedOf = periods
  .map(
    (period) =>
      `('${period}', w.limit_${period}, w.since_${period}, ` +
      ['gone', 'gone_n', 'come', 'come_n'].map((sum) => `coalesce(d.${sum}_${period}, 0)`).join(', ') +
      `, coalesce(w.out_${period}_minor, 0), coalesce(w.out_${period}_count, 0), ` +
      `coalesce(w.in_${period}_minor, 0), coalesce(w.in_${period}_count, 0))`,
  )
  .join(',\n      ');

/**
 * What counted in the day, week, month and year that an account's counters are about. A row counts in the day of its
 * seq; what a reservation did not use is given back to the day of the reservation, and its number stays.
 *
 * Counting begins with the profile. Proved are accounts that were opened with one and, where one came or went later, the
 * periods that began after that: the log and the lanes number by clocks of their own, so rows of the same three hours
 * may be from before or after it. `$1`: rows before this seq may be archived; periods that began earlier are not proved.
 */
export const limitsQuery = `
  with watched as materialized (
    select a.*, ${numbersOf('a.since', 'since_')}
    from (
      select a.*, case when limit_day between 0 and 1000000 then date '1970-01-01' + limit_day end as stated,
             (greatest(c.at + interval '3 hours', case when $1::bigint > 0 then to_timestamp(($1 >> 4) / 1000000) end)
               at time zone (select time_zone from ledger_setting))::date as since
      from ledger_account a
      left join (
        select subject_id, max(at) as at from audit_event
        where subject_kind = 'account' and action = 'account.bounds_changed'
          and (old_value ->> 'limitProfile' is null) <> (new_value ->> 'limitProfile' is null)
        group by subject_id
      ) c on c.subject_id = a.account_id::text
      where a.limit_profile is not null
    ) a
  ),
  -- The first of January of the earliest year that an account's counters are about, with a day to spare.
  earliest as (
    select (extract(epoch from make_date(greatest(least(min(year), 9999), 1970), 1, 1)) * 1000000)::bigint
             - 86400000000 << 4 as seq
    from (
      -- An account that moved and counts in no year may never have counted, or was made to forget.
      select case when last_seq > 0 or debits_pending_minor > 0 or credits_pending_minor > 0 then coalesce(limit_year, 0)
                  else limit_year end as year
      from watched
    ) w
  ),
  counting as (
    select seq, 0 as kind, legs, legs as by_legs from ledger_transfer
    where result = 0 and kind in (1, 2) and seq >= (select seq from earliest)
    union all
    select r.seq, s.kind, r.legs, s.legs
    from ledger_transfer s join ledger_transfer r on r.transfer_id = s.pending_id and r.kind = 2 and r.result = 0
    where s.result = 0 and s.kind in (3, 4) and r.seq >= (select seq from earliest)
  ),
  daily as materialized (
    select l.account_id, l.date, sum(l.amount) filter (where l.gone = 1) as gone, sum(l.amount) filter (where l.come = 1) as come,
           sum(l.gone) filter (where l.kind = 0) as gone_n, sum(l.come) filter (where l.kind = 0) as come_n,
           ${numbersOf('l.date')}
    from (
      select side.account_id, (to_timestamp((t.seq >> 4) / 1000000) at time zone (select time_zone from ledger_setting))::date as date, t.kind,
             side.gone, side.come,
             -- What is no amount was named among the transfers.
             case when t.legs[i * 8 - 5] between 0 and 1000000000000000 and t.by_legs[i * 8 - 5] between 0 and 1000000000000000
                  then case t.kind when 0 then t.legs[i * 8 - 5]
                                   when 3 then t.by_legs[i * 8 - 5] - t.legs[i * 8 - 5]
                                   else - t.legs[i * 8 - 5] end end as amount
      from counting t
      join ${eachLeg} on i <= cardinality(t.legs) / 8
      cross join lateral (values (t.legs[i * 8 - 7], 1, 0), (t.legs[i * 8 - 6], 0, 1)) side (account_id, gone, come)
      where t.legs[i * 8 - 4] & 256 <> 0 and side.account_id in (select account_id from watched)
    ) l
    group by l.account_id, l.date
  ),
  due as materialized (
    select w.account_id, max(d.day) filter (where d.gone_n > 0 or d.come_n > 0) as latest,
           ${sumsOf}
    from watched w join daily d using (account_id)
    group by w.account_id
  )
  select 'limit_counters' as check, w.account_id::text as subject, judged.expected, judged.found
  from watched w
  left join due d using (account_id)
  cross join lateral (
    select format('%s %s: out %s in %s, in %s in %s', p.name, p.number, p.gone, p.gone_n, p.come, p.come_n) as expected,
           format('%s %s: out %s in %s, in %s in %s', p.name, p.number, p.is_gone, p.is_gone_n, p.is_come, p.is_come_n)
             as found
    from (values
      ${comparedOf}
    ) p (name, number, since, gone, gone_n, come, come_n, is_gone, is_gone_n, is_come, is_come_n)
    where (p.gone, p.gone_n, p.come, p.come_n) is distinct from (p.is_gone, p.is_gone_n, p.is_come, p.is_come_n)
      and p.number is not null and (p.number > p.since or p.since is null)
    union all
    select 'counters of the same date, not before day ' || coalesce(d.latest, 0),
           format('day %s, week %s, month %s, year %s', coalesce(w.limit_day::text, 'none'), w.limit_week, w.limit_month,
                  w.limit_year)
    where d.latest > coalesce(w.limit_day, 0) and (d.latest > w.since_day or w.since is null)
       or w.limit_day not between 0 and 1000000
       or (w.limit_week, w.limit_month, w.limit_year) is distinct from
          (${numberOf.week('w.stated')}, ${numberOf.month('w.stated')}, ${numberOf.year('w.stated')})
    limit 1
  ) judged
  order by w.account_id
  limit 1`;

/**
 * The row of every account and limit profile against the log: one opening, changes that each begin with what the one
 * before left, and the last of them is what the row says. `$1`: the last archived month, whose end is on record; `$2`:
 * the first seq after it.
 */
export const termsQuery = `
  with told as (
    select subject_kind, subject_id, seq, number, action, old_value, new_value from audit_event
    where seq >= $2 and (
      subject_kind = 'account' and action in ('account.opened', 'account.status_changed', 'account.bounds_changed')
      or subject_kind = 'limit_profile' and action = 'limits.changed')
    union all
    select * from (
      select distinct on (subject_kind, subject_id) subject_kind, subject_id, 0::bigint, 0, 'carried', null::jsonb, terms
      from ledger_period_terms where month <= $1::date
      order by subject_kind, subject_id, month desc
    ) carried
  ),
  replayed as (
    select subject_kind, subject_id, seq, action, old_value, new_value, lag(new_value) over w as before,
           row_number() over w as turn, lead(seq) over w is null as latest
    from told window w as (partition by subject_kind, subject_id order by seq, number)
  ),
  stated as (
    select 'account' as subject_kind,
           case when account_id < 1000000 then account_id & -16 else account_id end::text as subject_id, account_id,
           jsonb_build_object('kind', kind, 'currency', currency, 'status', status, 'floor', floor_minor::text,
                              'ceiling', ceiling_minor::text, 'limitProfile', limit_profile)
             || case when limit_since is null then '{}' else jsonb_build_object('limitSince', limit_since::text) end
             as terms
    from ledger_account
    union all
    select 'limit_profile', limit_profile::text, limit_profile, to_jsonb(p) from ledger_limit_profile p
  )
  (select 'account_terms' as check, format('%s %s', subject_kind, subject_id) as subject,
          case when turn = 1 and action <> 'limits.changed' then 'account.opened from nothing'
               else format('a change of %s', coalesce(before::text, 'nothing')) end as expected,
          format('%s from %s', action, coalesce(old_value::text, 'nothing')) as found
   from replayed
   where turn = 1 and action <> 'carried' and (action not in ('account.opened', 'limits.changed') or old_value is not null)
      or turn > 1 and (action = 'account.opened' or old_value is distinct from before)
   order by seq, subject_id limit 1)
  union all
  (select 'account_terms', format('%s %s', subject_kind, coalesce(s.account_id::text, subject_id)),
          coalesce(r.new_value::text, 'no such ' || subject_kind), coalesce(s.terms::text, 'none')
   from stated s
   full join (select subject_kind, subject_id, new_value from replayed where latest) r using (subject_kind, subject_id)
   where s.terms is distinct from r.new_value
   order by subject_kind, length(subject_id), subject_id, s.account_id limit 1)
  union all
  (select 'account_terms', format('account %s', account_id & -16), '16 stripes', format('%s stripes', count(*))
   from ledger_account where account_id < 1000000
   group by account_id & -16 having count(*) <> 16
   order by account_id & -16 limit 1)`;

/** The table's constraints and triggers say the same; this also holds where somebody dropped them. */
export const boundsQuery = `
  (select 'account_bounds' as check, account_id::text as subject,
          format('between %s and %s%s', coalesce(floor_minor::text, 'any'), coalesce(ceiling_minor::text, 'any'),
                 case when status = 7 then ', closed at zero' end) as expected,
          format('lowest %s, highest %s', lowest, highest) as found
   from (
     select a.*,
            credits_posted_minor::numeric - debits_posted_minor - debits_pending_minor as lowest,
            credits_posted_minor::numeric - debits_posted_minor + credits_pending_minor as highest
     from ledger_account a
   ) bounded
   where lowest < floor_minor or highest > ceiling_minor or floor_minor > 0 or ceiling_minor < 0
      or status = 7 and (lowest <> 0 or highest <> 0)
      or debits_pending_minor < 0 or credits_pending_minor < 0
      or account_id < 1000000 and (floor_minor is not null or ceiling_minor is not null or limit_profile is not null)
      or limit_profile is null and num_nonnulls(limit_since, limit_day, limit_week, limit_month, limit_year, out_day_minor, out_day_count, out_week_minor, out_week_count, out_month_minor, out_month_count, out_year_minor, out_year_count, in_day_minor, in_day_count, in_week_minor, in_week_count, in_month_minor, in_month_count, in_year_minor, in_year_count) > 0
   order by account_id limit 1)`;

export const accountsQuery = `
  select count(*) as accounts from ledger_account where account_id >= 1000000 or account_id % 16 = 0`;
