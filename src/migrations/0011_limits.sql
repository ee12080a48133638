-- What people have used of their limits, and the rules that the staff have changed.
--
-- A limit is counted in the transaction that moves or holds the money, so that no two payments at once can pass one
-- together. The rows say which day, week, month or year they are about: src/rules works it out in the market's time
-- zone. What goes back (a request refused, expired) gives the amount back and leaves the count.

create table limit_use (
  -- Without a foreign key: it would be looked at with every payment.
  customer_id uuid not null,
  direction text not null check (direction in ('out', 'in')),
  -- What is counted together: all, product_…, channel_….
  scope text not null,
  period text not null check (period in ('day', 'week', 'month', 'year')),
  period_start date not null,
  amount_minor bigint not null,
  count integer not null,
  primary key (customer_id, direction, scope, period, period_start)
) with (fillfactor = 70);

-- One element a side of a payment:
--   {"customer_id", "direction", "kind", "amount_minor", "transfer_min", "transfer_max", "balance_max", "account_ids",
--    "uses": [{"scope", "period", "period_start", "amount_max", "count_max"}]}
-- kind: `use` counts both and checks; `return` gives the amount back; `try` counts once and no amount, and checks nothing.
-- All of a batch are counted first, in one order for everybody, so that no two lanes can hold up each other for good;
-- then what came of it is compared. A batch that is refused together is tried again in halves, down to one alone.
-- `account_ids`: all accounts of the person. Whoever changed one of them in another lane has counted on the same rows:
-- we have waited for them, and see what they left.
create function attach_limit_use(p_rows jsonb) returns void language plpgsql as $$
declare
  v record;
begin
  select r.direction, case when r.amount_minor > r.transfer_max then 'transfer_max' else 'transfer_min' end as name into v
  from jsonb_to_recordset(p_rows) r (
    direction text, kind text, amount_minor bigint, transfer_min bigint, transfer_max bigint)
  where r.kind = 'use' and (r.amount_minor > r.transfer_max or r.amount_minor < r.transfer_min)
  limit 1;
  if found then
    perform limit_refuse(format('limit_%s_%s', v.direction, v.name));
  end if;

  with asked as (
    select r.customer_id, r.direction, l.scope, l.period, l.period_start,
           sum(case r.kind when 'use' then r.amount_minor when 'return' then -r.amount_minor else 0 end)::bigint as amount_minor,
           sum(case r.kind when 'return' then 0 else 1 end)::integer as count,
           min(l.amount_max) filter (where r.kind = 'use') as amount_max,
           min(l.count_max) filter (where r.kind = 'use') as count_max
    from jsonb_to_recordset(p_rows) r (customer_id uuid, direction text, kind text, amount_minor bigint, uses jsonb)
    cross join lateral jsonb_to_recordset(r.uses) l (
      scope text, period text, period_start date, amount_max bigint, count_max integer)
    -- Nothing goes back where nothing was counted: the limit was not there yet.
    where r.kind <> 'return' or exists (
      select from limit_use u
      where u.customer_id = r.customer_id and u.direction = r.direction and u.scope = l.scope and u.period = l.period
        and u.period_start = l.period_start)
    group by r.customer_id, r.direction, l.scope, l.period, l.period_start
  ), counted as (
    insert into limit_use as u (customer_id, direction, scope, period, period_start, amount_minor, count)
    select customer_id, direction, scope, period, period_start, amount_minor, count from asked
    order by customer_id, direction, scope, period, period_start
    on conflict (customer_id, direction, scope, period, period_start)
    do update set amount_minor = greatest(0, u.amount_minor + excluded.amount_minor), count = u.count + excluded.count
    returning u.*
  )
  select c.direction, c.scope, c.period, case when c.count > a.count_max then 'count' else 'amount' end as name into v
  from counted c
  join asked a using (customer_id, direction, scope, period, period_start)
  where c.count > a.count_max or c.amount_minor > a.amount_max
  order by a.amount_max, a.count_max
  limit 1;
  if found then
    perform limit_refuse(
      format('limit_%s_%s_%s', v.direction, v.period, v.name) || case when v.scope <> 'all' then '_' || v.scope else '' end);
  end if;

  if exists (
    select from jsonb_to_recordset(p_rows) r (kind text, balance_max bigint, account_ids bigint[])
    where r.kind = 'use' and r.balance_max < (
      select sum(a.credits_posted_minor + a.credits_pending_minor - a.debits_posted_minor) from ledger_account a
      where a.account_id = any (r.account_ids)))
  then
    perform limit_refuse('limit_in_balance');
  end if;
end
$$;

create function limit_refuse(p_constraint text) returns void language plpgsql as $$
begin
  raise exception 'a limit is reached: %', p_constraint
    using errcode = 'integrity_constraint_violation', constraint = p_constraint;
end
$$;

-- A payment that failed outright has moved nothing, and still was a try.
create function limit_count_tries(p_rows jsonb) returns void language plpgsql security definer as $$
begin
  if exists (select from jsonb_array_elements(p_rows) r where r ->> 'kind' <> 'try') then
    raise exception 'only tries are counted without money' using errcode = 'insufficient_privilege';
  end if;
  perform attach_limit_use(p_rows);
end
$$;

-- Removes what nobody asks about any more. Returns how many rows.
create function limit_forget(p_today date) returns integer language plpgsql security definer as $$
declare
  v_today date := least(p_today, current_date);
  v_deleted integer;
begin
  delete from limit_use
  where period_start < v_today - case period when 'day' then 40 when 'week' then 60 when 'month' then 400 else 800 end;
  get diagnostics v_deleted = row_count;
  return v_deleted;
end
$$;

-- Rules changed by the staff ------------------------------------------------------------------------------------------

-- One proposes, another approves, and then it holds from a day that is still to come. The market's file is what holds
-- where nothing here does.
create table rule_version (
  version integer generated always as identity primary key,
  kind text not null check (kind in ('fees', 'commissions', 'limits', 'tiers', 'conduct')),
  body jsonb not null,
  -- Null until it is approved: as soon as it is.
  effective_from timestamptz,
  reason text not null check (length(reason) between 1 and 500),
  state text not null default 'proposed' check (state in ('proposed', 'approved', 'rejected')),
  made_by text not null check (made_by <> ''),
  made_at timestamptz not null,
  checked_by text check (checked_by <> ''),
  checked_at timestamptz,
  constraint rule_version_two_people check (checked_by <> made_by),
  constraint rule_version_checked check ((state = 'proposed') = (checked_by is null) and (checked_by is null) = (checked_at is null)),
  constraint rule_version_not_backdated check (
    state <> 'approved' or (effective_from is not null and effective_from >= checked_at))
);
create index rule_version_approved on rule_version (kind, effective_from) where state = 'approved';

create function rule_version_guard() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    if new.state <> 'proposed' then
      raise exception 'rules begin as a proposal' using errcode = 'restrict_violation';
    end if;
    return new;
  end if;
  if tg_op <> 'UPDATE' or old.state <> 'proposed'
    or (new.version, new.kind, new.body, new.reason, new.made_by, new.made_at)
       is distinct from (old.version, old.kind, old.body, old.reason, old.made_by, old.made_at)
    or (old.effective_from is not null and new.effective_from is distinct from old.effective_from)
  then
    raise exception 'rules: what was proposed or decided is never changed' using errcode = 'restrict_violation';
  end if;
  return new;
end
$$;
create trigger rule_version_kept before insert or update or delete on rule_version
  for each row execute function rule_version_guard();
create trigger rule_version_all_kept before truncate on rule_version
  for each statement execute function rule_version_guard();

do $$
declare
  v_function regprocedure;
begin
  foreach v_function in array array(
    select oid::regprocedure from pg_proc
    where pronamespace = current_schema()::regnamespace and proname in ('limit_count_tries', 'limit_forget'))
  loop
    execute format('alter function %s set search_path = %I, pg_temp', v_function, current_schema());
    execute format('revoke all on function %s from public', v_function);
    execute format('grant execute on function %s to starhash_app', v_function);
  end loop;
end
$$;
revoke all on function attach_limit_use, limit_refuse, rule_version_guard from public;
grant select on limit_use to starhash_app;
grant select, insert, update (effective_from, state, checked_by, checked_at) on rule_version to starhash_app;
