-- Quotes and payments. One id runs from the confirm screen through the ledger: quote, payment and transfer share it.

create table quote (
  quote_id uuid primary key,
  product text not null check (product in ('send', 'cash_in', 'cash_out')),
  initiator_id uuid not null references customer,
  payer_id uuid not null references customer,
  payee_id uuid not null references customer,
  payer_account_id uuid not null,
  payee_account_id uuid not null,
  -- The agent's, where there is an agent to reward.
  commission_account_id uuid,
  currency text not null,
  amount_minor bigint not null check (amount_minor > 0),
  fee_minor bigint not null check (fee_minor >= 0),
  commission_minor bigint not null check (commission_minor >= 0),
  created_at timestamptz not null,
  expires_at timestamptz not null,
  -- Set when the payer's PIN was found right: from then on a payment may be under way, whoever hears of it.
  accepted_at timestamptz
);
create index quote_accepted on quote (initiator_id, accepted_at desc) where accepted_at is not null;
create index quote_age on quote (created_at);

create table payment (
  payment_id uuid primary key,
  product text not null check (product in ('send', 'cash_in', 'cash_out')),
  state text not null check (state in ('pending', 'completed', 'failed', 'rejected', 'expired')),
  -- Why it failed, as the payer was told.
  failure text,
  reference text not null unique,
  initiator_id uuid not null references customer,
  payer_id uuid not null references customer,
  payee_id uuid not null references customer,
  payer_account_id uuid not null,
  payee_account_id uuid not null,
  currency text not null,
  amount_minor bigint not null check (amount_minor > 0),
  fee_minor bigint not null check (fee_minor >= 0),
  commission_minor bigint not null check (commission_minor >= 0),
  -- Who last decided over it with a PIN, and the keyed hash of the hop that brought it: the same hop finds it again.
  decided_by uuid not null references customer,
  hop_key text not null,
  -- Whether who decided has seen what came of it.
  outcome_seen boolean not null default false,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  expires_at timestamptz,
  check ((state = 'failed') = (failure is not null)),
  check (state <> 'pending' or expires_at is not null)
);
create index payment_payer on payment (payer_id, updated_at desc) where state = 'completed';
create index payment_payee on payment (payee_id, updated_at desc) where state = 'completed';
create index payment_waiting on payment (payer_id) where state = 'pending';
-- An agent waits for one answer of a customer at a time.
create unique index payment_one_request on payment (payer_id, payee_id) where state = 'pending';
create index payment_decided on payment (decided_by, updated_at desc);
create index payment_pending on payment (expires_at) where state = 'pending';
create index payment_hop on payment (hop_key);

-- A payment moves forward only, and what it is about never changes.
create function payment_guard() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    raise exception 'payments are never deleted';
  end if;
  if old.state <> new.state and not (old.state = 'pending' and new.state in ('completed', 'failed', 'rejected', 'expired')) then
    raise exception 'a payment cannot go from % to %', old.state, new.state;
  end if;
  if (old.payment_id, old.product, old.reference, old.initiator_id, old.payer_id, old.payee_id, old.currency,
      old.payer_account_id, old.payee_account_id, old.amount_minor, old.fee_minor, old.commission_minor, old.created_at)
     is distinct from
     (new.payment_id, new.product, new.reference, new.initiator_id, new.payer_id, new.payee_id, new.currency,
      new.payer_account_id, new.payee_account_id, new.amount_minor, new.fee_minor, new.commission_minor, new.created_at) then
    raise exception 'what a payment is about never changes';
  end if;
  return new;
end $$;
create trigger payment_guard before update or delete on payment for each row execute function payment_guard();
