-- Where a scheme has decided otherwise than what was done here, two of the staff put the books right (M32): once, by a transfer of its
-- own that names the first, whose row stays as it is.

-- What is lost by it is the provider's; what a customer's account does not take is kept for them.
alter type ledger_account_kind add value 'loss';
alter type ledger_account_kind add value 'suspense';

alter table payment
  drop constraint payment_product_check,
  add constraint payment_product_check check (product in
    ('send', 'own', 'cash_in', 'cash_out', 'purchase', 'float', 'sweep', 'refund', 'topup', 'correction'));

insert into staff_checked_command values ('transfer-correct');

-- What the scheme says -----------------------------------------------------------------------------------------------

-- Each word that is another one than the word before, the first where it is another one than what was done here. `ours`: as it was
-- here when it was heard.
alter table transfer_contradiction add column number integer not null default 1 check (number > 0);
alter table transfer_contradiction
  alter column number drop default,
  drop constraint transfer_contradiction_pkey,
  add constraint transfer_contradiction_pkey primary key (dfsp_id, transfer_id, number);
create trigger transfer_contradiction_kept before update or delete or truncate on transfer_contradiction
  for each statement execute function settlement_stays();
revoke insert on transfer_contradiction from starhash_app;

-- Corrections --------------------------------------------------------------------------------------------------------

create table transfer_correction (
  dfsp_id text not null,
  transfer_id uuid not null,
  way text not null check (way in ('out', 'in')),
  -- Of the books; also the payment, where it is of a customer's account.
  correction_id uuid not null unique,
  -- The first one; null: it was refused before there was any.
  payment_id uuid unique references payment,
  -- What the scheme says, and holds here from now on.
  state text not null check (state in ('committed', 'aborted')),
  -- Whose account took part: the customer's, or the provider's own.
  side text not null check (side in ('customer', 'provider')),
  currency text not null,
  amount_minor bigint not null check (amount_minor > 0),
  -- What our customer pays for it in the end.
  fee_minor bigint not null check (fee_minor >= 0),
  -- When the scheme decided it, or was heard to have.
  booked_at timestamptz not null,
  act_id uuid not null unique references staff_act,
  corrected_at timestamptz not null,
  settlement_number bigint references settlement,
  primary key (dfsp_id, transfer_id)
);
create index transfer_correction_booked on transfer_correction (booked_at);
create trigger transfer_correction_kept before delete or truncate on transfer_correction
  for each statement execute function settlement_stays();
create trigger transfer_correction_stays before update on transfer_correction
  for each row when (to_jsonb(old) - 'settlement_number' is distinct from to_jsonb(new) - 'settlement_number')
  execute function settlement_stays();
create trigger transfer_correction_settled_once before update on transfer_correction
  for each row when (old.settlement_number is not null and new.settlement_number is distinct from old.settlement_number)
  execute function transfer_settled_once();

-- As in 0032: every transfer, either way, as the other rooms see it. A corrected one is what the scheme says; `decided_as` is what was
-- done here first.
create or replace view scheme_transfer as
select 'out' as way, o.transfer_id, o.dfsp_id, o.payment_id, p.reference, o.quote_id, o.currency, o.amount_minor, p.fee_minor,
       o.scheme_fee_minor, o.state, o.error, o.attempts, o.created_at, o.expires_at, o.decided_at,
       coalesce(o.scheme_decided_at, o.decided_at) as booked_at, o.seen_at, o.settlement_number,
       o.state as decided_as, null::uuid as correction_id
from outgoing_transfer o join payment p on p.payment_id = o.payment_id
where not exists (select from transfer_correction c where c.dfsp_id = o.dfsp_id and c.transfer_id = o.transfer_id)
union all
select 'in', i.transfer_id, i.dfsp_id, i.payment_id, p.reference, i.quote_id, coalesce(p.currency, q.currency),
       coalesce(p.amount_minor, q.amount_minor), p.payee_fee_minor, i.scheme_fee_minor,
       case i.state when 'reserved' then 'open' when 'refused' then 'aborted' else i.state end, i.error, i.attempts, i.created_at,
       coalesce(i.expires_at, i.created_at), case i.state when 'refused' then i.created_at else i.decided_at end,
       case when i.state <> 'reserved' then coalesce(i.scheme_decided_at, i.decided_at, i.created_at) end, i.seen_at, i.settlement_number,
       case i.state when 'reserved' then 'open' when 'refused' then 'aborted' else i.state end, null
from incoming_transfer i
left join payment p on p.payment_id = i.payment_id
left join incoming_quote q on q.dfsp_id = i.dfsp_id and q.quote_id = i.quote_id
where not exists (select from transfer_correction c where c.dfsp_id = i.dfsp_id and c.transfer_id = i.transfer_id)
union all
select 'out', o.transfer_id, o.dfsp_id, o.payment_id, p.reference, o.quote_id, o.currency, o.amount_minor, c.fee_minor,
       o.scheme_fee_minor, c.state, o.error, o.attempts, o.created_at, o.expires_at, o.decided_at,
       c.booked_at, o.seen_at, coalesce(o.settlement_number, c.settlement_number), o.state, c.correction_id
from transfer_correction c
join outgoing_transfer o on o.dfsp_id = c.dfsp_id and o.transfer_id = c.transfer_id
join payment p on p.payment_id = o.payment_id
where c.way = 'out'
union all
select 'in', i.transfer_id, i.dfsp_id, i.payment_id, coalesce(p.reference, b.reference), i.quote_id, c.currency, c.amount_minor, c.fee_minor,
       i.scheme_fee_minor, c.state, i.error, i.attempts, i.created_at, coalesce(i.expires_at, i.created_at),
       coalesce(i.decided_at, i.created_at), c.booked_at, i.seen_at, coalesce(i.settlement_number, c.settlement_number),
       case i.state when 'refused' then 'aborted' else i.state end, c.correction_id
from transfer_correction c
join incoming_transfer i on i.dfsp_id = c.dfsp_id and i.transfer_id = c.transfer_id
left join payment p on p.payment_id = i.payment_id
left join payment b on b.payment_id = c.correction_id
where c.way = 'in';

-- Where the scheme says, last, otherwise than what holds here.
create view transfer_contradicted as
select t.way, t.transfer_id, t.dfsp_id, t.payment_id, t.reference, t.quote_id, t.currency, t.amount_minor, t.expires_at, t.state as ours,
       w.theirs, w.heard_at, t.correction_id
from (
  select distinct on (dfsp_id, transfer_id) dfsp_id, transfer_id, theirs, heard_at
  from transfer_contradiction order by dfsp_id, transfer_id, number desc
) w
join scheme_transfer t on t.dfsp_id = w.dfsp_id and t.transfer_id = w.transfer_id
where t.state <> w.theirs;

-- A word of the scheme over a transfer that is decided here. Where it is another one than was known: what holds here; else null.
create function transfer_word_heard(p_dfsp_id text, p_transfer_id uuid, p_theirs text, p_at timestamptz) returns text
language plpgsql security definer set search_path from current as $$
declare
  v_ours text;
  v_last transfer_contradiction;
begin
  select state into v_ours from scheme_transfer where dfsp_id = p_dfsp_id and transfer_id = p_transfer_id;
  if v_ours is null or v_ours = 'open' then
    return null;
  end if;
  select * into v_last from transfer_contradiction
  where dfsp_id = p_dfsp_id and transfer_id = p_transfer_id order by number desc limit 1;
  if coalesce(v_last.theirs, v_ours) = p_theirs then
    return null;
  end if;
  insert into transfer_contradiction (dfsp_id, transfer_id, number, ours, theirs, heard_at)
  values (p_dfsp_id, p_transfer_id, coalesce(v_last.number, 0) + 1, v_ours, p_theirs, p_at)
  on conflict do nothing; -- heard by somebody else at this moment
  return case when found then v_ours end;
end
$$;

-- Written with the money: only by an act that a second person approved, about this transfer and by this side, and only where the scheme
-- still says so. What is undone counts as come back, so that it comes back once; what a refund brought back before, and is undone or done,
-- is taken from or added to that count.
create function attach_transfer_correction(p_rows jsonb) returns void language plpgsql as $$
declare
  r record;
  v_open transfer_contradicted;
  v_payment payment;
  v_refund refund;
begin
  for r in
    select * from jsonb_to_recordset(p_rows) x (
      dfsp_id text, transfer_id uuid, correction_id uuid, state text, side text, fee_minor bigint, act_id uuid,
      corrected_at timestamptz)
    order by x.dfsp_id, x.transfer_id
  loop
    -- Of two at once the second waits here, as does whoever settles it.
    perform from outgoing_transfer where dfsp_id = r.dfsp_id and transfer_id = r.transfer_id for update;
    perform from incoming_transfer where dfsp_id = r.dfsp_id and transfer_id = r.transfer_id for update;
    if exists (select from transfer_correction where dfsp_id = r.dfsp_id and transfer_id = r.transfer_id) then
      raise exception 'this transfer was corrected before'
        using errcode = 'integrity_constraint_violation', constraint = 'transfer_corrected_once';
    end if;
    select * into v_open from transfer_contradicted where dfsp_id = r.dfsp_id and transfer_id = r.transfer_id;
    if not found or v_open.theirs <> r.state then
      raise exception 'the scheme does not say otherwise'
        using errcode = 'integrity_constraint_violation', constraint = 'transfer_correction_needless';
    end if;
    if not exists (
      select from staff_act a
      where a.act_id = r.act_id and a.state = 'approved' and a.is_checked and a.command = 'transfer-correct'
        and a.args ->> 'side' = r.side
        and upper(a.args ->> 'payment') in (
          v_open.reference, upper(v_open.payment_id::text), upper(v_open.transfer_id::text)))
    then
      raise exception 'nothing is corrected without an act that two people stand for'
        using errcode = 'integrity_constraint_violation', constraint = 'transfer_correction_act';
    end if;
    insert into transfer_correction (
      dfsp_id, transfer_id, way, correction_id, payment_id, state, side, currency, amount_minor, fee_minor, booked_at, act_id, corrected_at)
    select r.dfsp_id, r.transfer_id, v_open.way, r.correction_id, v_open.payment_id, r.state, r.side, v_open.currency, v_open.amount_minor,
           r.fee_minor, coalesce(o.scheme_decided_at, i.scheme_decided_at, v_open.heard_at), r.act_id, r.corrected_at
    from (select) one
    left join outgoing_transfer o on o.dfsp_id = r.dfsp_id and o.transfer_id = r.transfer_id
    left join incoming_transfer i on i.dfsp_id = r.dfsp_id and i.transfer_id = r.transfer_id;
    select * into v_payment from payment where payment_id = v_open.payment_id;
    if v_payment.product = 'refund' then
      select * into v_refund from refund where payment_id = v_payment.payment_id;
      update refunded
      set amount_minor = amount_minor + case r.state when 'committed' then v_refund.amount_minor else -v_refund.amount_minor end,
          fee_minor = fee_minor + case r.state when 'committed' then v_refund.fee_minor else -v_refund.fee_minor end
      where original_id = v_refund.original_id;
    elsif r.state = 'aborted' then
      insert into refunded (original_id, original_amount_minor, original_fee_minor, amount_minor, fee_minor)
      values (v_payment.payment_id, v_payment.amount_minor, v_payment.fee_minor + v_payment.payee_fee_minor, 0, 0)
      on conflict do nothing;
      update refunded set amount_minor = amount_minor + original_amount_minor, fee_minor = fee_minor + original_fee_minor
      where original_id = v_payment.payment_id;
    end if;
  end loop;
end
$$;

-- Comes with money that is only tried: would it move? Written after all other rows, it lets none of them stand.
create function attach_rehearsal(p_rows jsonb) returns void language plpgsql as $$
begin
  raise exception 'it would move' using errcode = 'integrity_constraint_violation', constraint = 'rehearsed';
end
$$;

-- Settling -----------------------------------------------------------------------------------------------------------

-- What settlements are made of: what is committed. What was settled and is corrected since stays in its settlement, and counts the other
-- way in a later one; what was corrected before it was settled is in none.
create view scheme_booking as
select way, transfer_id, dfsp_id, currency, amount_minor, scheme_fee_minor, booked_at, settlement_number
from scheme_transfer where state = 'committed'
union all
select 'out', o.transfer_id, o.dfsp_id, o.currency, o.amount_minor, o.scheme_fee_minor, coalesce(o.scheme_decided_at, o.decided_at),
       o.settlement_number
from transfer_correction c join outgoing_transfer o on o.dfsp_id = c.dfsp_id and o.transfer_id = c.transfer_id
where c.state = 'aborted' and o.settlement_number is not null
union all
select 'in', i.transfer_id, i.dfsp_id, c.currency, c.amount_minor, i.scheme_fee_minor, coalesce(i.scheme_decided_at, i.decided_at),
       i.settlement_number
from transfer_correction c join incoming_transfer i on i.dfsp_id = c.dfsp_id and i.transfer_id = c.transfer_id
where c.state = 'aborted' and i.settlement_number is not null
union all
select 'in', c.transfer_id, c.dfsp_id, c.currency, c.amount_minor, null, c.booked_at, c.settlement_number
from transfer_correction c join outgoing_transfer o on o.dfsp_id = c.dfsp_id and o.transfer_id = c.transfer_id
where c.state = 'aborted' and o.settlement_number is not null
union all
select 'out', c.transfer_id, c.dfsp_id, c.currency, c.amount_minor, null, c.booked_at, c.settlement_number
from transfer_correction c join incoming_transfer i on i.dfsp_id = c.dfsp_id and i.transfer_id = c.transfer_id
where c.state = 'aborted' and i.settlement_number is not null;

-- As in 0032, with what was corrected.
create or replace function attach_settlement(p_rows jsonb) returns void language plpgsql as $$
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
    from scheme_booking
    where settlement_number is null and currency = r.currency and booked_at < r.to_at;
    if v_count = 0 then
      raise exception 'there is nothing to settle'
        using errcode = 'integrity_constraint_violation', constraint = 'settlement_nothing';
    end if;
    -- Two at once get one number: the second waits here, and is refused.
    insert into settlement (
      number, currency, from_at, to_at, transfers, out_minor, in_minor, fee_minor, paid_minor, transfer_id, act_id, closed_at)
    values (v_number, r.currency, v_last.to_at, r.to_at, v_count, r.out_minor, r.in_minor, r.fee_minor, r.paid_minor, r.transfer_id,
            r.act_id, r.closed_at);
    update transfer_correction c set settlement_number = v_number
    where c.settlement_number is null and c.currency = r.currency and c.booked_at < r.to_at
      and (c.state = 'committed'
        or exists (select from outgoing_transfer o
                   where o.dfsp_id = c.dfsp_id and o.transfer_id = c.transfer_id and o.settlement_number is not null)
        or exists (select from incoming_transfer i
                   where i.dfsp_id = c.dfsp_id and i.transfer_id = c.transfer_id and i.settlement_number is not null));
    update outgoing_transfer o set settlement_number = v_number
    where o.state = 'committed' and o.settlement_number is null and o.currency = r.currency
      and coalesce(o.scheme_decided_at, o.decided_at) < r.to_at
      and not exists (select from transfer_correction c where c.dfsp_id = o.dfsp_id and c.transfer_id = o.transfer_id);
    update incoming_transfer i set settlement_number = v_number
    from payment p
    where p.payment_id = i.payment_id and i.state = 'committed' and i.settlement_number is null and p.currency = r.currency
      and coalesce(i.scheme_decided_at, i.decided_at) < r.to_at
      and not exists (select from transfer_correction c where c.dfsp_id = i.dfsp_id and c.transfer_id = i.transfer_id);
    insert into settlement_position (number, dfsp_id, out_count, out_minor, in_count, in_minor)
    select v_number, dfsp_id, count(*) filter (where way = 'out'), coalesce(sum(amount_minor) filter (where way = 'out'), 0),
           count(*) filter (where way = 'in'), coalesce(sum(amount_minor) filter (where way = 'in'), 0)
    from scheme_booking where settlement_number = v_number group by dfsp_id;
    select coalesce(sum(out_minor), 0), coalesce(sum(in_minor), 0) into v_out, v_in
    from settlement_position where number = v_number;
    if (v_out, v_in) <> (r.out_minor, r.in_minor) then
      raise exception 'another transfer was decided meanwhile'
        using errcode = 'integrity_constraint_violation', constraint = 'settlement_moved';
    end if;
  end loop;
end
$$;

revoke all on function transfer_word_heard, attach_transfer_correction, attach_rehearsal from public;
grant execute on function transfer_word_heard to starhash_app;
grant select on transfer_correction, transfer_contradicted, scheme_booking to starhash_app;
