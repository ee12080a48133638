-- The forensic log: who did what to what, chained so that no row can be changed, moved, dropped or added unseen.
--
--   audit_chain   the head of each chain: chain 0 for what moves no money, chains 1 to 15 for the ledger's lanes
--   audit_link    one row a transaction that wrote: how many ledger rows and events it covers, and the hash over them
--   audit_event   what happened, by whom, to whom or what, with the old and the new value
--
-- A sequence number is a time and a chain in one: microseconds since 1970, shifted left by 4 bits, plus the chain. Every
-- row of a chain takes a microsecond of its own, so numbers grow without gaps within a link and never come twice.
--
--   event digest = sha256( int8 seq | int4 number | UTF-8 of the JSON array of all its fields )
--   link hash    = sha256( previous hash | int8 seq | int8 number | int4 transfers | int4 events
--                          | sha256( digests of the ledger's rows, by seq ) | sha256( digests of the events, by number ) )
--
-- The hashes are computed here, so that nothing can be written past them; src/audit recomputes them from the stored
-- rows, with its own code. Whoever owns the database could still rebuild a whole chain: that is why heads are signed
-- and published outside of it.

-- Runs the gateway: reads everything, writes books and log through functions only.
do $$
begin
  if not exists (select from pg_roles where rolname = 'starhash_app') then
    begin
      create role starhash_app nologin;
    exception when duplicate_object or unique_violation then null; -- another database of this server was faster
    end;
  end if;
  if not pg_has_role(current_user, 'starhash_app', 'member') then
    execute format('grant starhash_app to %I', current_user);
  end if;
end
$$;
do $$ begin execute format('grant usage on schema %I to starhash_app', current_schema()); end $$;

create table audit_chain (
  chain smallint primary key check (chain between 0 and 15),
  -- How many links there are; the last one's sequence number and hash.
  number bigint not null default 0,
  last_seq bigint not null default 0,
  hash bytea not null
) with (fillfactor = 20);
insert into audit_chain (chain, hash)
select chain, sha256(convert_to('starhash chain ' || chain, 'UTF8')) from generate_series(0, 15) chain;

create table audit_link (
  -- The number of the last row that it covers.
  seq bigint primary key,
  number bigint not null check (number > 0),
  transfers integer not null check (transfers >= 0),
  events integer not null check (events >= 0),
  hash bytea not null check (length(hash) = 32)
) partition by range (seq);

create table audit_event (
  -- Its link's.
  seq bigint not null,
  number integer not null check (number > 0),
  at timestamptz not null,
  action text not null check (action ~ '^[a-z_]+\.[a-z_]+$'),
  actor_kind text not null check (actor_kind in ('customer', 'staff', 'system', 'provider')),
  actor_id text not null,
  subject_kind text not null,
  subject_id text not null,
  transfer_id uuid,
  trace_id text,
  old_value jsonb,
  new_value jsonb,
  digest bytea not null check (length(digest) = 32),
  primary key (seq, number)
) partition by range (seq);
create index audit_event_transfer on audit_event (transfer_id) where transfer_id is not null;
create index audit_event_subject on audit_event (subject_kind, subject_id, seq);
create index audit_event_actor on audit_event (actor_kind, actor_id, seq);

create function audit_refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'audit: % on % is refused: the log is append-only', lower(tg_op), tg_table_name
    using errcode = 'restrict_violation';
end
$$;
create trigger audit_link_append_only before update or delete on audit_link
  for each row execute function audit_refuse_change();
create trigger audit_event_append_only before update or delete on audit_event
  for each row execute function audit_refuse_change();
create trigger audit_link_kept before truncate on audit_link
  for each statement execute function audit_refuse_change();
create trigger audit_event_kept before truncate on audit_event
  for each statement execute function audit_refuse_change();
create trigger audit_chain_kept before delete or truncate on audit_chain
  for each statement execute function audit_refuse_change();
create trigger audit_chain_grows before update on audit_chain
  for each row when (new.chain <> old.chain or new.number <> old.number + 1 or new.last_seq <= old.last_seq)
  execute function audit_refuse_change();

-- Microseconds since 1970; exact, whatever the session's time zone is.
create function micros_of(p_at timestamptz) returns bigint language sql immutable parallel safe
return (extract(epoch from p_at) * 1000000)::bigint;

create function seq_of(p_at timestamptz) returns bigint language sql immutable parallel safe
return micros_of(p_at) << 4;

-- Through a double, which is exact to the microsecond until the year 2255, because that can be inlined.
create function time_of(p_seq bigint) returns timestamptz language sql immutable parallel safe
return to_timestamp((p_seq >> 4) / 1000000::double precision);

-- Makes partitions of a table for the months from p_from on, and returns the names of those that were not there. There
-- is no default partition: a row that belongs to no month is refused, loudly. The new table is made apart and then
-- attached, so that nobody who posts has to wait for it.
create function make_month_partitions(p_table text, p_bound text, p_from timestamptz, p_months integer)
returns setof text language plpgsql as $$
declare
  v_month timestamp := date_trunc('month', p_from at time zone 'UTC');
  v_name text;
  v_bounds text[];
begin
  for i in 1 .. p_months loop
    v_name := p_table || '_' || to_char(v_month, 'YYYYMM');
    if to_regclass(v_name) is null then
      execute format('select array[%1$s($1)::text, %1$s($2)::text]', p_bound) into v_bounds
      using v_month at time zone 'UTC', (v_month + interval '1 month') at time zone 'UTC';
      execute format('create table %I (like %I including defaults including constraints)', v_name, p_table);
      execute format('alter table %I attach partition %I for values from (%L) to (%L)',
                     p_table, v_name, v_bounds[1], v_bounds[2]);
      execute format('create trigger %I before truncate on %I for each statement execute function audit_refuse_change()',
                     v_name || '_kept', v_name);
      execute format('grant select on %I to starhash_app', v_name);
      return next v_name;
    end if;
    v_month := v_month + interval '1 month';
  end loop;
end
$$;

-- Adds a link to a chain whose row the caller has locked and gives, with the events given: a JSON array of objects
-- {at, action, actorKind, actorId, subjectKind, subjectId, transferId, traceId, old, new}, `at` in microseconds.
create function audit_append(
  p_chain audit_chain, p_seq bigint, p_transfers integer, p_transfer_digests bytea, p_events jsonb
) returns void language plpgsql as $$
declare
  v_events integer := 0;
  v_digests bytea;
  v_hash bytea;
begin
  if p_events is not null then
    with written as (
      insert into audit_event
        (seq, number, at, action, actor_kind, actor_id, subject_kind, subject_id, transfer_id, trace_id,
         old_value, new_value, digest)
      select p_seq, e.number, time_of((e.row ->> 'at')::bigint << 4), e.row ->> 'action', e.row ->> 'actorKind',
             e.row ->> 'actorId', e.row ->> 'subjectKind', e.row ->> 'subjectId', (e.row ->> 'transferId')::uuid,
             e.row ->> 'traceId', nullif(e.row -> 'old', 'null'), nullif(e.row -> 'new', 'null'),
             sha256(int8send(p_seq) || int4send(e.number::integer) || convert_to(
               jsonb_build_array(
                 (e.row ->> 'at')::bigint, e.row ->> 'action', e.row ->> 'actorKind', e.row ->> 'actorId',
                 e.row ->> 'subjectKind', e.row ->> 'subjectId', (e.row ->> 'transferId')::uuid, e.row ->> 'traceId',
                 nullif(e.row -> 'old', 'null'), nullif(e.row -> 'new', 'null'))::text, 'UTF8'))
      from jsonb_array_elements(p_events) with ordinality e (row, number)
      returning number, digest
    )
    select count(*), string_agg(digest, ''::bytea order by number) into v_events, v_digests from written;
  end if;
  v_hash := sha256(p_chain.hash || int8send(p_seq) || int8send(p_chain.number + 1)
                   || int4send(p_transfers) || int4send(v_events)
                   || sha256(coalesce(p_transfer_digests, '')) || sha256(coalesce(v_digests, '')));
  with link as (
    insert into audit_link (seq, number, transfers, events, hash)
    values (p_seq, p_chain.number + 1, p_transfers, v_events, v_hash)
  )
  update audit_chain set number = p_chain.number + 1, last_seq = p_seq, hash = v_hash where chain = p_chain.chain;
end
$$;

-- Records what moves no money, in the caller's transaction. Whoever records at the same time comes after its end.
create function audit_record(p_now_micros bigint, p_events jsonb) returns void
language plpgsql security definer as $$
declare
  v_chain audit_chain;
begin
  select * into strict v_chain from audit_chain where chain = 0 for no key update;
  perform audit_append(v_chain, greatest(p_now_micros, (v_chain.last_seq >> 4) + 1) << 4, 0, null, p_events);
end
$$;
do $$ begin execute format('alter function audit_record set search_path = %I, pg_temp', current_schema()); end $$;

revoke all on function audit_append, audit_record, make_month_partitions from public;
grant execute on function audit_record to starhash_app;
grant select on audit_chain, audit_link, audit_event to starhash_app;
