-- Bulk payments: a business' list of rows, paid from one account of ours to people here and at other providers. The database
-- itself holds that
--   * a row is paid once at most, whatever is repeated or killed: the row moves on with the money, or neither does;
--   * who executes a bulk is somebody else than who made it, and nobody but its maker changes a row;
--   * nothing of it changes from the moment on that it waits for the second person.

-- FSPIOP --------------------------------------------------------------------------------------------------------------

alter table fspiop_out drop constraint fspiop_out_resource_check;
alter table fspiop_out
  add constraint fspiop_out_resource_check
    check (resource in ('quotes', 'transfers', 'transactionRequests', 'bulkQuotes', 'bulkTransfers')),
  -- When the scheme was last asked what became of a bulk.
  add column asked_at timestamptz;
grant update (asked_at) on fspiop_out to starhash_app;

-- A transfer that left in a bulk, and in none but this.
create table fspiop_out_item (
  transfer_id text primary key,
  bulk_id text not null
);
grant select, insert on fspiop_out_item to starhash_app;

-- Clearing ------------------------------------------------------------------------------------------------------------

-- Many quotes to one provider that were asked together, and the transfers that came of them, which leave together.
create table outgoing_bulk (
  -- UUIDv4: as the bulk of quotes is called on the wire, and as the bulk of transfers is.
  bulk_id uuid primary key,
  transfers_id uuid not null unique,
  dfsp_id text not null,
  created_at timestamptz not null,
  -- From when on no transfer comes into it.
  sealed_at timestamptz,
  -- When it is sent, or sent again; null: not yet, or no more.
  due_at timestamptz,
  attempts integer not null default 0,
  check (due_at is null or sealed_at is not null)
);
create index outgoing_bulk_due on outgoing_bulk (due_at) where due_at is not null;
create index outgoing_bulk_age on outgoing_bulk (created_at);
alter table outgoing_quote add column bulk_id uuid references outgoing_bulk;
create index outgoing_quote_bulk on outgoing_quote (bulk_id) where bulk_id is not null;
alter table outgoing_transfer add column bulk_id uuid references outgoing_bulk;
create index outgoing_transfer_bulk on outgoing_transfer (bulk_id) where bulk_id is not null;
grant select, insert, delete, update (sealed_at, due_at, attempts) on outgoing_bulk to starhash_app;

-- Whoever seals it waits for whoever holds money for it, and the other way round.
create function outgoing_bulk_open(p_bulk_id uuid) returns boolean language plpgsql as $$
begin
  perform from outgoing_bulk where bulk_id = p_bulk_id and sealed_at is null for share;
  return found;
end
$$;

-- As in 0027. A transfer of a bulk is sent with the others, and by itself it is only asked for, once it has expired.
create or replace function attach_outgoing_transfer(p_rows jsonb) returns void language plpgsql as $$
declare
  v_written integer;
begin
  insert into outgoing_transfer (
    payment_id, transfer_id, quote_id, dfsp_id, currency, amount_minor, terms, state, due_at, created_at, expires_at, bulk_id)
  select r.payment_id, r.transfer_id, q.quote_id, r.dfsp_id, q.currency, q.amount_minor, q.terms, 'open',
         case when q.bulk_id is null then r.created_at else r.expires_at end, r.created_at, r.expires_at, q.bulk_id
  from jsonb_to_recordset(p_rows) r (
    payment_id uuid, transfer_id uuid, quote_id uuid, dfsp_id text, customer_id uuid, currency text, amount_minor bigint,
    created_at timestamptz, expires_at timestamptz)
  join outgoing_quote q on q.quote_id = r.quote_id
  where q.terms is not null and q.expires_at > r.created_at and q.customer_id = r.customer_id
    and q.currency = r.currency and q.amount_minor = r.amount_minor
    and (q.bulk_id is null or outgoing_bulk_open(q.bulk_id));
  get diagnostics v_written = row_count;
  if v_written <> jsonb_array_length(p_rows) then
    raise exception 'the other provider''s offer is gone'
      using errcode = 'integrity_constraint_violation', constraint = 'outgoing_offer';
  end if;
end
$$;

-- Bulks ---------------------------------------------------------------------------------------------------------------

create table bulk (
  bulk_id uuid primary key,
  -- What people call it.
  bulk_number bigint generated always as identity unique,
  account_id bigint not null references account,
  owner_id uuid not null references customer,
  currency text not null,
  -- draft: its maker has it in hand. paying: somebody else has approved it. done: nothing more comes of it.
  state text not null check (state in ('draft', 'paying', 'done', 'cancelled')),
  made_by text not null references staff_member,
  created_at timestamptz not null,
  -- Until when what could not be paid for the moment is tried again.
  retry_until timestamptz not null,
  pay_act_id uuid unique references staff_act,
  begun_at timestamptz,
  finished_at timestamptz,
  -- When it is worked on; null: it waits for somebody, or is over.
  due_at timestamptz,
  check ((begun_at is null) = (pay_act_id is null)),
  check ((begun_at is null) = (state in ('draft', 'cancelled'))),
  check ((finished_at is null) = (state in ('draft', 'paying')))
);
create index bulk_due on bulk (due_at) where due_at is not null;

create table bulk_row (
  row_id uuid primary key,
  bulk_id uuid not null references bulk,
  -- Of the file; its head is the first.
  line integer not null check (line > 1),
  -- A phone or user number as it was written.
  payee text not null,
  amount_minor bigint not null check (amount_minor > 0),
  note text not null,
  -- Who should be behind the number.
  expected_name text,
  -- new: nobody has looked yet. payable, mismatch, invalid: somebody has. dropped: its maker leaves it out.
  -- pending: the money is held. refused: the scheme has said no. paid. failed: it was tried, and will not be again.
  state text not null
    check (state in ('new', 'payable', 'mismatch', 'invalid', 'dropped', 'pending', 'refused', 'paid', 'failed')),
  -- Who is behind the number, and at which provider where that is another one.
  found_name text,
  dfsp_id text,
  -- Why it can't be paid, or could not be the last time.
  problem text,
  -- The payment that it was tried by last.
  payment_id uuid unique references payment deferrable initially deferred,
  attempts integer not null default 0,
  -- When it is tried, or tried again.
  due_at timestamptz not null,
  changed_by text not null references staff_member,
  unique (bulk_id, line)
);
create index bulk_row_open on bulk_row (bulk_id, due_at) where state in ('new', 'payable', 'pending', 'refused');

-- How many proposals to pay it wait for a second person, or were approved.
create function bulk_times_shown(p_number bigint) returns integer language sql stable as $$
  select count(*)::integer from staff_act a
  where a.command = 'bulk-pay' and a.state in ('proposed', 'approved') and a.args ->> 'bulk' = p_number::text
$$;

create function bulk_guard() returns trigger language plpgsql as $$
begin
  if (old.bulk_id, old.bulk_number, old.account_id, old.owner_id, old.currency, old.made_by, old.created_at, old.retry_until)
     is distinct from
     (new.bulk_id, new.bulk_number, new.account_id, new.owner_id, new.currency, new.made_by, new.created_at, new.retry_until)
     or old.pay_act_id is not null and old.pay_act_id is distinct from new.pay_act_id
  then
    raise exception 'what a bulk is stays as it was made'
      using errcode = 'integrity_constraint_violation', constraint = 'bulk_immutable';
  end if;
  if old.state = new.state then
    return new;
  end if;
  if not (old.state = 'draft' and new.state in ('paying', 'cancelled') or old.state = 'paying' and new.state = 'done') then
    raise exception 'a bulk that is % does not become %', old.state, new.state
      using errcode = 'integrity_constraint_violation', constraint = 'bulk_forward';
  end if;
  if new.state = 'paying' and not exists (
    select from staff_act a
    where a.act_id = new.pay_act_id and a.state = 'approved' and a.is_checked and a.command = 'bulk-pay'
      and a.args ->> 'bulk' = old.bulk_number::text and a.decided_by <> old.made_by)
  then
    raise exception 'nobody executes a bulk that they have made'
      using errcode = 'integrity_constraint_violation', constraint = 'bulk_two_people';
  end if;
  return new;
end
$$;
create trigger bulk_guard before update on bulk for each row execute function bulk_guard();

create function bulk_row_guard() returns trigger language plpgsql as $$
declare
  v_bulk bulk;
begin
  select * into strict v_bulk from bulk where bulk_id = new.bulk_id;
  if tg_op = 'INSERT' or (old.payee, old.amount_minor, old.note, old.expected_name, old.changed_by)
     is distinct from (new.payee, new.amount_minor, new.note, new.expected_name, new.changed_by)
     or new.state = 'dropped'
  then
    if v_bulk.state <> 'draft' or bulk_times_shown(v_bulk.bulk_number) > 0 then
      raise exception 'a bulk that somebody was shown is not changed'
        using errcode = 'integrity_constraint_violation', constraint = 'bulk_shown';
    end if;
    if new.changed_by <> v_bulk.made_by then
      raise exception 'nobody but its maker changes a bulk'
        using errcode = 'integrity_constraint_violation', constraint = 'bulk_maker';
    end if;
    if new.state not in ('new', 'dropped') then
      raise exception 'what was changed is looked at again'
        using errcode = 'integrity_constraint_violation', constraint = 'bulk_row_forward';
    end if;
    return new;
  end if;
  if (old.row_id, old.bulk_id, old.line) is distinct from (new.row_id, new.bulk_id, new.line) then
    raise exception 'a row of a bulk stays that row'
      using errcode = 'integrity_constraint_violation', constraint = 'bulk_immutable';
  end if;
  if old.state <> new.state and not (case old.state
    when 'new' then new.state in ('payable', 'mismatch', 'invalid')
    when 'payable' then new.state in ('pending', 'paid', 'failed') and v_bulk.state = 'paying'
    when 'pending' then new.state in ('refused', 'paid')
    when 'refused' then new.state in ('payable', 'failed')
    else false end)
  then
    raise exception 'a row that is % does not become %', old.state, new.state
      using errcode = 'integrity_constraint_violation', constraint = 'bulk_row_forward';
  end if;
  if old.state <> new.state and new.state in ('pending', 'paid', 'refused') and current_user = 'starhash_app' then
    raise exception 'a row is % with its money', new.state using errcode = 'insufficient_privilege';
  end if;
  return new;
end
$$;
create trigger bulk_row_guard before insert or update on bulk_row for each row execute function bulk_row_guard();

create function bulk_refuse_removal() returns trigger language plpgsql as $$
begin
  raise exception '% on % is refused: what was to be paid is kept', lower(tg_op), tg_table_name
    using errcode = 'restrict_violation';
end
$$;
create trigger bulk_kept before delete or truncate on bulk for each statement execute function bulk_refuse_removal();
create trigger bulk_row_kept before delete or truncate on bulk_row
  for each statement execute function bulk_refuse_removal();

-- Written with the money that is held, moved or given back for a row: of two payments for one row the second is refused.
create function attach_bulk_row(p_rows jsonb) returns void language plpgsql as $$
declare
  v_moved integer;
begin
  update bulk_row b
  set state = r.state, payment_id = r.payment_id
  from jsonb_to_recordset(p_rows) r (row_id uuid, payment_id uuid, state text)
  where b.row_id = r.row_id and case b.state
    when 'payable' then r.state in ('pending', 'paid')
    when 'pending' then r.state in ('refused', 'paid') and b.payment_id = r.payment_id
    else false end;
  get diagnostics v_moved = row_count;
  if v_moved <> jsonb_array_length(p_rows) then
    raise exception 'a row of a bulk was paid before, or is not to be paid'
      using errcode = 'integrity_constraint_violation', constraint = 'bulk_row_once';
  end if;
end
$$;
revoke all on function outgoing_bulk_open, attach_bulk_row from public;

insert into staff_checked_command values ('bulk-pay');

grant select, insert on bulk, bulk_row to starhash_app;
grant update (state, pay_act_id, begun_at, finished_at, due_at) on bulk to starhash_app;
grant update (payee, amount_minor, note, expected_name, state, found_name, dfsp_id, problem, attempts, due_at, changed_by)
  on bulk_row to starhash_app;
