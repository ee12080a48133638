-- The ledger, second version: the same promises, kept for a whole batch of transfers in one call. What the first one
-- wrote stays under the name ledger_v1_*.
--
--   ledger_account         who holds money: four counters that only grow together, bounds, and what counts to limits
--   ledger_transfer        one row an attempt, the refused ones too: an id means one thing for good
--   ledger_hold            what is reserved and neither posted nor voided
--   ledger_limit_profile   how much and how often, by day, week, month and year
--
-- A transfer is one to eight legs; a leg is one debit and one credit of the same amount, so debits equal credits by
-- construction. Legs are an array of eight numbers each:
--
--   debit account | credit account | minor units | code (+ 256: counts toward limits)
--   | balance of the debited account after it | of the credited one
--   | seq of the debited account's row before this one | of the credited account's
--
-- so a row says all that there is to say, and the last two chain every account's history backwards from
-- ledger_account.last_seq: a statement is a walk along the index on seq, without an index on accounts that every
-- posting would have to find its random place in. A reservation or a release books nothing and is on no such walk.
--
-- House accounts (below 1,000,000) take part in nearly every transfer, so each lane has a row of its own of them:
-- sixteen stripes, number + lane. They have no bounds, and what is pending is not counted on them.
--
-- Locks are taken in one order (lane, holds by id, accounts by id), so batches never wait in a circle.

alter table ledger_account rename to ledger_v1_account;
alter table ledger_transfer rename to ledger_v1_transfer;
alter table ledger_leg rename to ledger_v1_leg;
alter table ledger_entry rename to ledger_v1_entry;
alter index ledger_account_pkey rename to ledger_v1_account_pkey;
alter index ledger_transfer_pkey rename to ledger_v1_transfer_pkey;
alter index ledger_transfer_open rename to ledger_v1_transfer_open;
drop function ledger_open_account, ledger_set_status, ledger_refusal, ledger_plan, ledger_book, ledger_recall,
  ledger_move, ledger_settle;

create table ledger_setting (
  only_row boolean primary key default true check (only_row),
  -- Where midnight ends a day of limits.
  time_zone text not null,
  -- How far a caller's clock may be from the database's; null: any clock is believed (tests).
  clock_tolerance interval,
  -- The high bits of this ledger's account numbers.
  cell smallint not null check (cell between 0 and 32767)
);
insert into ledger_setting (time_zone, clock_tolerance, cell) values ('UTC', interval '1 hour', 0);

-- ISO 4217.
create table ledger_currency (number smallint primary key, code text not null unique check (code ~ '^[A-Z]{3}$'));
insert into ledger_currency (code, number) values
  ('GHS', 936), ('KES', 404), ('RWF', 646), ('TZS', 834), ('UGX', 800), ('USD', 840), ('XAF', 950), ('XOF', 952),
  ('ZMW', 967);

create table ledger_limit_profile (
  limit_profile smallint primary key check (limit_profile > 0),
  out_day_minor bigint check (out_day_minor >= 0), out_day_count integer check (out_day_count >= 0),
  out_week_minor bigint check (out_week_minor >= 0), out_week_count integer check (out_week_count >= 0),
  out_month_minor bigint check (out_month_minor >= 0), out_month_count integer check (out_month_count >= 0),
  out_year_minor bigint check (out_year_minor >= 0), out_year_count integer check (out_year_count >= 0),
  in_day_minor bigint check (in_day_minor >= 0), in_day_count integer check (in_day_count >= 0),
  in_week_minor bigint check (in_week_minor >= 0), in_week_count integer check (in_week_count >= 0),
  in_month_minor bigint check (in_month_minor >= 0), in_month_count integer check (in_month_count >= 0),
  in_year_minor bigint check (in_year_minor >= 0), in_year_count integer check (in_year_count >= 0)
);

create type ledger_account_kind as enum
  ('customer', 'agent', 'merchant', 'commission', 'fee_income', 'commission_expense', 'trust', 'transit');
create sequence ledger_account_number minvalue 1000001 maxvalue 281474976710655; -- 48 bits; above them the cell

-- Without foreign keys: they would be looked at with every posting. ledger_account_terms below looks when it matters.
create table ledger_account (
  account_id bigint primary key,
  debits_posted_minor bigint not null default 0,
  credits_posted_minor bigint not null default 0,
  debits_pending_minor bigint not null default 0,
  credits_pending_minor bigint not null default 0,
  -- Zero lies between the bounds, because every account begins at zero.
  floor_minor bigint,
  ceiling_minor bigint,
  -- The row that booked on it last.
  last_seq bigint not null default 0,
  kind ledger_account_kind not null,
  currency smallint not null,
  -- 0 open; 1 takes no debit, 2 no credit, 3 neither; 7 closed, for good.
  status smallint not null default 0,
  limit_profile smallint,
  -- Which day, week, month and year the counters below are about; null until something counted.
  limit_day integer, limit_week integer, limit_month integer, limit_year integer,
  out_day_minor bigint, out_week_minor bigint, out_month_minor bigint, out_year_minor bigint,
  in_day_minor bigint, in_week_minor bigint, in_month_minor bigint, in_year_minor bigint,
  out_day_count integer, out_week_count integer, out_month_count integer, out_year_count integer,
  in_day_count integer, in_week_count integer, in_month_count integer, in_year_count integer,
  -- Reservations up to this seq were made before the account had a profile and have not counted; null: none.
  limit_since bigint,
  -- What is pending out counts as gone and what is pending in counts as not yet there: whichever way the open
  -- transfers end, the balance stays above the floor. The ceiling looks at the other side in the same way.
  constraint ledger_account_floor
    check (credits_posted_minor - debits_posted_minor - debits_pending_minor >= floor_minor),
  constraint ledger_account_ceiling
    check (credits_posted_minor + credits_pending_minor - debits_posted_minor <= ceiling_minor),
  -- Less than half of what a bigint holds, so that no sum of two counters can overflow.
  constraint ledger_account_range check (
    debits_pending_minor >= 0 and credits_pending_minor >= 0
    and debits_posted_minor <= 4000000000000000000 and credits_posted_minor <= 4000000000000000000
  )
) with (fillfactor = 50); -- room on the page, so that a new counter touches no index

-- The lowest UUIDv7 of a moment.
create function transfer_id_floor(p_at timestamptz) returns uuid language sql immutable parallel safe
return (lpad(to_hex((extract(epoch from p_at) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid;

create table ledger_transfer (
  transfer_id uuid primary key,
  -- When and in which lane it was booked: see 0006_audit.sql.
  seq bigint not null,
  -- 1 transfer, 2 reserve, 3 post, 4 void
  kind smallint not null,
  -- 0 accepted, else the code of the refusal.
  result smallint not null,
  refused_account_id bigint,
  pending_id uuid,
  expires_at timestamptz,
  legs bigint[] not null,
  -- sha256( record_send( row( all columns before this one ) ) )
  digest bytea not null
) partition by range (transfer_id);
create index ledger_transfer_seq on ledger_transfer (seq);
create index ledger_transfer_resolves on ledger_transfer (pending_id) where pending_id is not null;

create table ledger_hold (
  transfer_id uuid primary key,
  expires_at timestamptz not null,
  seq bigint not null,
  -- As in ledger_transfer.
  legs bigint[] not null
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);
create index ledger_hold_expiry on ledger_hold (expires_at, transfer_id);

-- Append-only. The conditions stand in the triggers' WHEN, so that an honest write pays next to nothing for them.

create trigger ledger_transfer_append_only before update or delete on ledger_transfer
  for each row execute function ledger_refuse_change('transfers are append-only');
create trigger ledger_transfer_kept before truncate on ledger_transfer
  for each statement execute function ledger_refuse_change('transfers are append-only');
create trigger ledger_account_kept before delete or truncate on ledger_account
  for each statement execute function ledger_refuse_change('accounts are kept');
create trigger ledger_hold_fixed before update on ledger_hold
  for each row execute function ledger_refuse_change('a reservation is posted or voided, never changed');
create trigger ledger_account_born before insert on ledger_account
  for each row when (
    new.status <> 0 or new.last_seq <> 0 or new.limit_day is not null
    or new.debits_posted_minor <> 0 or new.credits_posted_minor <> 0
    or new.debits_pending_minor <> 0 or new.credits_pending_minor <> 0
  )
  execute function ledger_refuse_change('an account begins open and empty');
-- What hardly ever changes is checked when it does, and costs the postings nothing.
create function ledger_check_terms() returns trigger language plpgsql as $$
begin
  if new.account_id <= 0 or new.status not in (0, 1, 2, 3, 7)
    or new.floor_minor not between -1000000000000000000 and 0
    or new.ceiling_minor not between 0 and 1000000000000000000
    or new.account_id < 1000000
       and (new.floor_minor is not null or new.ceiling_minor is not null or new.limit_profile is not null)
    or new.limit_profile is not null
       and not exists (select from ledger_limit_profile p where p.limit_profile = new.limit_profile)
    or not exists (select from ledger_currency where number = new.currency)
    or new.status = 7 and (
      new.credits_posted_minor <> new.debits_posted_minor
      or new.debits_pending_minor <> 0 or new.credits_pending_minor <> 0)
  then
    raise exception 'ledger: account % cannot have these terms', new.account_id
      using errcode = 'check_violation', constraint = 'ledger_account_terms';
  end if;
  return new;
end
$$;
create trigger ledger_account_terms
  before insert or update of floor_minor, ceiling_minor, status, limit_profile on ledger_account
  for each row execute function ledger_check_terms();
create trigger ledger_account_identity before update of account_id, kind, currency on ledger_account
  for each row execute function ledger_refuse_change('what an account is never changes');
create trigger ledger_account_limits_grow
  before update of limit_day, limit_week, limit_month, limit_year on ledger_account
  for each row when (
    new.limit_day < old.limit_day or new.limit_week < old.limit_week
    or new.limit_month < old.limit_month or new.limit_year < old.limit_year
  )
  execute function ledger_refuse_change('no day begins again');
create trigger ledger_account_counters_grow before update on ledger_account
  for each row when (
    new.debits_posted_minor < old.debits_posted_minor
    or new.credits_posted_minor < old.credits_posted_minor
    or new.last_seq < old.last_seq
    or old.status = 7
  )
  execute function ledger_refuse_change('posted counters only grow, and closed is for good');

-- The numbers of the day, week (from Monday), month and year of a moment in the market's time zone.
create function ledger_periods(
  p_at timestamptz, p_time_zone text, out day integer, out week integer, out month integer, out year integer
) language plpgsql stable as $$
declare
  v_date date := (p_at at time zone p_time_zone)::date;
begin
  day := v_date - date '1970-01-01';
  week := (day + 3) / 7;
  year := extract(year from v_date);
  month := year * 12 + extract(month from v_date) - 1;
end
$$;

-- Accounts -----------------------------------------------------------------------------------------------------------

create function ledger_actor_event(
  p_action text, p_actor jsonb, p_account_id bigint, p_now_micros bigint, p_old jsonb, p_new jsonb
) returns void language sql as $$
  select audit_record(p_now_micros, jsonb_build_array(jsonb_build_object(
    'at', p_now_micros, 'action', p_action, 'actorKind', p_actor ->> 'kind', 'actorId', p_actor ->> 'id',
    'subjectKind', 'account', 'subjectId', p_account_id::text, 'old', p_old, 'new', p_new)))
$$;

-- What the forensic log says of an account; `npm run ledger:verify` holds the row against it.
create function ledger_terms(p_account ledger_account) returns jsonb language sql stable
return jsonb_build_object(
  'kind', p_account.kind, 'currency', p_account.currency, 'status', p_account.status,
  'floor', p_account.floor_minor::text, 'ceiling', p_account.ceiling_minor::text,
  'limitProfile', p_account.limit_profile)
  || case when p_account.limit_since is null then '{}' else jsonb_build_object('limitSince', p_account.limit_since::text) end;

-- Opens an account; true when it is there now with exactly this content, whoever opened it.
create function ledger_open_account(
  p_account_id bigint, p_kind text, p_currency text, p_floor_minor bigint, p_ceiling_minor bigint,
  p_limit_profile smallint, p_actor jsonb, p_now_micros bigint
) returns boolean language plpgsql security definer as $$
declare
  v_currency smallint := (select number from ledger_currency where code = p_currency);
  v_account ledger_account;
begin
  if p_account_id < 1000000 and p_account_id % 16 <> 0 then
    raise exception 'a house account is a multiple of 16' using errcode = 'invalid_parameter_value';
  end if;
  insert into ledger_account (account_id, kind, currency, floor_minor, ceiling_minor, limit_profile)
  select p_account_id + stripe, p_kind::ledger_account_kind, v_currency, p_floor_minor, p_ceiling_minor, p_limit_profile
  from generate_series(0, case when p_account_id < 1000000 then 15 else 0 end) stripe
  on conflict (account_id) do nothing;
  if found then
    select * into v_account from ledger_account where account_id = p_account_id;
    perform ledger_actor_event('account.opened', p_actor, p_account_id, p_now_micros, null, ledger_terms(v_account));
  end if;
  return (
    select (a.kind::text, a.currency, a.floor_minor, a.ceiling_minor, a.limit_profile)
           is not distinct from (p_kind, v_currency, p_floor_minor, p_ceiling_minor, p_limit_profile)
    from ledger_account a where a.account_id = p_account_id
  );
end
$$;

-- Freezes, reopens or closes an account; null, or the code of the refusal.
create function ledger_set_status(p_account_id bigint, p_status smallint, p_actor jsonb, p_now_micros bigint)
returns text language plpgsql security definer as $$
declare
  v_last constant bigint := p_account_id + case when p_account_id < 1000000 then 15 else 0 end;
  v_before ledger_account;
  v_after ledger_account;
begin
  perform from ledger_account where account_id between p_account_id and v_last order by account_id for no key update;
  select * into v_before from ledger_account where account_id = p_account_id;
  if not found or p_account_id < 1000000 and p_account_id % 16 <> 0 then -- a stripe is no account
    return 'account_unknown';
  elsif v_before.status = p_status then
    return null;
  elsif v_before.status = 7 then
    return 'account_closed';
  elsif p_status = 7 and exists (
    select from ledger_account
    where account_id between p_account_id and v_last
      and (credits_posted_minor <> debits_posted_minor or debits_pending_minor <> 0 or credits_pending_minor <> 0)
  ) then
    return 'account_not_empty';
  end if;
  update ledger_account set status = p_status where account_id between p_account_id and v_last;
  select * into v_after from ledger_account where account_id = p_account_id;
  perform ledger_actor_event('account.status_changed', p_actor, p_account_id, p_now_micros,
                             ledger_terms(v_before), ledger_terms(v_after));
  return null;
end
$$;

-- Changes the bounds and the limit profile; null, or the code of the refusal.
create function ledger_set_bounds(
  p_account_id bigint, p_floor_minor bigint, p_ceiling_minor bigint, p_limit_profile smallint,
  p_actor jsonb, p_now_micros bigint
) returns text language plpgsql security definer as $$
declare
  v_before ledger_account;
  v_after ledger_account;
begin
  select * into v_before from ledger_account where account_id = p_account_id for no key update;
  if not found then
    return 'account_unknown';
  elsif v_before.status = 7 then
    return 'account_closed';
  end if;
  update ledger_account
  set floor_minor = p_floor_minor, ceiling_minor = p_ceiling_minor, limit_profile = p_limit_profile,
      limit_since = case when p_limit_profile is null then null
                         when v_before.limit_profile is not null then limit_since
                         else (select max(seq) from ledger_hold where p_account_id = any (legs)) end
  where account_id = p_account_id
  returning * into v_after;
  if p_limit_profile is null then -- nothing counts any more; with a new profile it begins at zero
    update ledger_account
    set (
       limit_day, limit_week, limit_month, limit_year, out_day_minor, out_day_count, out_week_minor,
       out_week_count, out_month_minor, out_month_count, out_year_minor, out_year_count, in_day_minor,
       in_day_count, in_week_minor, in_week_count, in_month_minor, in_month_count, in_year_minor,
       in_year_count) = row(
       null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null)
    where account_id = p_account_id and limit_day is not null;
  end if;
  perform ledger_actor_event('account.bounds_changed', p_actor, p_account_id, p_now_micros,
                             ledger_terms(v_before), ledger_terms(v_after));
  return null;
exception when check_violation then
  return 'bounds_exceeded';
end
$$;

-- Makes or replaces a limit profile; p_limits has the names of the columns.
create function ledger_set_limits(p_limit_profile smallint, p_limits jsonb, p_actor jsonb, p_now_micros bigint)
returns void language plpgsql security definer as $$
declare
  v_before jsonb := (select to_jsonb(p) from ledger_limit_profile p where limit_profile = p_limit_profile);
  v_row ledger_limit_profile := jsonb_populate_record(
    null::ledger_limit_profile, p_limits || jsonb_build_object('limit_profile', p_limit_profile));
begin
  if v_before is null then
    insert into ledger_limit_profile values (v_row.*);
  else
    update ledger_limit_profile set
      (out_day_minor, out_day_count, out_week_minor, out_week_count, out_month_minor, out_month_count,
       out_year_minor, out_year_count, in_day_minor, in_day_count, in_week_minor, in_week_count,
       in_month_minor, in_month_count, in_year_minor, in_year_count) =
      (v_row.out_day_minor, v_row.out_day_count, v_row.out_week_minor, v_row.out_week_count, v_row.out_month_minor,
       v_row.out_month_count, v_row.out_year_minor, v_row.out_year_count, v_row.in_day_minor, v_row.in_day_count,
       v_row.in_week_minor, v_row.in_week_count, v_row.in_month_minor, v_row.in_month_count, v_row.in_year_minor,
       v_row.in_year_count)
    where limit_profile = p_limit_profile;
  end if;
  perform audit_record(p_now_micros, jsonb_build_array(jsonb_build_object(
    'at', p_now_micros, 'action', 'limits.changed', 'actorKind', p_actor ->> 'kind', 'actorId', p_actor ->> 'id',
    'subjectKind', 'limit_profile', 'subjectId', p_limit_profile::text, 'old', v_before, 'new', to_jsonb(v_row))));
end
$$;

-- Says where midnight is. Counters that are under way go on with the day that they have.
create function ledger_set_time_zone(p_time_zone text, p_actor jsonb, p_now_micros bigint)
returns void language plpgsql security definer as $$
declare
  v_before text;
begin
  perform now() at time zone p_time_zone; -- raises on a name that is none
  select time_zone into strict v_before from ledger_setting for no key update;
  if v_before = p_time_zone then
    return;
  end if;
  update ledger_setting set time_zone = p_time_zone;
  perform audit_record(p_now_micros, jsonb_build_array(jsonb_build_object(
    'at', p_now_micros, 'action', 'ledger.time_zone_changed', 'actorKind', p_actor ->> 'kind', 'actorId', p_actor ->> 'id',
    'subjectKind', 'ledger', 'subjectId', 'time_zone', 'old', v_before, 'new', p_time_zone)));
end
$$;

-- Partitions of the month before, this month and three ahead.
create function ledger_prepare(p_now timestamptz) returns setof text language plpgsql security definer as $$
begin
  -- One at a time: two processes that start together would make the same table.
  perform pg_advisory_xact_lock(7229385);
  return query select make_month_partitions('ledger_transfer', 'transfer_id_floor', p_now - interval '1 month', 5);
  return query select make_month_partitions('audit_link', 'seq_of', p_now - interval '1 month', 5);
  return query select make_month_partitions('audit_event', 'seq_of', p_now - interval '1 month', 5);
end
$$;

-- Postings -----------------------------------------------------------------------------------------------------------

-- Carries out a batch: for each transfer its result: 0 accepted, 1 to 99 refused for good (src/ledger/errors.ts),
-- 100 the id was there before, 102 the legs are not those of the reservation. Believes nothing that it is told.
--
--   p_lane        1 to 15
--   p_now         the caller's clock, in microseconds since 1970
--   p_ids, p_kinds, p_leg_counts   a transfer each; p_pending and p_expires (microseconds) too, or null when there are none
--   p_accounts    all accounts of the batch, ascending, house accounts by this lane's stripe
--   p_debits, p_credits, p_amounts, p_codes   a leg each, transfer by transfer; accounts by their place in p_accounts
--   p_attached    {"writer": [{"$": place of its transfer, …}]}, or null
--   p_known       whether to look for ids that were there before; without it one of them fails the batch (23505)
create function ledger_post(
  p_lane smallint, p_now bigint, p_ids uuid[], p_kinds smallint[], p_leg_counts integer[],
  p_pending uuid[], p_expires bigint[], p_accounts bigint[], p_debits integer[], p_credits integer[],
  p_amounts bigint[], p_codes smallint[], p_attached jsonb, p_known boolean,
  out results smallint[], out refused bigint[], out base bigint
) language plpgsql security definer as $$
<<batch>>
declare
  c_huge constant bigint := 4000000000000000000;
  c_end constant bigint := 9000000000000000; -- a time in the year 2255: see time_of
  v_count constant integer := cardinality(p_ids);
  v_leg_count constant integer := cardinality(p_amounts);
  -- How an array must look: numbered from 1, in one dimension.
  v_shape constant text := '[1:' || v_count || ']';
  v_leg_shape constant text := case when v_leg_count > 0 then '[1:' || v_leg_count || ']' end;
  v_setting ledger_setting;
  v_chain audit_chain;
  v_latest bigint;
  v_held_latest bigint;
  v_strange boolean;
  v_found bigint[];
  v_places tid[];
  -- By the place of an account: what it takes (bits: 1 no debit, 2 no credit, 4 closed, 8 house, 16 unknown), its
  -- currency, what can still be debited and credited, its balance, its last row; then what the batch adds.
  v_status integer[];
  v_currency smallint[];
  v_available bigint[];
  v_room bigint[];
  v_balance bigint[];
  v_seq bigint[];
  v_debits bigint[];
  v_credits bigint[];
  v_debits_held bigint[];
  v_credits_held bigint[];
  -- The same for limits, where an account of the batch has any.
  v_limited boolean := false;
  v_out_left bigint[];
  v_out_times bigint[];
  v_in_left bigint[];
  v_in_times bigint[];
  v_out bigint[];
  v_out_n integer[];
  v_in bigint[];
  v_in_n integer[];
  v_period record;
  v_day date;
  -- By the place of a transfer: its legs' first place, and where its hold is.
  v_first integer[];
  v_hold_at integer[];
  v_holds_place integer[];
  v_holds_expiry timestamptz[];
  v_holds_legs bigint[];
  v_holds_first integer[];
  v_holds_count integer[];
  v_holds_seq bigint[];
  v_legs bigint[];
  v_digests bytea;
  v_rows integer := 0;
  v_accepted integer := 0;
  v_resolved integer := 0;
  v_posts bigint;
  v_reserves boolean := false;
  v_give_back boolean := false;
  v_events jsonb;
  v_writer record;
  v_now timestamptz;
  v_oldest uuid;
  v_newest uuid;
  t integer; j integer; k integer; lo integer; hi integer; o integer; h integer; at integer := 1;
  d integer; c integer; a bigint; x bigint; why smallint; who bigint; s bigint;
begin
  if (p_lane between 1 and 15 and p_now between 0 and c_end and v_count between 1 and 4096) is not true
    or array_dims(p_ids) is distinct from v_shape or array_dims(p_kinds) is distinct from v_shape
    or array_dims(p_leg_counts) is distinct from v_shape
    or p_pending is not null and array_dims(p_pending) is distinct from v_shape
    or p_expires is not null and array_dims(p_expires) is distinct from v_shape
    or array_dims(p_debits) is distinct from v_leg_shape or array_dims(p_credits) is distinct from v_leg_shape
    or array_dims(p_amounts) is distinct from v_leg_shape or array_dims(p_codes) is distinct from v_leg_shape
    or array_ndims(p_accounts) <> 1 or array_lower(p_accounts, 1) <> 1 or (1 <= all (p_accounts)) is not true
    or c_end < any (p_expires)
    or (1 <= all (p_debits) and cardinality(p_accounts) >= all (p_debits)
        and 1 <= all (p_credits) and cardinality(p_accounts) >= all (p_credits)
        and 0 <= all (p_amounts) and 1000000000000000 >= all (p_amounts)
        and p_codes <@ array[1, 257, 2, 258, 3, 259, 4, 260, 5, 261]::smallint[]) is not true
  then
    raise exception 'ledger_post: the arrays do not fit' using errcode = 'invalid_parameter_value';
  end if;

  select c.chain, c.number, c.last_seq, c.hash, s.time_zone, s.clock_tolerance
    into strict v_chain.chain, v_chain.number, v_chain.last_seq, v_chain.hash, v_setting.time_zone, v_setting.clock_tolerance
  from audit_chain c, ledger_setting s where c.chain = p_lane for no key update of c;
  v_now := time_of(p_now << 4);
  if v_now not between clock_timestamp() - v_setting.clock_tolerance and clock_timestamp() + v_setting.clock_tolerance
  then
    raise exception 'ledger_post: the caller''s clock is % and the database''s is %', v_now, clock_timestamp()
      using errcode = 'SHCLK';
  end if;
  results := array_fill(0::smallint, array[v_count]);
  v_first := array_fill(0, array[v_count]);

  if p_known then
    for t in
      select u.place from unnest(p_ids) with ordinality u (id, place) join ledger_transfer l on l.transfer_id = u.id
    loop
      results[t] := 100;
    end loop;
  end if;

  if p_pending is not null then
    with held as materialized (
      select u.place, hold.*
      from unnest(p_pending) with ordinality u (id, place) join ledger_hold hold on hold.transfer_id = u.id
      order by hold.transfer_id for update of hold
    )
    select (select array_agg(place::integer) from held), (select array_agg(expires_at) from held),
           (select array_agg(seq) from held), (select array_agg(cardinality(legs)) from held),
           (select array_agg(number) from (select unnest(legs) as number from held) n), (select max(seq) from held)
      into v_holds_place, v_holds_expiry, v_holds_seq, v_holds_count, v_holds_legs, v_held_latest;
    v_hold_at := v_first;
    v_holds_first := v_holds_count;
    o := 0;
    for h in 1 .. coalesce(cardinality(v_holds_place), 0) loop
      v_hold_at[v_holds_place[h]] := h;
      v_holds_first[h] := o;
      o := o + v_holds_count[h];
    end loop;
  end if;

  -- With `order by`, so that rows are locked by ascending id.
  select array_agg(account_id), array_agg(place), array_agg(status | case when account_id < 1000000 then 8 else 0 end),
         array_agg(currency),
         array_agg(coalesce(credits_posted_minor - debits_posted_minor - debits_pending_minor - floor_minor, c_huge)),
         array_agg(coalesce(ceiling_minor - credits_posted_minor - credits_pending_minor + debits_posted_minor, c_huge)),
         array_agg(credits_posted_minor - debits_posted_minor), array_agg(last_seq), max(last_seq),
         coalesce(bool_or(limit_profile is not null), false), bool_or(account_id < 1000000 and account_id & 15 <> p_lane)
    into v_found, v_places, v_status, v_currency, v_available, v_room, v_balance, v_seq, v_latest, v_limited, v_strange
  from (
    select account.ctid as place, account.* from ledger_account account where account_id = any (p_accounts)
    order by account_id for no key update
  ) locked;
  if v_found is distinct from p_accounts then -- some are unknown: the others' places must fit all the same
    select array_agg(coalesce(p.status, 16) order by id), array_agg(coalesce(p.currency, 0::smallint) order by id),
           array_agg(coalesce(p.available, 0) order by id), array_agg(coalesce(p.room, 0) order by id),
           array_agg(coalesce(p.balance, 0) order by id), array_agg(coalesce(p.seq, 0) order by id),
           array_agg(p.place order by id)
      into v_status, v_currency, v_available, v_room, v_balance, v_seq, v_places
    from (select distinct unnest(p_accounts) as id) asked
    left join unnest(v_found, v_status, v_currency, v_available, v_room, v_balance, v_seq, v_places)
      p (id, status, currency, available, room, balance, seq, place) using (id);
    if p_accounts is distinct from array(select distinct id from unnest(p_accounts) u (id) order by id) then
      raise exception 'ledger_post: accounts must ascend' using errcode = 'invalid_parameter_value';
    end if;
  end if;
  if v_strange then
    raise exception 'ledger_post: a stripe of another lane' using errcode = 'invalid_parameter_value';
  end if;
  -- Later than this lane's last row, than the last one of every account here and than what is resolved: on each account,
  -- the order of numbers is the order of commits, whatever the clocks did.
  base := greatest(p_now, (v_chain.last_seq >> 4) + 1, (v_latest >> 4) + 1, (v_held_latest >> 4) + 1);
  if v_limited then
    -- A row counts in the day of its number: a batch does not reach over midnight, and none is numbered in a day before
    -- the one that an account's counters are about.
    select greatest(base, micros_of((date '1970-01-01' + max(limit_day))::timestamp at time zone v_setting.time_zone))
      into base
    from ledger_account where account_id = any (p_accounts) and limit_profile is not null;
    v_day := (time_of((base + v_count) << 4) at time zone v_setting.time_zone)::date;
    if (time_of(base << 4) at time zone v_setting.time_zone)::date < v_day then
      base := micros_of(v_day::timestamp at time zone v_setting.time_zone);
    end if;
    select * into v_period from ledger_periods(time_of(base << 4), v_setting.time_zone);
    select array_agg(coalesce(least(
             p.out_day_minor - case when l.limit_day >= v_period.day then l.out_day_minor else 0 end,
             p.out_week_minor - case when l.limit_week >= v_period.week then l.out_week_minor else 0 end,
             p.out_month_minor - case when l.limit_month >= v_period.month then l.out_month_minor else 0 end,
             p.out_year_minor - case when l.limit_year >= v_period.year then l.out_year_minor else 0 end), c_huge) order by u.place),
           array_agg(coalesce(least(
             p.out_day_count - case when l.limit_day >= v_period.day then l.out_day_count else 0 end,
             p.out_week_count - case when l.limit_week >= v_period.week then l.out_week_count else 0 end,
             p.out_month_count - case when l.limit_month >= v_period.month then l.out_month_count else 0 end,
             p.out_year_count - case when l.limit_year >= v_period.year then l.out_year_count else 0 end), c_huge) order by u.place),
           array_agg(coalesce(least(
             p.in_day_minor - case when l.limit_day >= v_period.day then l.in_day_minor else 0 end,
             p.in_week_minor - case when l.limit_week >= v_period.week then l.in_week_minor else 0 end,
             p.in_month_minor - case when l.limit_month >= v_period.month then l.in_month_minor else 0 end,
             p.in_year_minor - case when l.limit_year >= v_period.year then l.in_year_minor else 0 end), c_huge) order by u.place),
           array_agg(coalesce(least(
             p.in_day_count - case when l.limit_day >= v_period.day then l.in_day_count else 0 end,
             p.in_week_count - case when l.limit_week >= v_period.week then l.in_week_count else 0 end,
             p.in_month_count - case when l.limit_month >= v_period.month then l.in_month_count else 0 end,
             p.in_year_count - case when l.limit_year >= v_period.year then l.in_year_count else 0 end), c_huge) order by u.place)
      into v_out_left, v_out_times, v_in_left, v_in_times
    from unnest(p_accounts) with ordinality u (id, place)
    left join ledger_account l on l.account_id = u.id
    left join ledger_limit_profile p on p.limit_profile = l.limit_profile;
    v_out := array_fill(0::bigint, array[cardinality(p_accounts)]);
    v_in := v_out;
    v_out_n := array_fill(0, array[cardinality(p_accounts)]);
    v_in_n := v_out_n;
  end if;

  v_oldest := transfer_id_floor(time_of(base << 4) - interval '36 hours');
  v_newest := transfer_id_floor(time_of(base << 4) + interval '2 hours');
  v_debits := array_fill(0::bigint, array[coalesce(cardinality(p_accounts), 0)]);
  v_credits := v_debits;
  v_debits_held := v_debits;
  v_credits_held := v_debits;
  v_legs := array_fill(0::bigint, array[v_leg_count * 8]);

  for t in 1 .. v_count loop
    k := p_kinds[t];
    why := results[t];
    who := null;
    v_posts := 0;
    s := (base + t - 1) << 4 | p_lane;
    lo := at;
    hi := at + p_leg_counts[t] - 1;
    at := hi + 1;
    v_first[t] := lo;
    if hi - lo > 7 or hi < lo - 1 or hi > v_leg_count or (k between 1 and 4) is not true or k <= 2 and hi < lo
      or (k >= 3) <> (p_pending[t] is not null) or k = 2 and p_expires[t] is null
    then
      raise exception 'ledger_post: transfer % has no proper legs', t using errcode = 'invalid_parameter_value';
    end if;
    -- A statement looks for a row by its number and, with this distance, in the months of its id (src/ledger/history.ts).
    if why = 0 and k <> 2 and (p_ids[t] < v_oldest or p_ids[t] >= v_newest) then
      raise exception 'ledger_post: the id of transfer % is of another time', t using errcode = 'invalid_parameter_value';
    end if;
    h := case when k >= 3 then v_hold_at[t] else 0 end;
    if why = 0 and k >= 3 then
      if h = 0 then
        why := 9;
      elsif k = 3 and v_holds_expiry[h] <= v_now then
        why := 8;
      elsif v_holds_count[h] <> (hi - lo + 1) * 8 then
        why := 102;
      end if;
    elsif why = 0 and k = 2 and p_expires[t] <= p_now then
      why := 8;
    end if;

    for j in lo .. hi loop
      d := p_debits[j];
      c := p_credits[j];
      a := p_amounts[j];
      o := (j - 1) * 8;
      if d = c or a = 0 and k <> 3 then
        raise exception 'ledger_post: leg % is malformed', j using errcode = 'invalid_parameter_value';
      end if;
      v_legs[o + 1] := p_accounts[d];
      v_legs[o + 2] := p_accounts[c];
      v_legs[o + 3] := a;
      v_legs[o + 4] := p_codes[j];
      continue when why <> 0;
      if k <= 2 then
        if v_status[d] & 17 = 0 and v_status[c] & 18 = 0 and v_currency[d] = v_currency[c]
          and v_available[d] >= a and v_room[c] >= a
          and (not v_limited or p_codes[j] & 256 = 0 or (
            v_out_left[d] >= a and v_out_times[d] >= 1 and v_in_left[c] >= a and v_in_times[c] >= 1))
        then
          v_available[d] := v_available[d] - a;
          v_room[c] := v_room[c] - a;
          if k = 1 then
            v_available[c] := v_available[c] + a;
            v_room[d] := v_room[d] + a;
            v_debits[d] := v_debits[d] + a;
            v_credits[c] := v_credits[c] + a;
            v_balance[d] := v_balance[d] - a;
            v_balance[c] := v_balance[c] + a;
            v_legs[o + 7] := v_seq[d];
            v_legs[o + 8] := v_seq[c];
            v_seq[d] := s;
            v_seq[c] := s;
          else
            if v_status[d] < 8 then v_debits_held[d] := v_debits_held[d] + a; end if;
            if v_status[c] < 8 then v_credits_held[c] := v_credits_held[c] + a; end if;
          end if;
          v_legs[o + 5] := v_balance[d];
          v_legs[o + 6] := v_balance[c];
          if v_limited and p_codes[j] & 256 <> 0 then
            v_out_left[d] := v_out_left[d] - a;
            v_out_times[d] := v_out_times[d] - 1;
            v_in_left[c] := v_in_left[c] - a;
            v_in_times[c] := v_in_times[c] - 1;
            v_out[d] := v_out[d] + a;
            v_out_n[d] := v_out_n[d] + 1;
            v_in[c] := v_in[c] + a;
            v_in_n[c] := v_in_n[c] + 1;
          end if;
        else
          who := p_accounts[d];
          if v_status[d] & 16 <> 0 then why := 3;
          elsif v_status[c] & 16 <> 0 then why := 3; who := p_accounts[c];
          elsif v_status[d] & 1 <> 0 then why := case when v_status[d] & 4 <> 0 then 4 else 5 end;
          elsif v_status[c] & 2 <> 0 then why := case when v_status[c] & 4 <> 0 then 4 else 5 end; who := p_accounts[c];
          elsif v_currency[d] <> v_currency[c] then why := 6; who := p_accounts[c];
          elsif v_available[d] < a then why := 1;
          elsif v_room[c] < a then why := 2; who := p_accounts[c];
          else
            why := 7;
            if v_out_left[d] >= a and v_out_times[d] >= 1 then who := p_accounts[c]; end if;
          end if;
          -- Nothing of it happened: take back what its earlier legs did.
          for i in reverse j - 1 .. lo loop
            d := p_debits[i];
            c := p_credits[i];
            x := p_amounts[i];
            o := (i - 1) * 8;
            v_available[d] := v_available[d] + x;
            v_room[c] := v_room[c] + x;
            if k = 1 then
              v_available[c] := v_available[c] - x;
              v_room[d] := v_room[d] - x;
              v_debits[d] := v_debits[d] - x;
              v_credits[c] := v_credits[c] - x;
              v_balance[d] := v_balance[d] + x;
              v_balance[c] := v_balance[c] - x;
              v_seq[c] := v_legs[o + 8];
              v_seq[d] := v_legs[o + 7];
            else
              if v_status[d] < 8 then v_debits_held[d] := v_debits_held[d] - x; end if;
              if v_status[c] < 8 then v_credits_held[c] := v_credits_held[c] - x; end if;
            end if;
            if v_limited and p_codes[i] & 256 <> 0 then
              v_out_left[d] := v_out_left[d] + x;
              v_out_times[d] := v_out_times[d] + 1;
              v_in_left[c] := v_in_left[c] + x;
              v_in_times[c] := v_in_times[c] + 1;
              v_out[d] := v_out[d] - x;
              v_out_n[d] := v_out_n[d] - 1;
              v_in[c] := v_in[c] - x;
              v_in_n[c] := v_in_n[c] - 1;
            end if;
            v_legs[o + 5] := 0; v_legs[o + 6] := 0; v_legs[o + 7] := 0; v_legs[o + 8] := 0;
          end loop;
        end if;
      else
        -- Held against the hold before anything is applied.
        o := v_holds_first[h] + (j - lo) * 8;
        x := v_holds_legs[o + 3];
        -- House accounts may have been reserved by another lane.
        if ((p_accounts[d] = v_holds_legs[o + 1] or v_status[d] >= 8 and (p_accounts[d] # v_holds_legs[o + 1]) < 16)
            and (p_accounts[c] = v_holds_legs[o + 2] or v_status[c] >= 8 and (p_accounts[c] # v_holds_legs[o + 2]) < 16)
            and p_codes[j] = v_holds_legs[o + 4] and a >= 0 and (k = 3 or a = x)) is not true
        then
          why := 102;
        elsif a > x then
          why := 11;
        end if;
        v_posts := v_posts + a;
      end if;
    end loop;

    if why = 0 and k >= 3 then
      if v_posts = 0 then
        raise exception 'ledger_post: transfer % posts nothing', t using errcode = 'invalid_parameter_value';
      end if;
      for j in lo .. hi loop
        d := p_debits[j];
        c := p_credits[j];
        a := case when k = 3 then p_amounts[j] else 0 end;
        x := v_holds_legs[v_holds_first[h] + (j - lo) * 8 + 3];
        o := (j - 1) * 8;
        if v_status[d] < 8 then v_debits_held[d] := v_debits_held[d] - x; end if;
        if v_status[c] < 8 then v_credits_held[c] := v_credits_held[c] - x; end if;
        v_available[d] := v_available[d] + x - a;
        v_room[c] := v_room[c] + x - a;
        if a > 0 then
          v_available[c] := v_available[c] + a;
          v_room[d] := v_room[d] + a;
          v_debits[d] := v_debits[d] + a;
          v_credits[c] := v_credits[c] + a;
          v_balance[d] := v_balance[d] - a;
          v_balance[c] := v_balance[c] + a;
          v_legs[o + 7] := v_seq[d];
          v_legs[o + 8] := v_seq[c];
          v_seq[d] := s;
          v_seq[c] := s;
        end if;
        v_legs[o + 5] := v_balance[d];
        v_legs[o + 6] := v_balance[c];
        v_give_back := v_give_back or x > a and v_limited and p_codes[j] & 256 <> 0;
      end loop;
      v_resolved := v_resolved + 1;
    end if;
    if why = 9 then
      if exists (select from ledger_transfer where transfer_id = p_pending[t] and kind = 2 and result = 0) then
        why := 10;
      end if;
    end if;
    if why <> results[t] then
      results[t] := why;
      if who is not null then
        refused := coalesce(refused, array_fill(null::bigint, array[v_count]));
        refused[t] := who;
      end if;
    end if;
    if why = 0 then
      v_accepted := v_accepted + 1;
      v_reserves := v_reserves or k = 2;
    end if;
  end loop;
  if at <> v_leg_count + 1 then
    raise exception 'ledger_post: there are legs of no transfer' using errcode = 'invalid_parameter_value';
  end if;

  -- The empty concatenation makes one flat copy of the legs to cut from; plpgsql's own would be flattened at every cut.
  with written as (
    insert into ledger_transfer
      (transfer_id, seq, kind, result, refused_account_id, pending_id, expires_at, legs, digest)
    select r.id, r.seq, r.kind, r.result, r.refused, r.pending, r.expires, r.legs,
           sha256(record_send(row(r.id, r.seq, r.kind, r.result, r.refused, r.pending, r.expires, r.legs)))
    from (
      select u.id, (base + u.place - 1) << 4 | p_lane as seq, u.kind, u.result, u.refused, u.pending,
             case when u.kind = 2 then time_of(u.expires << 4) end as expires,
             flat.legs[u.first * 8 - 7 : (u.first + u.n - 1) * 8] as legs
      from (select v_legs || '{}'::bigint[] as legs offset 0) flat,
           unnest(p_ids, p_kinds, results, refused, p_pending, p_expires, v_first, p_leg_counts)
             with ordinality u (id, kind, result, refused, pending, expires, first, n, place)
      where u.result < 100
      offset 0
    ) r
    returning digest
  )
  select string_agg(digest, ''::bytea), count(*) into v_digests, v_rows from written;

  if v_accepted > 0 then
    -- By their places on the disk, which saves a second search: nobody can move a row that this transaction has locked.
    if not v_limited then
      update ledger_account l
      set debits_posted_minor = l.debits_posted_minor + u.debits, credits_posted_minor = l.credits_posted_minor + u.credits,
          debits_pending_minor = l.debits_pending_minor + u.debits_held,
          credits_pending_minor = l.credits_pending_minor + u.credits_held, last_seq = u.seq
      from unnest(v_places, v_debits, v_credits, v_debits_held, v_credits_held, v_seq)
        u (place, debits, credits, debits_held, credits_held, seq)
      where l.ctid = u.place and (u.debits <> 0 or u.credits <> 0 or u.debits_held <> 0 or u.credits_held <> 0);
    else
      update ledger_account l
      set debits_posted_minor = l.debits_posted_minor + u.debits, credits_posted_minor = l.credits_posted_minor + u.credits,
          debits_pending_minor = l.debits_pending_minor + u.debits_held,
          credits_pending_minor = l.credits_pending_minor + u.credits_held, last_seq = u.seq,
          limit_day = case when l.limit_profile is not null then greatest(l.limit_day, v_period.day) else l.limit_day end,
          limit_week = case when l.limit_profile is not null then greatest(l.limit_week, v_period.week) else l.limit_week end,
          limit_month = case when l.limit_profile is not null then greatest(l.limit_month, v_period.month) else l.limit_month end,
          limit_year = case when l.limit_profile is not null then greatest(l.limit_year, v_period.year) else l.limit_year end,
          out_day_minor = case when l.limit_profile is null then l.out_day_minor when l.limit_day >= v_period.day then l.out_day_minor + u.gone else u.gone end,
          out_week_minor = case when l.limit_profile is null then l.out_week_minor when l.limit_week >= v_period.week then l.out_week_minor + u.gone else u.gone end,
          out_month_minor = case when l.limit_profile is null then l.out_month_minor when l.limit_month >= v_period.month then l.out_month_minor + u.gone else u.gone end,
          out_year_minor = case when l.limit_profile is null then l.out_year_minor when l.limit_year >= v_period.year then l.out_year_minor + u.gone else u.gone end,
          in_day_minor = case when l.limit_profile is null then l.in_day_minor when l.limit_day >= v_period.day then l.in_day_minor + u.come else u.come end,
          in_week_minor = case when l.limit_profile is null then l.in_week_minor when l.limit_week >= v_period.week then l.in_week_minor + u.come else u.come end,
          in_month_minor = case when l.limit_profile is null then l.in_month_minor when l.limit_month >= v_period.month then l.in_month_minor + u.come else u.come end,
          in_year_minor = case when l.limit_profile is null then l.in_year_minor when l.limit_year >= v_period.year then l.in_year_minor + u.come else u.come end,
          out_day_count = case when l.limit_profile is null then l.out_day_count when l.limit_day >= v_period.day then l.out_day_count + u.gone_n else u.gone_n end,
          out_week_count = case when l.limit_profile is null then l.out_week_count when l.limit_week >= v_period.week then l.out_week_count + u.gone_n else u.gone_n end,
          out_month_count = case when l.limit_profile is null then l.out_month_count when l.limit_month >= v_period.month then l.out_month_count + u.gone_n else u.gone_n end,
          out_year_count = case when l.limit_profile is null then l.out_year_count when l.limit_year >= v_period.year then l.out_year_count + u.gone_n else u.gone_n end,
          in_day_count = case when l.limit_profile is null then l.in_day_count when l.limit_day >= v_period.day then l.in_day_count + u.come_n else u.come_n end,
          in_week_count = case when l.limit_profile is null then l.in_week_count when l.limit_week >= v_period.week then l.in_week_count + u.come_n else u.come_n end,
          in_month_count = case when l.limit_profile is null then l.in_month_count when l.limit_month >= v_period.month then l.in_month_count + u.come_n else u.come_n end,
          in_year_count = case when l.limit_profile is null then l.in_year_count when l.limit_year >= v_period.year then l.in_year_count + u.come_n else u.come_n end
      from unnest(v_places, v_debits, v_credits, v_debits_held, v_credits_held, v_seq, v_out, v_in, v_out_n, v_in_n)
        u (place, debits, credits, debits_held, credits_held, seq, gone, come, gone_n, come_n)
      where l.ctid = u.place
        and (u.debits <> 0 or u.credits <> 0 or u.debits_held <> 0 or u.credits_held <> 0 or u.gone_n <> 0 or u.come_n <> 0);
    end if;
    get diagnostics t = row_count;
    if t < (select count(*) from unnest(v_debits, v_credits, v_debits_held, v_credits_held) u (d, c, dh, ch)
            where u.d <> 0 or u.c <> 0 or u.dh <> 0 or u.ch <> 0) then
      raise exception 'ledger_post: a locked account moved' using errcode = 'internal_error';
    end if;
    if v_reserves then
      insert into ledger_hold (transfer_id, expires_at, seq, legs)
      select u.id, time_of(u.expires << 4), (base + u.place - 1) << 4 | p_lane,
             flat.legs[u.first * 8 - 7 : (u.first + u.n - 1) * 8]
      from (select v_legs || '{}'::bigint[] as legs offset 0) flat,
           unnest(p_ids, p_kinds, results, p_expires, v_first, p_leg_counts)
             with ordinality u (id, kind, result, expires, first, n, place)
      where u.result = 0 and u.kind = 2;
    end if;
    if v_resolved > 0 then
      delete from ledger_hold where transfer_id = any (array(
        select u.pending from unnest(p_pending, results) u (pending, result) where u.pending is not null and u.result = 0));
      get diagnostics t = row_count;
      if t <> v_resolved then
        raise exception 'ledger_post: a reservation is resolved twice in one batch' using errcode = 'invalid_parameter_value';
      end if;
    end if;
    if v_give_back then -- what was released counts no more, in the periods in which it was held; the count stays
      for t in select u.place from unnest(p_kinds, results) with ordinality u (kind, result, place)
               where u.kind >= 3 and u.result = 0 loop
        h := v_hold_at[t];
        select * into v_period from ledger_periods(time_of(v_holds_seq[h]), v_setting.time_zone);
        for j in v_first[t] .. v_first[t] + p_leg_counts[t] - 1 loop
          x := v_holds_legs[v_holds_first[h] + (j - v_first[t]) * 8 + 3]
               - case when p_kinds[t] = 3 then p_amounts[j] else 0 end;
          continue when x = 0 or p_codes[j] & 256 = 0;
          update ledger_account l
          set out_day_minor = l.out_day_minor - case when l.limit_day = v_period.day then x else 0 end,
              out_week_minor = l.out_week_minor - case when l.limit_week = v_period.week then x else 0 end,
              out_month_minor = l.out_month_minor - case when l.limit_month = v_period.month then x else 0 end,
              out_year_minor = l.out_year_minor - case when l.limit_year = v_period.year then x else 0 end
          where l.account_id = p_accounts[p_debits[j]] and l.limit_profile is not null and l.limit_day is not null
            and (v_holds_seq[h] <= l.limit_since) is not true;
          update ledger_account l
          set in_day_minor = l.in_day_minor - case when l.limit_day = v_period.day then x else 0 end,
              in_week_minor = l.in_week_minor - case when l.limit_week = v_period.week then x else 0 end,
              in_month_minor = l.in_month_minor - case when l.limit_month = v_period.month then x else 0 end,
              in_year_minor = l.in_year_minor - case when l.limit_year = v_period.year then x else 0 end
          where l.account_id = p_accounts[p_credits[j]] and l.limit_profile is not null and l.limit_day is not null
            and (v_holds_seq[h] <= l.limit_since) is not true;
        end loop;
      end loop;
    end if;
    if p_attached is not null then
      for v_writer in select key as name, value as entries from jsonb_each(p_attached) order by key loop
      if v_accepted < v_count then
        v_writer.entries := (
          select jsonb_agg(e.row) from jsonb_array_elements(v_writer.entries) e (row)
          where results[(e.row ->> '$')::integer] = 0);
      end if;
      continue when v_writer.entries is null;
      if v_writer.name = 'audit' then
        v_events := v_writer.entries;
      else
        execute format('select %I($1)', 'attach_' || v_writer.name) using v_writer.entries;
      end if;
    end loop;
    end if;
  end if;
  if v_rows > 0 then
    perform audit_append(v_chain, (base + v_count - 1) << 4 | p_lane, v_rows, v_digests, v_events);
  end if;
end
$$;

-- A plan that was made while a table was small must not stay when it has grown: these joins are always few rows against
-- an index. Compiling a call costs more than the call.
alter function ledger_post set plan_cache_mode = force_generic_plan;
alter function ledger_post set enable_hashjoin = off;
alter function ledger_post set enable_mergejoin = off;
alter function ledger_post set enable_seqscan = off;
alter function ledger_post set enable_bitmapscan = off;
alter function ledger_post set jit = off;

do $$
declare
  v_function regprocedure;
begin
  foreach v_function in array array(
    select oid::regprocedure from pg_proc
    where pronamespace = current_schema()::regnamespace and proname in
      ('ledger_post', 'ledger_open_account', 'ledger_set_status', 'ledger_set_bounds', 'ledger_set_limits',
       'ledger_set_time_zone', 'ledger_prepare'))
  loop
    execute format('alter function %s set search_path = %I, pg_temp', v_function, current_schema());
    execute format('revoke all on function %s from public', v_function);
    execute format('grant execute on function %s to starhash_app', v_function);
  end loop;
end
$$;
revoke all on function ledger_actor_event from public;
grant select on ledger_account, ledger_transfer, ledger_hold, ledger_limit_profile, ledger_currency, ledger_setting,
  ledger_v1_account, ledger_v1_transfer, ledger_v1_leg, ledger_v1_entry to starhash_app;
grant usage on sequence ledger_account_number to starhash_app;
