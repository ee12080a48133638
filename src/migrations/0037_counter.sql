-- Cash at a counter of another provider: a customer here has a code for an agent there, or an agent here asks somebody from there
-- for theirs.

-- Payments ------------------------------------------------------------------------------------------------------------

-- Money that is held for a code may be meant for an agent elsewhere: then it ends by itself, until the code was told right. From
-- then on (no expiry any more) it waits for the scheme, as whatever else crosses it.
alter table payment
  drop constraint payment_waits_until,
  add constraint payment_waits_until check (
    state <> 'pending' or outside is not null or expires_at is not null),
  add constraint payment_outside_ends check (
    state <> 'pending' or outside is null or expires_at is null or (product = 'cash_out' and asked_as = 'payer'));

create trigger payment_claim_frozen before update on payment
  for each row when (old.state = 'pending' and new.state = 'pending' and old.expires_at is not null and new.expires_at is null)
  execute function payment_frozen();

alter table agent_code
  -- Null: an agent elsewhere, whom the payment names.
  alter column agent_id drop not null,
  -- How often the customer was sent another one.
  add column resent smallint not null default 0;

-- A code was told right in time: nothing ends its money now but the scheme. False: it is over, or told already.
create function code_claim(p_payment_id uuid, p_now timestamptz) returns boolean language plpgsql security definer
set search_path from current as $$
begin
  update payment set expires_at = null
  where payment_id = p_payment_id and state = 'pending' and expires_at > p_now
    and product = 'cash_out' and asked_as = 'payer' and outside is not null;
  return found;
end
$$;

-- The sweeper gives it back, at once: it was told wrongly too often, or (`p_claimed`) right, and could not leave. False: neither.
create function code_end(p_payment_id uuid, p_claimed boolean, p_now timestamptz) returns boolean language plpgsql security definer
set search_path from current as $$
begin
  perform from payment where payment_id = p_payment_id for update;
  update payment set expires_at = p_now
  where payment_id = p_payment_id and state = 'pending' and (expires_at is null) = p_claimed
    and product = 'cash_out' and asked_as = 'payer' and outside is not null
    and not exists (select from outgoing_transfer where payment_id = p_payment_id);
  return found;
end
$$;

-- It leaves, once, by an offer that stands. False: it is not to leave.
create function code_send(p_row jsonb) returns boolean language plpgsql security definer
set search_path from current as $$
declare
  v_payment_id uuid := p_row ->> 'payment_id';
begin
  perform from payment
  where payment_id = v_payment_id and state = 'pending' and expires_at is null
    and product = 'cash_out' and asked_as = 'payer' and outside is not null
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

-- What becomes of the money of such a code. Before it was told right, whoever comes first decides; after that, only what the scheme
-- says of its transfer. `expires_at`: as whoever decides has seen it, so that nobody decides over what was told right meanwhile.
create function attach_code_decision(p_rows jsonb) returns void language plpgsql as $$
declare
  r record;
  v_expires_at timestamptz;
begin
  for r in
    select * from jsonb_to_recordset(p_rows) x (
      payment_id uuid, state text, decided_at timestamptz, expires_at timestamptz) order by x.payment_id
  loop
    select expires_at into strict v_expires_at from payment where payment_id = r.payment_id for update;
    if v_expires_at is null and r.expires_at is null
       and exists (select from outgoing_transfer where payment_id = r.payment_id) then
      perform attach_outgoing_decision(jsonb_build_array(to_jsonb(r)));
    elsif r.state <> 'aborted' or v_expires_at is null or v_expires_at is distinct from r.expires_at then
      raise exception 'payment % is on its way to a counter', r.payment_id
        using errcode = 'integrity_constraint_violation', constraint = 'payment_decided_once';
    end if;
  end loop;
end
$$;

-- What others ask of a customer here, by their code ---------------------------------------------------------------------

create table code_request (
  -- Who asks: the agent's provider.
  dfsp_id text not null,
  -- UUIDv4: as it is on the wire.
  request_id uuid not null,
  -- Of what was asked: the same again gets the same answer.
  digest bytea not null,
  -- The money that is held for the code. Null: there is none, and it was refused at once.
  payment_id uuid references payment,
  -- The agent, as the scheme named them.
  payee jsonb not null,
  -- open: the code is asked for. right: it was told, and the money is about to leave. sent: it has. rejected: nothing comes of it.
  state text not null check (state in ('open', 'right', 'sent', 'rejected')),
  error jsonb,
  -- What the agent's provider offered, and until when.
  quote_id uuid references outgoing_quote on delete set null,
  offered_until timestamptz,
  right_at timestamptz,
  due_at timestamptz,
  attempts integer not null default 0,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  primary key (dfsp_id, request_id),
  check (payment_id is not null or state = 'rejected'),
  check ((state in ('right', 'sent')) <= (right_at is not null))
);
create index code_request_due on code_request (due_at) where due_at is not null;
create index code_request_payment on code_request (payment_id) where payment_id is not null;

-- What an agent here asks of somebody from elsewhere ---------------------------------------------------------------------

create table cash_request (
  cash_request_id uuid primary key,
  -- Who is asked: the customer's provider.
  dfsp_id text not null,
  request_id uuid not null,
  agent_id uuid not null references customer,
  account_id bigint not null references account,
  -- Who stands at the counter.
  asked_by uuid not null references customer,
  -- The customer, as the scheme named them.
  party jsonb not null,
  currency text not null,
  amount_minor bigint not null check (amount_minor > 0),
  commission_minor bigint not null check (commission_minor >= 0),
  -- asked: the customer's provider has not asked for the code (again). wanted: it has. answered: what was typed is on its way.
  -- paying: the money is held here. paid: it is the agent's.
  state text not null
    check (state in ('asked', 'wanted', 'answered', 'paying', 'paid', 'refused', 'cancelled', 'expired')),
  -- As the customer's provider counts them.
  tries_left integer,
  error jsonb,
  payment_id uuid unique,
  -- When the agent last did something: soon after it they are still on the line.
  acted_at timestamptz not null,
  due_at timestamptz,
  attempts integer not null default 0,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  expires_at timestamptz not null,
  unique (dfsp_id, request_id),
  check ((state in ('paying', 'paid')) <= (payment_id is not null))
);
-- One customer from elsewhere is served at a time.
create unique index cash_request_one_open on cash_request (account_id) where state in ('asked', 'wanted', 'answered');
create index cash_request_due on cash_request (due_at) where due_at is not null;
create index cash_request_over on cash_request (expires_at) where state in ('asked', 'wanted', 'answered');

create function code_or_cash_request_guard() returns trigger language plpgsql as $$
begin
  if old.state <> new.state and (
       old.state in ('sent', 'rejected', 'paid', 'refused', 'cancelled', 'expired')
       or (old.state = 'paying' and new.state not in ('paid', 'refused'))) then
    raise exception 'what became of % stays so', tg_table_name;
  end if;
  return new;
end $$;
create trigger code_request_guard before update on code_request
  for each row execute function code_or_cash_request_guard();
create trigger cash_request_guard before update on cash_request
  for each row execute function code_or_cash_request_guard();

-- The money of a request comes in: held once (`pending`), then the agent's, or not.
create function attach_cash_request(p_rows jsonb) returns void language plpgsql as $$
declare
  v_changed integer;
begin
  update cash_request c
  set state = case r.state when 'pending' then 'paying' when 'completed' then 'paid' else 'refused' end,
      payment_id = r.payment_id, due_at = null, updated_at = r.at
  from jsonb_to_recordset(p_rows) r (
    cash_request_id uuid, payment_id uuid, state text, account_id bigint, currency text, amount_minor bigint, at timestamptz)
  where c.cash_request_id = r.cash_request_id
    and case when r.state = 'pending'
             then c.state in ('asked', 'wanted', 'answered') and c.account_id = r.account_id and c.currency = r.currency
                  and c.amount_minor = r.amount_minor
             else c.state = 'paying' and c.payment_id = r.payment_id end;
  get diagnostics v_changed = row_count;
  if v_changed <> jsonb_array_length(p_rows) then
    raise exception 'a request for cash is no longer open'
      using errcode = 'integrity_constraint_violation', constraint = 'cash_request_open';
  end if;
end
$$;

alter table incoming_quote
  drop constraint incoming_quote_product_check,
  add constraint incoming_quote_product_check check (product in ('send', 'purchase', 'cash_out')),
  -- What the agent earns who hands out cash.
  add column commission_minor bigint not null default 0 check (commission_minor >= 0);

-- Null: a customer of another provider.
alter table id_check alter column customer_id drop not null;

revoke all on function code_claim, code_end, code_send, attach_code_decision, attach_cash_request from public;
grant execute on function code_claim, code_end, code_send to starhash_app;
grant update (resent) on agent_code to starhash_app;
grant select, insert, update (state, error, quote_id, offered_until, right_at, due_at, attempts) on code_request to starhash_app;
grant select, insert, update (state, tries_left, error, acted_at, due_at, attempts, updated_at) on cash_request to starhash_app;
