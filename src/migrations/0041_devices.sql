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
