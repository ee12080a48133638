-- Closed months, and what became of their rows.
--
--   ledger_period            a closed month: how many rows, and one hash that stands for all of its audit links
--   ledger_period_currency   its trial balance at the end
--   ledger_period_balance    every account that moved in it, as it stood at its end
--   ledger_period_terms      what the forensic log last said of accounts and limit profiles that changed in it
--   ledger_period_head       where each audit chain stood at its end
--   ledger_archive           months whose partitions were taken out of the database
--
-- A row belongs to the month, in UTC, in which it was booked: that is what its seq says. Seqs order the rows of every
-- account, so a month cuts every history in two, one part wholly before the other. (The partitions of ledger_transfer
-- follow the day on which the id was made, up to a day earlier: a partition holds rows of its own month and of the first
-- day of the next one. The market's months are those of statements and limits; the books close by the clock that
-- numbers them.)

create table ledger_period (
  month date primary key check (extract(day from month) = 1),
  closed_at timestamptz not null,
  -- The least and the greatest number of its transfers; null when there is none.
  first_seq bigint,
  last_seq bigint,
  transfers bigint not null,
  links bigint not null,
  events bigint not null,
  -- Over the hashes of its links, by seq: leaves sha256(00 | hash), nodes sha256(01 | left | right), an odd one goes up
  -- as it is; sha256('') over none.
  root bytea not null check (length(root) = 32)
);

-- At the end of the month, since the beginning of the books.
create table ledger_period_currency (
  month date not null references ledger_period,
  currency smallint not null references ledger_currency,
  debits_minor numeric(38, 0) not null,
  credits_minor numeric(38, 0) not null,
  primary key (month, currency)
);

-- At the end of the month, since the beginning of the books; only accounts that moved in the month.
create table ledger_period_balance (
  month date not null references ledger_period,
  account_id bigint not null references ledger_account,
  debits_minor bigint not null,
  credits_minor bigint not null,
  balance_minor bigint not null,
  last_seq bigint not null,
  primary key (account_id, month),
  check (balance_minor = credits_minor - debits_minor)
);

create table ledger_period_terms (
  month date not null references ledger_period,
  subject_kind text not null check (subject_kind in ('account', 'limit_profile')),
  subject_id text not null,
  -- The new_value of its last event.
  terms jsonb not null,
  primary key (subject_kind, subject_id, month)
);

create table ledger_period_head (
  month date not null references ledger_period,
  chain smallint not null references audit_chain,
  number bigint not null,
  seq bigint not null,
  hash bytea not null check (length(hash) = 32),
  primary key (month, chain)
);

create table ledger_archive (
  month date primary key references ledger_period,
  archived_at timestamptz not null,
  -- sha256 of the archive's manifest.json.
  manifest bytea not null check (length(manifest) = 32)
);

-- Closed is closed.
do $$
declare
  v_table text;
begin
  foreach v_table in array array['ledger_period', 'ledger_period_currency', 'ledger_period_balance',
                                 'ledger_period_terms', 'ledger_period_head', 'ledger_archive']
  loop
    execute format('create trigger %I before update or delete on %I for each row
                    execute function ledger_refuse_change(''closed months are append-only'')', v_table || '_append_only', v_table);
    execute format('create trigger %I before truncate on %I for each statement
                    execute function ledger_refuse_change(''closed months are append-only'')', v_table || '_kept', v_table);
    execute format('grant select on %I to starhash_app', v_table);
  end loop;
end
$$;

-- The first number of the month after p_month.
create function ledger_period_end(p_month date) returns bigint language sql immutable parallel safe
return seq_of((p_month + interval '1 month') at time zone 'UTC');

-- The root over the hashes of the links from p_from to before p_end. Holds one node a level, whatever the number.
create function ledger_period_root(p_from bigint, p_end bigint) returns bytea language plpgsql stable as $$
declare
  v_hash bytea;
  v_node bytea;
  v_nodes bytea[] := '{}'; -- complete trees of 2^n leaves, the largest first
  v_count bigint := 0;
  v_left bigint;
begin
  for v_hash in select hash from audit_link where seq >= p_from and seq < p_end order by seq loop
    v_node := sha256('\x00'::bytea || v_hash);
    v_left := v_count;
    while v_left & 1 = 1 loop
      v_node := sha256('\x01'::bytea || v_nodes[cardinality(v_nodes)] || v_node);
      v_nodes := trim_array(v_nodes, 1);
      v_left := v_left >> 1;
    end loop;
    v_nodes := v_nodes || v_node;
    v_count := v_count + 1;
  end loop;
  if v_count = 0 then
    return sha256('');
  end if;
  v_node := v_nodes[cardinality(v_nodes)];
  for n in reverse cardinality(v_nodes) - 1 .. 1 loop
    v_node := sha256('\x01'::bytea || v_nodes[n] || v_node);
  end loop;
  return v_node;
end
$$;

-- Closes a month; null, or the code of the refusal. A month that is closed stays as it is.
--
-- Ids are refused a day after they were made, and ledger_post believes no clock that is further than clock_tolerance
-- from the database's: 25 hours after its end no number of the month can be given any more.
create function ledger_close_period(p_month date, p_actor jsonb, p_now_micros bigint) returns text
language plpgsql security definer as $$
declare
  v_end constant bigint := ledger_period_end(p_month);
  v_latest constant date := (select max(month) from ledger_period);
  v_from constant bigint := coalesce(ledger_period_end(v_latest), 0);
  v_period ledger_period;
  v_tolerance interval := (select clock_tolerance from ledger_setting);
begin
  if p_month is null or extract(day from p_month) <> 1 then
    raise exception 'ledger_close_period: % is not the first of a month', p_month using errcode = 'invalid_parameter_value';
  end if;
  -- One at a time.
  perform pg_advisory_xact_lock(7229387);
  if exists (select from ledger_period where month = p_month) then
    return null;
  elsif p_month <> v_latest + interval '1 month'
    or v_latest is null and exists (
      select from audit_link where seq < ledger_period_end((p_month - interval '1 month')::date))
  then
    return 'period_out_of_order';
  elsif p_now_micros < micros_of((p_month + interval '1 month 25 hours') at time zone 'UTC')
    or v_tolerance is not null
       and clock_timestamp() < (p_month + interval '1 month 25 hours') at time zone 'UTC' - v_tolerance
  then
    return 'period_too_early';
  elsif exists (select from ledger_hold where seq < v_end) then
    return 'period_has_holds';
  end if;

  v_period.month := p_month;
  v_period.closed_at := time_of(p_now_micros << 4);
  select min(seq), max(seq), count(*) into v_period.first_seq, v_period.last_seq, v_period.transfers
  from ledger_transfer where seq >= v_from and seq < v_end;
  select count(*) into v_period.links from audit_link where seq >= v_from and seq < v_end;
  select count(*) into v_period.events from audit_event where seq >= v_from and seq < v_end;
  v_period.root := ledger_period_root(v_from, v_end);
  insert into ledger_period values (v_period.*);

  insert into ledger_period_balance (month, account_id, debits_minor, credits_minor, balance_minor, last_seq)
  select p_month, m.account_id, m.debits + coalesce(b.debits_minor, 0), m.credits + coalesce(b.credits_minor, 0),
         m.credits + coalesce(b.credits_minor, 0) - m.debits - coalesce(b.debits_minor, 0), m.last_seq
  from (
    select s.account_id, sum(s.debit)::bigint as debits, sum(s.credit)::bigint as credits, max(t.seq) as last_seq
    from ledger_transfer t
    cross join lateral generate_series(1, cardinality(t.legs) / 8) i
    cross join lateral (values (t.legs[i * 8 - 7], t.legs[i * 8 - 5], 0::bigint), (t.legs[i * 8 - 6], 0::bigint, t.legs[i * 8 - 5]))
      s (account_id, debit, credit)
    where t.result = 0 and t.kind in (1, 3) and t.legs[i * 8 - 5] > 0 and t.seq >= v_from and t.seq < v_end
    group by s.account_id
  ) m
  left join lateral (
    select debits_minor, credits_minor from ledger_period_balance b
    where b.account_id = m.account_id order by b.month desc limit 1
  ) b on true;

  insert into ledger_period_currency (month, currency, debits_minor, credits_minor)
  select p_month, currency, sum(debits), sum(credits)
  from (
    select currency, debits_minor as debits, credits_minor as credits from ledger_period_currency where month = v_latest
    union all
    select a.currency, b.debits_minor - coalesce(o.debits_minor, 0), b.credits_minor - coalesce(o.credits_minor, 0)
    from ledger_period_balance b
    join ledger_account a using (account_id)
    left join lateral (
      select debits_minor, credits_minor from ledger_period_balance o
      where o.account_id = b.account_id and o.month < p_month order by o.month desc limit 1
    ) o on true
    where b.month = p_month
  ) total
  group by currency;

  insert into ledger_period_terms (month, subject_kind, subject_id, terms)
  select distinct on (subject_kind, subject_id) p_month, subject_kind, subject_id, new_value
  from audit_event
  where seq >= v_from and seq < v_end and (
    subject_kind = 'account' and action in ('account.opened', 'account.status_changed', 'account.bounds_changed')
    or subject_kind = 'limit_profile' and action = 'limits.changed')
  order by subject_kind, subject_id, seq desc, number desc;

  insert into ledger_period_head (month, chain, number, seq, hash)
  select p_month, c.chain, coalesce(l.number, h.number, 0), coalesce(l.seq, h.seq, 0),
         coalesce(l.hash, h.hash, sha256(convert_to('starhash chain ' || c.chain, 'UTF8')))
  from audit_chain c
  left join ledger_period_head h on h.month = v_latest and h.chain = c.chain
  left join (
    select distinct on (seq & 15) seq & 15 as chain, number, seq, hash from audit_link
    where seq >= v_from and seq < v_end
    order by seq & 15, seq desc
  ) l on l.chain = c.chain;

  perform audit_record(p_now_micros, jsonb_build_array(jsonb_build_object(
    'at', p_now_micros, 'action', 'period.closed', 'actorKind', p_actor ->> 'kind', 'actorId', p_actor ->> 'id',
    'subjectKind', 'period', 'subjectId', to_char(p_month, 'YYYY-MM'), 'old', null,
    'new', jsonb_build_object(
      'transfers', v_period.transfers, 'links', v_period.links, 'events', v_period.events,
      'root', encode(v_period.root, 'hex')))));
  return null;
end
$$;

-- Takes the rows of a closed month out of the books; null, or the code of the refusal. The tables stay, apart, as they
-- were: dropping them is the operator's business. The oldest month goes first. The month after it must be closed too,
-- because rows of its first day lie in the same partition: from then on the books begin with the end of that month.
create function ledger_detach_period(p_month date, p_manifest bytea, p_actor jsonb, p_now_micros bigint) returns text
language plpgsql security definer as $$
declare
  v_latest constant date := (select max(month) from ledger_archive);
  v_table text;
  v_name text;
begin
  perform pg_advisory_xact_lock(7229387);
  if exists (select from ledger_archive where month = p_month) then
    return null;
  elsif not exists (select from ledger_period where month = p_month + interval '1 month')
    or not exists (select from ledger_period where month = p_month)
  then
    return 'period_open';
  elsif p_month <> coalesce(v_latest + interval '1 month', (select min(month) from ledger_period)) then
    return 'period_out_of_order';
  end if;
  foreach v_table in array array['ledger_transfer', 'audit_link', 'audit_event'] loop
    for v_name in
      -- The first closed month takes along what is older.
      select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
      where i.inhparent = v_table::regclass and c.relname <= v_table || '_' || to_char(p_month, 'YYYYMM')
      order by c.relname
    loop
      execute format('alter table %I detach partition %I', v_table, v_name);
      execute format('create trigger %I before update or delete on %I for each row
                      execute function ledger_refuse_change(''archived months are append-only'')',
                     v_name || '_archived', v_name);
    end loop;
  end loop;
  insert into ledger_archive (month, archived_at, manifest) values (p_month, time_of(p_now_micros << 4), p_manifest);
  perform audit_record(p_now_micros, jsonb_build_array(jsonb_build_object(
    'at', p_now_micros, 'action', 'period.archived', 'actorKind', p_actor ->> 'kind', 'actorId', p_actor ->> 'id',
    'subjectKind', 'period', 'subjectId', to_char(p_month, 'YYYY-MM'), 'old', null,
    'new', jsonb_build_object('manifest', encode(p_manifest, 'hex')))));
  return null;
end
$$;

do $$
declare
  v_function regprocedure;
begin
  foreach v_function in array array(
    select oid::regprocedure from pg_proc
    where pronamespace = current_schema()::regnamespace
      and proname in ('ledger_close_period', 'ledger_detach_period', 'ledger_period_root'))
  loop
    execute format('alter function %s set search_path = %I, pg_temp', v_function, current_schema());
    execute format('revoke all on function %s from public', v_function);
  end loop;
end
$$;
-- Taking months out is the business of whoever owns the database.
grant execute on function ledger_close_period to starhash_app;
