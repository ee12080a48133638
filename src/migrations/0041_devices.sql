-- Codes that are good at any machine, or in any shop, of other providers: who is on the other side is known when the code was told.

-- Payments ------------------------------------------------------------------------------------------------------------

-- Held for a code that is told elsewhere: what its payer asked for, with somebody elsewhere, and nothing that it is for yet.
alter table payment
  drop constraint payment_outside_ends,
  add constraint payment_outside_ends check (
    state <> 'pending' or outside is null or expires_at is null
    or (product in ('cash_out', 'purchase') and asked_as = 'payer' and subject_id is null)),
  -- An empty provider: whoever the code is told to.
  add constraint payment_outside_named check (outside ->> 'dfspId' <> '' or state <> 'completed');

drop trigger payment_outside_kept on payment;
create trigger payment_outside_kept before update on payment
  for each row when (
    old.outside is distinct from new.outside
    and not coalesce(
      old.outside ->> 'dfspId' = '' and new.outside ->> 'dfspId' <> ''
      and old.state = 'pending' and old.expires_at is not null and new.expires_at is null, false))
  execute function payment_outside_stays();

-- As in 0037, of whatever is paid by a code; whoever it was told to is on the other side from then on.
drop function code_claim(uuid, timestamptz);
create function code_claim(p_payment_id uuid, p_outside jsonb, p_now timestamptz) returns boolean language plpgsql security definer
set search_path from current as $$
begin
  update payment
  set expires_at = null, outside = case when outside ->> 'dfspId' = '' then p_outside else outside end
  where payment_id = p_payment_id and state = 'pending' and expires_at > p_now
    and asked_as = 'payer' and outside is not null and subject_id is null;
  return found;
end
$$;

create or replace function code_end(p_payment_id uuid, p_claimed boolean, p_now timestamptz) returns boolean language plpgsql
security definer set search_path from current as $$
begin
  perform from payment where payment_id = p_payment_id for update;
  update payment set expires_at = p_now
  where payment_id = p_payment_id and state = 'pending' and (expires_at is null) = p_claimed
    and asked_as = 'payer' and outside is not null and subject_id is null
    and not exists (select from outgoing_transfer where payment_id = p_payment_id);
  return found;
end
$$;

create or replace function code_send(p_row jsonb) returns boolean language plpgsql security definer
set search_path from current as $$
declare
  v_payment_id uuid := p_row ->> 'payment_id';
begin
  perform from payment
  where payment_id = v_payment_id and state = 'pending' and expires_at is null
    and asked_as = 'payer' and outside is not null and subject_id is null
  for update;
  if not found then
    return false;
  end if;
  if not exists (select from outgoing_transfer where payment_id = v_payment_id) then
    perform attach_outgoing_transfer(jsonb_build_array(p_row));
  end if;
  return true;
end
$$;

revoke all on function code_claim from public;
grant execute on function code_claim to starhash_app;

-- Codes ---------------------------------------------------------------------------------------------------------------

alter table agent_code
  drop constraint agent_code_purpose_check,
  add constraint agent_code_purpose_check check (purpose in ('cash_in', 'cash_out', 'purchase'));
-- A customer has one code for cash at a time, and one for a shop.
drop index agent_code_one_open;
create unique index agent_code_one_open on agent_code (customer_id, purpose) where purpose <> 'cash_in' and code is not null;

create or replace function attach_agent_code(p_rows jsonb) returns void language sql as $$
  insert into agent_code (payment_id, purpose, customer_id, agent_id, code, key_id, tries_left, created_at, expires_at)
  select r.payment_id, r.purpose, r.customer_id, r.agent_id, decode(r.code, 'base64'), r.key_id, r.tries_left,
         r.created_at, r.expires_at
  from jsonb_to_recordset(p_rows) r (
    payment_id uuid, purpose text, customer_id uuid, agent_id uuid, code text, key_id text, tries_left smallint,
    created_at timestamptz, expires_at timestamptz)
$$;

-- What was asked for, as whoever asks has said it: an offer for it is asked for in the same words.
alter table code_request
  add column transaction_type jsonb not null
    default '{"scenario": "WITHDRAWAL", "initiator": "PAYEE", "initiatorType": "AGENT"}';
alter table code_request alter column transaction_type drop default;

-- What a counter here asks ------------------------------------------------------------------------------------------------

-- A shop asks for a code as an agent does; what it sells is an invoice with the same id, and the money moves both, or neither.
alter table cash_request rename to counter_request;
alter table counter_request rename column cash_request_id to counter_request_id;
alter table counter_request rename column agent_id to owner_id;
alter table counter_request
  add column product text not null default 'cash_out' check (product in ('cash_out', 'purchase')),
  add constraint counter_request_commission check (product = 'cash_out' or commission_minor = 0);
alter table counter_request alter column product drop default;
drop index cash_request_one_open;
-- An agent serves one customer from elsewhere at a time; who sells in a shop, as many as there are.
create unique index counter_request_one_open on counter_request (account_id)
  where product = 'cash_out' and state in ('asked', 'wanted', 'answered');
create index counter_request_sale on counter_request (asked_by, created_at)
  where product = 'purchase' and state in ('asked', 'wanted', 'answered');
alter index cash_request_due rename to counter_request_due;
alter index cash_request_over rename to counter_request_over;
alter index cash_request_age rename to counter_request_age;
alter trigger cash_request_guard on counter_request rename to counter_request_guard;
alter function code_or_cash_request_guard rename to code_or_counter_request_guard;

-- As in 0037, for what either asks.
drop function attach_cash_request;
create function attach_counter_request(p_rows jsonb) returns void language plpgsql as $$
declare
  v_changed integer;
begin
  update counter_request c
  set state = case r.state when 'pending' then 'paying' when 'completed' then 'paid' else 'refused' end,
      payment_id = r.payment_id, due_at = null, updated_at = r.at
  from jsonb_to_recordset(p_rows) r (
    counter_request_id uuid, payment_id uuid, state text, account_id bigint, currency text, amount_minor bigint, at timestamptz)
  where c.counter_request_id = r.counter_request_id
    and case when r.state = 'pending'
             then c.state in ('asked', 'wanted', 'answered') and c.account_id = r.account_id and c.currency = r.currency
                  and c.amount_minor = r.amount_minor
             else c.state = 'paying' and c.payment_id = r.payment_id end;
  get diagnostics v_changed = row_count;
  if v_changed <> jsonb_array_length(p_rows) then
    raise exception 'what a counter asks for is no longer open'
      using errcode = 'integrity_constraint_violation', constraint = 'counter_request_open';
  end if;
end
$$;
revoke all on function attach_counter_request from public;

-- As in 0040.
create or replace function counter_forget(p_before timestamptz, p_limit integer) returns integer language plpgsql security definer
set search_path from current as $$
declare
  v_before constant timestamptz := forgettable_before(p_before);
  v_gone integer;
  v_count integer;
begin
  delete from code_request where (dfsp_id, request_id) in (
    select c.dfsp_id, c.request_id from code_request c
    where c.created_at < v_before and c.state in ('sent', 'rejected') and c.due_at is null
      and not exists (select from payment p where p.payment_id = c.payment_id and p.state = 'pending')
    order by c.created_at limit p_limit for update skip locked);
  get diagnostics v_count = row_count;
  delete from counter_request where counter_request_id in (
    select c.counter_request_id from counter_request c
    where c.created_at < v_before and c.state in ('refused', 'cancelled', 'expired') and c.due_at is null and c.payment_id is null
    order by c.created_at limit p_limit for update skip locked);
  get diagnostics v_gone = row_count;
  return v_count + v_gone;
end
$$;
