-- What makes an agent: whose super-agent, alarms of the float, one-time codes, the look at a customer's ID, requests for
-- float, the report of each day. Money itself is the payments' and the ledger's.

create table agent (
  agent_id uuid primary key references customer,
  is_super boolean not null default false,
  super_agent_id uuid,
  -- Whoever stands above an agent is a super-agent, and nobody stands above one.
  super_is_super boolean generated always as (case when super_agent_id is not null then true end) stored,
  -- Null: the market's.
  float_low_minor bigint check (float_low_minor >= 0),
  float_high_minor bigint check (float_high_minor > 0),
  -- Where the float was when it was last looked at: a crossing is told once, by whoever moves this on.
  float_zone text not null default 'normal' check (float_zone in ('low', 'normal', 'high')),
  -- The first day that is reported, by the market's calendar.
  since date not null,
  unique (agent_id, is_super),
  foreign key (super_agent_id, super_is_super) references agent (agent_id, is_super),
  constraint agent_two_levels check (not is_super or super_agent_id is null),
  constraint agent_float_bounds check (float_low_minor < float_high_minor)
);
create index agent_below on agent (super_agent_id) where super_agent_id is not null;

-- The float: what is free on the account in which an agent keeps it.
create view agent_float as
  select a.agent_id, a.float_zone, a.float_low_minor, a.float_high_minor, h.account_id,
         l.credits_posted_minor - l.debits_posted_minor - l.debits_pending_minor as float_minor
  from agent a
  join customer c on c.customer_id = a.agent_id and c.role = 'agent' and c.status = 'active'
  join account_holder h on h.customer_id = a.agent_id and h.is_primary
  join ledger_account l on l.account_id = h.account_id;

-- Codes that a customer tells an agent: for a cash-out that is held (its payment has the same id), for a cash-in that is
-- quoted. Sealed while they are open, and gone afterwards.
create table agent_code (
  payment_id uuid primary key,
  purpose text not null check (purpose in ('cash_in', 'cash_out')),
  customer_id uuid not null references customer,
  agent_id uuid not null references customer,
  code bytea,
  key_id text,
  tries_left smallint not null check (tries_left >= 0),
  -- The hop that tried last: delivered again it takes no further try.
  tried_by text,
  -- When the agent told it right.
  proven_at timestamptz,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  constraint agent_code_sealed check ((code is null) = (key_id is null))
);
-- A customer has one code for a cash-out at a time.
create unique index agent_code_one_open on agent_code (customer_id) where purpose = 'cash_out' and code is not null;
create index agent_code_old on agent_code (expires_at) where code is not null;

-- That an agent looked at a customer's ID, and the end of its number. Kept with the payment, or with nothing.
create table id_check (
  payment_id uuid primary key,
  customer_id uuid not null references customer,
  agent_id uuid not null references customer,
  id_type text not null check (id_type in ('national_id', 'passport', 'driving_licence', 'other')),
  digits bytea not null,
  key_id text not null,
  checked_at timestamptz not null
);

create table float_request (
  request_id uuid primary key,
  agent_id uuid not null references customer,
  super_agent_id uuid not null references customer,
  amount_minor bigint not null check (amount_minor > 0),
  state text not null check (state in ('open', 'paid', 'refused', 'expired')),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  expires_at timestamptz not null,
  check (agent_id <> super_agent_id)
);
create unique index float_request_one_open on float_request (agent_id) where state = 'open';
create index float_request_waiting on float_request (super_agent_id, created_at) where state = 'open';

-- The days that were reported to an agent: once each.
create table agent_report (
  agent_id uuid not null references customer,
  day date not null,
  primary key (agent_id, day)
);

-- Rows that commit with money -----------------------------------------------------------------------------------------

-- A code is born with the money that it holds.
create function attach_agent_code(p_rows jsonb) returns void language sql as $$
  insert into agent_code (payment_id, purpose, customer_id, agent_id, code, key_id, tries_left, created_at, expires_at)
  select r.payment_id, 'cash_out', r.customer_id, r.agent_id, decode(r.code, 'base64'), r.key_id, r.tries_left,
         r.created_at, r.expires_at
  from jsonb_to_recordset(p_rows) r (
    payment_id uuid, customer_id uuid, agent_id uuid, code text, key_id text, tries_left smallint,
    created_at timestamptz, expires_at timestamptz)
$$;

-- It ends with the decision over that money.
create function attach_agent_code_end(p_rows jsonb) returns void language sql as $$
  update agent_code c set code = null, key_id = null
  from jsonb_to_recordset(p_rows) r (payment_id uuid) where c.payment_id = r.payment_id
$$;

-- What an agent must have shown before a payment: the customer's code (`code_after`: told right since), their ID.
create function attach_agent_evidence(p_rows jsonb) returns void language plpgsql as $$
begin
  if exists (
    select from jsonb_to_recordset(p_rows) r (payment_id uuid, needs_id boolean)
    where r.needs_id and not exists (select from id_check i where i.payment_id = r.payment_id))
  then
    raise exception 'nobody looked at the ID of a customer'
      using errcode = 'integrity_constraint_violation', constraint = 'agent_id_unseen';
  end if;
  if exists (
    select from jsonb_to_recordset(p_rows) r (payment_id uuid, needs_code boolean, code_after timestamptz)
    where r.needs_code and not exists (
      select from agent_code c where c.payment_id = r.payment_id and c.proven_at > r.code_after))
  then
    raise exception 'the code of a customer was not told'
      using errcode = 'integrity_constraint_violation', constraint = 'agent_code_untold';
  end if;
end
$$;

-- Float moves between an agent and the super-agent, and a request for it is answered once.
create function attach_agent_float(p_rows jsonb) returns void language plpgsql as $$
declare
  v_asked integer;
  v_paid integer;
begin
  if exists (
    select from jsonb_to_recordset(p_rows) r (payer_id uuid, payee_id uuid)
    where not exists (
      select from agent a
      where (a.agent_id, a.super_agent_id) in ((r.payer_id, r.payee_id), (r.payee_id, r.payer_id))))
  then
    raise exception 'float moves within one hierarchy'
      using errcode = 'integrity_constraint_violation', constraint = 'agent_float_unrelated';
  end if;
  select count(*) into v_asked from jsonb_to_recordset(p_rows) r (request_id uuid) where r.request_id is not null;
  update float_request f set state = 'paid', updated_at = r.at
  from jsonb_to_recordset(p_rows) r (request_id uuid, payer_id uuid, payee_id uuid, amount_minor bigint, at timestamptz)
  where f.request_id = r.request_id and f.state = 'open' and f.expires_at > r.at
    and (f.super_agent_id, f.agent_id, f.amount_minor) = (r.payer_id, r.payee_id, r.amount_minor);
  get diagnostics v_paid = row_count;
  if v_paid <> v_asked then
    raise exception 'a request for float was answered before'
      using errcode = 'integrity_constraint_violation', constraint = 'agent_float_answered';
  end if;
end
$$;

revoke all on function attach_agent_code, attach_agent_code_end, attach_agent_evidence, attach_agent_float from public;

create index customer_agents on customer (customer_id) where role = 'agent';
create index payment_short_of_float on payment (payer_id, updated_at)
  where state = 'failed' and product = 'cash_in' and failure = 'funds_insufficient';

grant select on agent_float to starhash_app;
grant select, insert, update (is_super, super_agent_id, float_low_minor, float_high_minor, float_zone) on agent to starhash_app;
grant select, insert, update (code, key_id, tries_left, tried_by, proven_at, created_at, expires_at) on agent_code to starhash_app;
grant select, insert, update (id_type, digits, key_id, checked_at) on id_check to starhash_app;
grant select, insert, update (state, updated_at) on float_request to starhash_app;
grant select, insert on agent_report to starhash_app;
