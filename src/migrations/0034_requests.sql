-- Buying across providers: who sells here to somebody elsewhere, and who is asked from there.

-- Invoices ------------------------------------------------------------------------------------------------------------

alter table invoice
  -- Who is on the other side, where that is nobody of ours: {"dfspId", "number", "firstName", "lastName"}. With an account of ours it
  -- is the buyer; with a buyer of ours it is who sells, and no account here is paid.
  add column outside jsonb check (outside ?& array['dfspId', 'number', 'firstName', 'lastName']),
  -- The payment that is under way for it between the providers. While there is one, nothing else happens to the invoice.
  add column paying_id uuid unique,
  alter column account_id drop not null,
  alter column owner_id drop not null,
  alter column issued_by drop not null,
  drop constraint invoice_buyer,
  add constraint invoice_buyer check ((type = 'standard') = (buyer_id is not null or outside is not null)),
  add constraint invoice_side check (
    (account_id is null) = (outside is not null and buyer_id is not null)
    and num_nulls(account_id, owner_id, issued_by) in (0, 3)),
  add constraint invoice_paying check (paying_id is null or (outside is not null and state = 'pending'));

create index invoice_asked_elsewhere on invoice (owner_id)
  where state = 'pending' and outside is not null and buyer_id is null;

create function invoice_outside_guard() returns trigger language plpgsql as $$
begin
  if new.outside is distinct from old.outside then
    raise exception 'what an invoice is about never changes';
  end if;
  if old.paying_id is not null and old.state <> new.state and new.state <> 'paid' then
    raise exception 'invoice % is being paid', old.invoice_id
      using errcode = 'integrity_constraint_violation', constraint = 'invoice_underway';
  end if;
  if old.outside is not null and old.state <> new.state and new.state = 'paid'
     and old.paying_id is distinct from new.payment_id then
    raise exception 'invoice % is paid by what crosses the scheme', old.invoice_id
      using errcode = 'integrity_constraint_violation', constraint = 'invoice_open';
  end if;
  return new;
end $$;
create trigger invoice_outside_guard before update on invoice
  for each row execute function invoice_outside_guard();

-- The money of a payment is held: the invoice is that payment's until the scheme has decided (R123).
create function attach_invoice_held(p_rows jsonb) returns void language plpgsql as $$
declare
  v_held integer;
begin
  perform from invoice
  where invoice_id in (select (r ->> 'invoice_id')::uuid from jsonb_array_elements(p_rows) r)
  order by invoice_id for update;
  update invoice i set paying_id = r.payment_id, updated_at = r.paid_at
  from jsonb_to_recordset(p_rows) r (
    invoice_id uuid, payment_id uuid, account_id bigint, buyer_id uuid, currency text, amount_minor bigint, paid_at timestamptz)
  join ledger_transfer t on t.transfer_id = r.payment_id
  where i.invoice_id = r.invoice_id and i.state = 'pending' and i.paying_id is null and i.outside is not null
    and time_of(t.seq) < i.expires_at and i.currency = r.currency and i.amount_minor = r.amount_minor
    and coalesce(i.account_id = r.account_id, i.buyer_id = r.buyer_id);
  get diagnostics v_held = row_count;
  if v_held <> jsonb_array_length(p_rows) then
    raise exception 'an invoice is no longer open'
      using errcode = 'integrity_constraint_violation', constraint = 'invoice_open';
  end if;
end
$$;

-- The scheme gave the payment up: the invoice is open again.
create function attach_invoice_freed(p_rows jsonb) returns void language plpgsql as $$
declare
  v_freed integer;
begin
  update invoice i set paying_id = null, updated_at = r.paid_at
  from jsonb_to_recordset(p_rows) r (invoice_id uuid, payment_id uuid, paid_at timestamptz)
  where i.invoice_id = r.invoice_id and i.paying_id = r.payment_id;
  get diagnostics v_freed = row_count;
  if v_freed <> jsonb_array_length(p_rows) then
    raise exception 'an invoice was not held by its payment'
      using errcode = 'integrity_constraint_violation', constraint = 'invoice_open';
  end if;
end
$$;

-- The scheme committed. Whatever time it is, the money was held in time.
create function attach_invoice_settled(p_rows jsonb) returns void language plpgsql as $$
declare
  v_paid integer;
begin
  update invoice i set state = 'paid', payment_id = r.payment_id, paying_id = null, updated_at = r.paid_at
  from jsonb_to_recordset(p_rows) r (invoice_id uuid, payment_id uuid, paid_at timestamptz)
  where i.invoice_id = r.invoice_id and i.paying_id = r.payment_id;
  get diagnostics v_paid = row_count;
  if v_paid <> jsonb_array_length(p_rows) then
    raise exception 'an invoice was not held by its payment'
      using errcode = 'integrity_constraint_violation', constraint = 'invoice_open';
  end if;
end
$$;
revoke all on function attach_invoice_held, attach_invoice_freed, attach_invoice_settled from public;

-- An invoice as the two providers speak of it. `out`: asked by somebody here. `in`: asked of somebody here.
create table payment_request (
  way text not null check (way in ('out', 'in')),
  -- The other provider.
  dfsp_id text not null,
  -- UUIDv4: as it is on the wire.
  request_id uuid not null,
  -- Null: what came in was refused at once.
  invoice_id uuid unique references invoice,
  -- Who is on the other side, as the scheme named them.
  party jsonb not null,
  -- Of what came in: the same again gets the same answer, another under its id none.
  digest bytea,
  -- What the payer's provider said last. What is rejected stays so.
  answer text check (answer in ('received', 'rejected')),
  error jsonb,
  -- When it is sent again; null: there is nothing to send.
  due_at timestamptz,
  attempts integer not null default 0,
  created_at timestamptz not null,
  primary key (way, dfsp_id, request_id),
  check ((way = 'in') = (digest is not null)),
  check (invoice_id is not null or (way = 'in' and error is not null))
);
create index payment_request_due on payment_request (due_at) where due_at is not null;

create function payment_request_guard() returns trigger language plpgsql as $$
begin
  if old.answer = 'rejected' and new.answer is distinct from 'rejected' then
    raise exception 'a request that was rejected stays so';
  end if;
  return new;
end $$;
create trigger payment_request_guard before update on payment_request
  for each row execute function payment_request_guard();
grant select, insert, update (answer, error, due_at, attempts) on payment_request to starhash_app;

-- Offers --------------------------------------------------------------------------------------------------------------

alter table outgoing_quote
  -- The quote and payment of ours that it is for: chosen before it is asked for.
  add column payment_id uuid unique;
alter table incoming_quote
  add column product text not null default 'send' check (product in ('send', 'purchase')),
  -- The invoice that is paid by it.
  add column subject_id uuid;
