-- What two of the staff decided where a scheme did not, where the scheme says otherwise than we did, what was settled between the
-- providers, and what came of comparing our journal with the scheme's.

-- The journal ---------------------------------------------------------------------------------------------------------

create table settlement (
  number bigint primary key check (number > 0),
  currency text not null,
  -- A window reaches from the end of the last one (null: from the beginning) until before this.
  from_at timestamptz,
  to_at timestamptz not null unique,
  transfers bigint not null check (transfers > 0),
  -- What went out and came in between customers by then and was in no window before.
  out_minor bigint not null check (out_minor >= 0),
  in_minor bigint not null check (in_minor >= 0),
  -- What the scheme took for it, from our income.
  fee_minor bigint not null check (fee_minor >= 0),
  -- What was paid at the bank for it, the scheme's fee with it; below zero: what was received.
  paid_minor bigint not null,
  -- Of the books.
  transfer_id uuid not null unique,
  act_id uuid not null unique references staff_act,
  closed_at timestamptz not null,
  constraint settlement_forward check (from_at < to_at)
);

-- What each provider had a part in it. D10: net is received less sent.
create table settlement_position (
  number bigint not null references settlement,
  dfsp_id text not null,
  out_count bigint not null,
  out_minor bigint not null,
  in_count bigint not null,
  in_minor bigint not null,
  primary key (number, dfsp_id)
);

create function settlement_stays() returns trigger language plpgsql as $$
begin
  raise exception '% on % is refused: what was settled or compared is kept', lower(tg_op), tg_table_name
    using errcode = 'restrict_violation';
end
$$;
create trigger settlement_kept before update or delete or truncate on settlement
  for each statement execute function settlement_stays();
create trigger settlement_position_kept before update or delete or truncate on settlement_position
  for each statement execute function settlement_stays();

alter table outgoing_transfer
  -- The staff are told once of a transfer that nobody decides.
  add column alarmed_at timestamptz,
  -- When a statement of the scheme first had it; when it was decided, by the scheme's clock, and what the scheme took from
  -- us for it, where the statement said so.
  add column seen_at timestamptz,
  add column scheme_decided_at timestamptz,
  add column scheme_fee_minor bigint check (scheme_fee_minor >= 0),
  add column settlement_number bigint references settlement,
  add constraint outgoing_transfer_settled check (settlement_number is null or state = 'committed');
alter table incoming_transfer
  -- By when the scheme must have decided.
  add column expires_at timestamptz,
  add column alarmed_at timestamptz,
  add column seen_at timestamptz,
  add column scheme_decided_at timestamptz,
  add column scheme_fee_minor bigint check (scheme_fee_minor >= 0),
  add column settlement_number bigint references settlement,
  add constraint incoming_transfer_settled check (settlement_number is null or state = 'committed');
create index outgoing_transfer_booked on outgoing_transfer (coalesce(scheme_decided_at, decided_at));
create index incoming_transfer_booked on incoming_transfer (coalesce(scheme_decided_at, decided_at, created_at));
create index incoming_transfer_id on incoming_transfer (transfer_id);
create index outgoing_transfer_unsettled on outgoing_transfer (decided_at) where state = 'committed' and settlement_number is null;
create index incoming_transfer_unsettled on incoming_transfer (decided_at) where state = 'committed' and settlement_number is null;

create function transfer_settled_once() returns trigger language plpgsql as $$
begin
  raise exception 'a transfer is settled once'
    using errcode = 'integrity_constraint_violation', constraint = 'transfer_settled_once';
end
$$;
create trigger outgoing_transfer_settled_once before update on outgoing_transfer
  for each row when (old.settlement_number is not null and new.settlement_number is distinct from old.settlement_number)
  execute function transfer_settled_once();
create trigger incoming_transfer_settled_once before update on incoming_transfer
  for each row when (old.settlement_number is not null and new.settlement_number is distinct from old.settlement_number)
  execute function transfer_settled_once();

create or replace function attach_incoming_transfer(p_rows jsonb) returns void language plpgsql as $$
begin
  insert into incoming_transfer (
    dfsp_id, transfer_id, digest, quote_id, payment_id, terms, state, due_at, created_at, expires_at)
  select r.dfsp_id, r.transfer_id, decode(r.digest, 'hex'), r.quote_id, r.payment_id, r.terms, 'reserved', r.due_at,
         r.created_at, r.expires_at
  from jsonb_to_recordset(p_rows) r (
    dfsp_id text, transfer_id uuid, digest text, quote_id uuid, payment_id uuid, terms text, due_at timestamptz,
    created_at timestamptz, expires_at timestamptz);
end
$$;

-- The staff decide ----------------------------------------------------------------------------------------------------

insert into staff_checked_command values ('transfer-complete'), ('transfer-release'), ('settle');

-- Transfers that two of the staff completed or released because nobody else decided.
create table transfer_override (
  payment_id uuid primary key references payment,
  act_id uuid not null unique references staff_act,
  state text not null check (state in ('completed', 'rejected')),
  decided_at timestamptz not null
);
create trigger transfer_override_kept before update or delete or truncate on transfer_override
  for each statement execute function settlement_stays();

-- Written with the money: only by an act that a second person approved, about this very payment.
create function attach_transfer_override(p_rows jsonb) returns void language plpgsql as $$
declare
  v_written integer;
begin
  insert into transfer_override (payment_id, act_id, state, decided_at)
  select p.payment_id, a.act_id, r.state, r.decided_at
  from jsonb_to_recordset(p_rows) r (payment_id uuid, act_id uuid, state text, decided_at timestamptz)
  join payment p on p.payment_id = r.payment_id and p.outside is not null
  join staff_act a on a.act_id = r.act_id
  where a.state = 'approved' and a.is_checked
    and a.command = case r.state when 'completed' then 'transfer-complete' else 'transfer-release' end
    and upper(a.args ->> 'payment') in (
      p.reference, upper(p.payment_id::text),
      upper((select o.transfer_id::text from outgoing_transfer o where o.payment_id = p.payment_id)),
      upper((select i.transfer_id::text from incoming_transfer i where i.payment_id = p.payment_id)));
  get diagnostics v_written = row_count;
  if v_written <> jsonb_array_length(p_rows) then
    raise exception 'a transfer is decided by the scheme, or by an act that two people stand for'
      using errcode = 'integrity_constraint_violation', constraint = 'transfer_override_act';
  end if;
end
$$;

-- Where the scheme says otherwise than what was done here: said once, kept for good.
create table transfer_contradiction (
  dfsp_id text not null,
  transfer_id uuid not null,
  ours text not null check (ours in ('committed', 'aborted')),
  theirs text not null check (theirs in ('committed', 'aborted')),
  heard_at timestamptz not null,
  primary key (dfsp_id, transfer_id)
);

-- Every transfer, either way, as the other rooms see it. `fee_minor` is what our own customer paid us for it; `booked_at` when it
-- was decided: by the scheme's clock, where its statement said so. What was refused before money was held has no payment.
create view scheme_transfer as
select 'out' as way, o.transfer_id, o.dfsp_id, o.payment_id, p.reference, o.quote_id, o.currency, o.amount_minor, p.fee_minor,
       o.scheme_fee_minor, o.state, o.error, o.attempts, o.created_at, o.expires_at, o.decided_at,
       coalesce(o.scheme_decided_at, o.decided_at) as booked_at, o.seen_at, o.settlement_number
from outgoing_transfer o join payment p on p.payment_id = o.payment_id
union all
select 'in', i.transfer_id, i.dfsp_id, i.payment_id, p.reference, i.quote_id, coalesce(p.currency, q.currency),
       coalesce(p.amount_minor, q.amount_minor), p.payee_fee_minor, i.scheme_fee_minor,
       case i.state when 'reserved' then 'open' when 'refused' then 'aborted' else i.state end, i.error, i.attempts, i.created_at,
       coalesce(i.expires_at, i.created_at), case i.state when 'refused' then i.created_at else i.decided_at end,
       case when i.state <> 'reserved' then coalesce(i.scheme_decided_at, i.decided_at, i.created_at) end, i.seen_at, i.settlement_number
from incoming_transfer i
left join payment p on p.payment_id = i.payment_id
left join incoming_quote q on q.dfsp_id = i.dfsp_id and q.quote_id = i.quote_id;

-- Settling ------------------------------------------------------------------------------------------------------------

-- Written with the money between the bank and the clearing account: closes a window behind the last one, over what is committed by
-- then and in no window yet. Sums that are not these, nothing to settle and a window that is closed already are refused.
create function attach_settlement(p_rows jsonb) returns void language plpgsql as $$
declare
  r record;
  v_last settlement;
  v_number bigint;
  v_out bigint;
  v_in bigint;
  v_count bigint;
begin
  for r in
    select * from jsonb_to_recordset(p_rows) x (
      currency text, to_at timestamptz, out_minor bigint, in_minor bigint, fee_minor bigint, paid_minor bigint, transfer_id uuid,
      act_id uuid, closed_at timestamptz)
  loop
    if not exists (
      select from staff_act a where a.act_id = r.act_id and a.state = 'approved' and a.is_checked and a.command = 'settle')
    then
      raise exception 'nothing is settled without an act that two people stand for'
        using errcode = 'integrity_constraint_violation', constraint = 'settlement_act';
    end if;
    select * into v_last from settlement order by number desc limit 1;
    if r.to_at <= v_last.to_at then
      raise exception 'up to then it is settled already'
        using errcode = 'integrity_constraint_violation', constraint = 'settlement_closed';
    end if;
    v_number := coalesce(v_last.number, 0) + 1;
    select count(*), coalesce(sum(amount_minor) filter (where way = 'out'), 0), coalesce(sum(amount_minor) filter (where way = 'in'), 0)
      into v_count, v_out, v_in
    from scheme_transfer
    where state = 'committed' and settlement_number is null and currency = r.currency and booked_at < r.to_at;
    if v_count = 0 then
      raise exception 'there is nothing to settle'
        using errcode = 'integrity_constraint_violation', constraint = 'settlement_nothing';
    end if;
    -- Two at once get one number: the second waits here, and is refused.
    insert into settlement (
      number, currency, from_at, to_at, transfers, out_minor, in_minor, fee_minor, paid_minor, transfer_id, act_id, closed_at)
    values (v_number, r.currency, v_last.to_at, r.to_at, v_count, r.out_minor, r.in_minor, r.fee_minor, r.paid_minor, r.transfer_id,
            r.act_id, r.closed_at);
    update outgoing_transfer o set settlement_number = v_number
    where o.state = 'committed' and o.settlement_number is null and o.currency = r.currency
      and coalesce(o.scheme_decided_at, o.decided_at) < r.to_at;
    update incoming_transfer i set settlement_number = v_number
    from payment p
    where p.payment_id = i.payment_id and i.state = 'committed' and i.settlement_number is null and p.currency = r.currency
      and coalesce(i.scheme_decided_at, i.decided_at) < r.to_at;
    insert into settlement_position (number, dfsp_id, out_count, out_minor, in_count, in_minor)
    select v_number, dfsp_id, count(*) filter (where way = 'out'), coalesce(sum(amount_minor) filter (where way = 'out'), 0),
           count(*) filter (where way = 'in'), coalesce(sum(amount_minor) filter (where way = 'in'), 0)
    from scheme_transfer where settlement_number = v_number group by dfsp_id;
    select coalesce(sum(out_minor), 0), coalesce(sum(in_minor), 0) into v_out, v_in
    from settlement_position where number = v_number;
    if (v_out, v_in) <> (r.out_minor, r.in_minor) then
      raise exception 'another transfer was decided meanwhile'
        using errcode = 'integrity_constraint_violation', constraint = 'settlement_moved';
    end if;
  end loop;
end
$$;

-- Reconciling ---------------------------------------------------------------------------------------------------------

create table reconciliation (
  number bigint generated always as identity primary key,
  from_at timestamptz not null,
  to_at timestamptz not null,
  -- What ours was compared with.
  source text not null check (source in ('scheme', 'file')),
  act_id uuid not null unique references staff_act,
  -- How many transfers each side has.
  ours bigint not null,
  theirs bigint not null,
  made_at timestamptz not null,
  check (from_at < to_at)
);
create table reconciliation_finding (
  number bigint not null references reconciliation,
  place integer not null,
  kind text not null check (kind in ('missing_here', 'missing_there', 'provider_differs', 'amount_differs', 'state_differs',
    'undecided_there', 'decided_otherwise', 'clearing_differs')),
  way text check (way in ('out', 'in')),
  dfsp_id text,
  transfer_id uuid,
  payment_id uuid references payment,
  ours text not null,
  theirs text not null,
  primary key (number, place)
);
create trigger reconciliation_kept before update or delete or truncate on reconciliation
  for each statement execute function settlement_stays();
create trigger reconciliation_finding_kept before update or delete or truncate on reconciliation_finding
  for each statement execute function settlement_stays();

revoke all on function attach_transfer_override, attach_settlement from public;
grant select on settlement, settlement_position, transfer_override, scheme_transfer to starhash_app;
grant select, insert on transfer_contradiction, reconciliation, reconciliation_finding to starhash_app;
grant update (alarmed_at, seen_at, scheme_decided_at, scheme_fee_minor) on outgoing_transfer to starhash_app;
grant update (alarmed_at, seen_at, scheme_decided_at, scheme_fee_minor, error) on incoming_transfer to starhash_app;
