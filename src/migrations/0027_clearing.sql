-- Payments with one side at another provider, and what the scheme between them was asked and has said.

-- Payments ------------------------------------------------------------------------------------------------------------

-- Who is on the other side, where that is nobody of ours: {"dfspId", "number", "firstName", "lastName"}. Such a payment goes over the
-- house's clearing account, waits for the scheme and for nobody else, and so has no expiry.
alter table quote
  alter column payee_id drop not null,
  add column outside jsonb check (outside ?& array['dfspId', 'number', 'firstName', 'lastName']),
  add constraint quote_payee_known check ((payee_id is null) = (outside is not null));

do $$
declare
  v_name text;
begin
  select conname into strict v_name from pg_constraint
  where conrelid = 'payment'::regclass and contype = 'c' and pg_get_constraintdef(oid) like '%expires_at IS NOT NULL%';
  execute format('alter table payment drop constraint %I', v_name);
  for v_name in
    select conname from pg_constraint
    where conrelid = 'payment'::regclass and contype = 'c' and pg_get_constraintdef(oid) like '%asked_as%'
  loop
    execute format('alter table payment drop constraint %I', v_name);
  end loop;
end
$$;
alter table payment
  add column outside jsonb check (outside ?& array['dfspId', 'number', 'firstName', 'lastName']),
  add constraint payment_waits_until check (state <> 'pending' or (expires_at is null) = (outside is not null)),
  add constraint payment_asked_as_check check (asked_as in ('payer', 'payee', 'staff', 'scheme')),
  add constraint payment_asked_by check ((initiator_id is null) = (asked_as in ('staff', 'scheme'))),
  add constraint payment_outside check (outside is null or (payer_id is null) <> (payee_id is null));
create index payment_outside_pending on payment (created_at) where state = 'pending' and outside is not null;

create function payment_outside_stays() returns trigger language plpgsql as $$
begin
  raise exception 'what a payment is about never changes';
end $$;
create trigger payment_outside_kept before update on payment
  for each row when (old.outside is distinct from new.outside) execute function payment_outside_stays();

-- What the centre committed is honoured, whoever was frozen since (R180, R269).
drop trigger payment_frozen on payment;
create trigger payment_frozen before update on payment
  for each row when (old.state = 'pending' and new.state = 'completed' and old.outside is null)
  execute function payment_frozen();

-- As in 0013, with the other provider's side.
create or replace function attach_payment(p_rows jsonb) returns void language plpgsql as $$
begin
  if exists (
    select from jsonb_to_recordset(p_rows) r (payment_id uuid, quote_expires_at timestamptz)
    join ledger_transfer t on t.transfer_id = r.payment_id
    where time_of(t.seq) >= r.quote_expires_at)
  then
    raise exception 'the quote of a payment has expired'
      using errcode = 'integrity_constraint_violation', constraint = 'payment_quote_expired';
  end if;
  if exists (
    select from jsonb_to_recordset(p_rows) r (payer_account_id bigint, debited_by uuid)
    where r.debited_by is not null and not exists (
      select from account_holder h
      where h.account_id = r.payer_account_id and h.customer_id = r.debited_by and h.rank in ('owner', 'signatory')))
  then
    raise exception 'whoever pays may not take from that account'
      using errcode = 'integrity_constraint_violation', constraint = 'payment_signatory';
  end if;
  insert into payment (
    payment_id, product, channel, asked_as, state, reference, initiator_id, payer_id, payee_id, payer_account_id, payee_account_id,
    currency, amount_minor, fee_minor, payee_fee_minor, fee_back_minor, commission_minor, rule_version, subject_id, outside,
    decided_by, hop_key, created_at, updated_at, expires_at)
  select r.payment_id, r.product, r.channel, r.asked_as, r.state, r.reference, r.initiator_id, r.payer_id, r.payee_id,
         r.payer_account_id, r.payee_account_id, r.currency, r.amount_minor, r.fee_minor, r.payee_fee_minor,
         r.fee_back_minor, r.commission_minor, r.rule_version, r.subject_id, r.outside, r.decided_by, r.hop_key, r.created_at,
         r.created_at, r.expires_at
  from jsonb_to_recordset(p_rows) r (
    payment_id uuid, product text, channel text, asked_as text, state text, reference text, initiator_id uuid,
    payer_id uuid, payee_id uuid, payer_account_id bigint, payee_account_id bigint, currency text, amount_minor bigint,
    fee_minor bigint, payee_fee_minor bigint, fee_back_minor bigint, commission_minor bigint, rule_version text, subject_id uuid,
    outside jsonb, decided_by uuid, hop_key text, created_at timestamptz, expires_at timestamptz);
end
$$;

-- Money that goes out -------------------------------------------------------------------------------------------------

-- What the payee's provider offered: asked on the way to a quote of ours, gone some time after.
create table outgoing_quote (
  -- UUIDv4: as it is on the wire.
  quote_id uuid primary key,
  transaction_id uuid not null unique,
  customer_id uuid not null references customer,
  -- The party as the scheme named it.
  payee jsonb not null,
  amount_minor bigint not null check (amount_minor > 0),
  currency text not null,
  -- What came back: an offer and its terms, or why there is none.
  offer jsonb,
  terms text,
  error jsonb,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  check (offer is null or error is null),
  check ((offer is null) = (terms is null))
);
create index outgoing_quote_age on outgoing_quote (created_at);

-- A transfer of ours, written with the hold on the payer's money.
create table outgoing_transfer (
  -- Written before its payment, in one transaction.
  payment_id uuid primary key references payment deferrable initially deferred,
  -- UUIDv4: as it is on the wire.
  transfer_id uuid not null unique,
  quote_id uuid not null unique references outgoing_quote,
  dfsp_id text not null,
  currency text not null,
  amount_minor bigint not null check (amount_minor > 0),
  terms text not null,
  -- open: nobody has said what became of it. committed and aborted: the scheme has, or two of the staff.
  state text not null check (state in ('open', 'committed', 'aborted')),
  error jsonb,
  -- When it is sent again, or asked for.
  due_at timestamptz,
  attempts integer not null default 0,
  created_at timestamptz not null,
  decided_at timestamptz,
  -- By when the scheme must have decided, by its clock.
  expires_at timestamptz not null,
  check ((state = 'open') = (due_at is not null)),
  check ((state = 'open') = (decided_at is null))
);
create index outgoing_transfer_due on outgoing_transfer (due_at) where state = 'open';

create function outgoing_transfer_guard() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    raise exception 'transfers are never deleted';
  end if;
  if old.state <> 'open' and old.state <> new.state then
    raise exception 'a transfer cannot go from % to %', old.state, new.state
      using errcode = 'check_violation', constraint = 'outgoing_transfer_decided_once';
  end if;
  return new;
end $$;
create trigger outgoing_transfer_guard before update or delete on outgoing_transfer
  for each row execute function outgoing_transfer_guard();

-- The offer must be there, in time, and for exactly this.
create function attach_outgoing_transfer(p_rows jsonb) returns void language plpgsql as $$
declare
  v_written integer;
begin
  insert into outgoing_transfer (
    payment_id, transfer_id, quote_id, dfsp_id, currency, amount_minor, terms, state, due_at, created_at, expires_at)
  select r.payment_id, r.transfer_id, q.quote_id, r.dfsp_id, q.currency, q.amount_minor, q.terms, 'open', r.created_at,
         r.created_at, r.expires_at
  from jsonb_to_recordset(p_rows) r (
    payment_id uuid, transfer_id uuid, quote_id uuid, dfsp_id text, customer_id uuid, currency text, amount_minor bigint,
    created_at timestamptz, expires_at timestamptz)
  join outgoing_quote q on q.quote_id = r.quote_id
  where q.terms is not null and q.expires_at > r.created_at and q.customer_id = r.customer_id
    and q.currency = r.currency and q.amount_minor = r.amount_minor;
  get diagnostics v_written = row_count;
  if v_written <> jsonb_array_length(p_rows) then
    raise exception 'the other provider''s offer is gone'
      using errcode = 'integrity_constraint_violation', constraint = 'outgoing_offer';
  end if;
end
$$;

create function attach_outgoing_decision(p_rows jsonb) returns void language plpgsql as $$
declare
  v_decided integer;
begin
  update outgoing_transfer o
  set state = r.state, decided_at = r.decided_at, due_at = null
  from jsonb_to_recordset(p_rows) r (payment_id uuid, state text, decided_at timestamptz)
  where o.payment_id = r.payment_id and o.state = 'open';
  get diagnostics v_decided = row_count;
  if v_decided <> jsonb_array_length(p_rows) then
    raise exception 'a transfer was decided before'
      using errcode = 'integrity_constraint_violation', constraint = 'outgoing_decided_once';
  end if;
end
$$;

-- Money that comes in -------------------------------------------------------------------------------------------------

-- What we offered others, or why not: the same question gets the same answer, another under its id none.
create table incoming_quote (
  dfsp_id text not null,
  quote_id uuid not null,
  -- Of what was asked.
  digest bytea not null,
  customer_id uuid references customer,
  account_id bigint references account,
  -- As the payer's provider named who pays.
  payer jsonb not null,
  currency text not null,
  -- What comes in, and what of it is the payee's.
  amount_minor bigint not null check (amount_minor > 0),
  payee_fee_minor bigint not null default 0 check (payee_fee_minor >= 0),
  rule_version text not null default '',
  terms text,
  error jsonb,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  primary key (dfsp_id, quote_id),
  check ((terms is null) = (error is not null)),
  check (terms is null or (customer_id is not null and account_id is not null))
);
create index incoming_quote_age on incoming_quote (created_at);

create table incoming_transfer (
  dfsp_id text not null,
  transfer_id uuid not null,
  digest bytea not null,
  quote_id uuid not null,
  -- The payment that holds the money for the payee; null: it was refused.
  payment_id uuid unique references payment deferrable initially deferred,
  terms text,
  error jsonb,
  -- reserved: answered, and not the payee's before the scheme says so.
  state text not null check (state in ('reserved', 'refused', 'committed', 'aborted')),
  -- When the answer is sent again; null: the scheme has confirmed it, or there is nothing to wait for.
  due_at timestamptz,
  attempts integer not null default 0,
  created_at timestamptz not null,
  decided_at timestamptz,
  primary key (dfsp_id, transfer_id),
  check ((state = 'refused') = (payment_id is null)),
  check ((state = 'refused') = (error is not null and terms is null)),
  check (state <> 'reserved' or due_at is not null)
);
create unique index incoming_transfer_one_a_quote on incoming_transfer (dfsp_id, quote_id) where state <> 'refused';
create index incoming_transfer_due on incoming_transfer (due_at) where state = 'reserved';

-- Written with the money that is held for the payee: a transfer holds it once, and an offer is taken once.
create function attach_incoming_transfer(p_rows jsonb) returns void language plpgsql as $$
begin
  insert into incoming_transfer (
    dfsp_id, transfer_id, digest, quote_id, payment_id, terms, state, due_at, created_at)
  select r.dfsp_id, r.transfer_id, decode(r.digest, 'hex'), r.quote_id, r.payment_id, r.terms, 'reserved', r.due_at, r.created_at
  from jsonb_to_recordset(p_rows) r (
    dfsp_id text, transfer_id uuid, digest text, quote_id uuid, payment_id uuid, terms text, due_at timestamptz,
    created_at timestamptz);
end
$$;

create function attach_incoming_decision(p_rows jsonb) returns void language plpgsql as $$
declare
  v_decided integer;
begin
  update incoming_transfer i
  set state = r.state, decided_at = r.decided_at, due_at = null
  from jsonb_to_recordset(p_rows) r (payment_id uuid, state text, decided_at timestamptz)
  where i.payment_id = r.payment_id and i.state = 'reserved';
  get diagnostics v_decided = row_count;
  if v_decided <> jsonb_array_length(p_rows) then
    raise exception 'a transfer was decided before'
      using errcode = 'integrity_constraint_violation', constraint = 'incoming_decided_once';
  end if;
end
$$;

-- What whoever waits on a line is waiting for: who a number belongs to. Not worth a log that survives a crash.
create unlogged table party_answer (
  party text primary key,
  answer jsonb not null,
  answered_at timestamptz not null
);

revoke all on function attach_outgoing_transfer, attach_outgoing_decision, attach_incoming_transfer,
  attach_incoming_decision from public;
grant select, insert, delete, update (offer, terms, error) on outgoing_quote to starhash_app;
grant select, update (due_at, attempts, error) on outgoing_transfer to starhash_app;
grant select, insert, delete on incoming_quote to starhash_app;
grant select, insert, update (due_at, attempts) on incoming_transfer to starhash_app;
grant select, insert, update, delete on party_answer to starhash_app;
