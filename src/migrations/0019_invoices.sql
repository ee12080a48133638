-- Invoices: who asks whom for how much, and what became of it. Tills: a shop's number and who sells there.

-- A shop's number, as it is painted on its wall: money dialled to it reaches one account of the merchant.
create table till (
  -- Five digits and a check digit.
  till_number text primary key
    check (till_number ~ '^[1-9][0-9]{5}$' and right(till_number, 1) = luhn_digit(left(till_number, 5))),
  account_id bigint not null references account,
  owner_id uuid not null references customer,
  -- What a buyer reads before paying.
  name text not null check (char_length(name) between 1 and 61),
  status text not null check (status in ('open', 'closed')),
  created_at timestamptz not null
);
create unique index till_one_an_account on till (account_id) where status = 'open';

-- Who may sell at a till without holding its account: a customer with a PIN of their own, known there by a number (1 is the merchant).
-- A number is never given to somebody else: what was sold under it stays theirs.
create table till_operator (
  till_number text not null references till,
  operator_no smallint not null check (operator_no between 2 and 96),
  customer_id uuid not null references customer,
  status text not null check (status in ('active', 'removed')),
  -- The most that the invoices of one day may ask for; null: no limit of their own.
  day_max_minor bigint check (day_max_minor > 0),
  created_at timestamptz not null,
  primary key (till_number, operator_no)
);
create unique index till_operator_once on till_operator (till_number, customer_id) where status = 'active';
create index till_operator_customer on till_operator (customer_id) where status = 'active';

create table invoice (
  invoice_id uuid primary key,
  -- Six digits and a check digit: what is dialled to pay it. Free again once the invoice is no longer pending.
  code text not null check (code ~ '^[1-9][0-9]{6}$' and right(code, 1) = luhn_digit(left(code, 6))),
  -- standard: to one buyer. pending: for whoever pays first, once. product: for whoever pays, again and again.
  type text not null check (type in ('standard', 'pending', 'product')),
  state text not null check (state in ('pending', 'paid', 'rejected', 'cancelled', 'expired')),
  account_id bigint not null references account,
  owner_id uuid not null references customer,
  -- Who sold: a holder of the account, or an operator of its till.
  issued_by uuid not null references customer,
  till_number text,
  operator_no smallint,
  buyer_id uuid references customer,
  currency text not null,
  amount_minor bigint not null check (amount_minor > 0),
  note text not null default '' check (char_length(note) <= 20),
  payment_id uuid unique,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  -- Null: it stays until it is stopped.
  expires_at timestamptz,
  foreign key (till_number, operator_no) references till_operator (till_number, operator_no),
  constraint invoice_buyer check ((type = 'standard') = (buyer_id is not null)),
  constraint invoice_to_oneself check (buyer_id <> owner_id),
  constraint invoice_payment check ((state = 'paid') = (payment_id is not null)),
  constraint invoice_expires check (type = 'product' or expires_at is not null)
);
create unique index invoice_code on invoice (code) where state = 'pending';
create index invoice_waiting on invoice (buyer_id, created_at) where state = 'pending' and buyer_id is not null;
create index invoice_account on invoice (account_id, created_at desc);
create index invoice_due on invoice (expires_at) where state = 'pending' and expires_at is not null;
create index invoice_operator on invoice (till_number, operator_no, created_at) where operator_no is not null;

-- R250: the legal transitions, by type. A product is never paid up (R131); what nobody was asked for, nobody rejects.
-- The gateway itself never makes an invoice paid: that comes with the money.
create function invoice_guard() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    raise exception 'invoices are never deleted';
  end if;
  if tg_op = 'INSERT' then
    if new.state <> 'pending' then
      raise exception 'an invoice begins as pending';
    end if;
    return new;
  end if;
  if old.state <> new.state and not (old.state = 'pending' and case old.type
      when 'standard' then new.state in ('paid', 'rejected', 'cancelled', 'expired')
      when 'pending' then new.state in ('paid', 'cancelled', 'expired')
      else new.state in ('cancelled', 'expired') end) then
    raise exception 'a % invoice cannot go from % to %', old.type, old.state, new.state
      using errcode = 'check_violation', constraint = 'invoice_transition';
  end if;
  if new.state = 'paid' and old.state <> 'paid' and current_user = 'starhash_app' then
    raise exception 'an invoice is paid with its money' using errcode = 'insufficient_privilege';
  end if;
  if (old.invoice_id, old.code, old.type, old.account_id, old.owner_id, old.issued_by, old.till_number, old.operator_no,
      old.buyer_id, old.currency, old.amount_minor, old.note, old.created_at, old.expires_at)
     is distinct from
     (new.invoice_id, new.code, new.type, new.account_id, new.owner_id, new.issued_by, new.till_number, new.operator_no,
      new.buyer_id, new.currency, new.amount_minor, new.note, new.created_at, new.expires_at) then
    raise exception 'what an invoice is about never changes';
  end if;
  return new;
end $$;
create trigger invoice_guard before insert or update or delete on invoice
  for each row execute function invoice_guard();

-- Buyers who are still to be told, by a prompt of the network or by SMS: written with the invoice, gone once told.
create table invoice_prompt (
  invoice_id uuid primary key references invoice,
  due_at timestamptz not null
);
create index invoice_prompt_due on invoice_prompt (due_at);

-- What a buyer dialled at a shop: where, how much, and what for. It is a sale once there is a payment. A product that
-- is paid leaves one as well, so that it can be paid again.
create table sale (
  sale_id uuid primary key,
  account_id bigint not null references account,
  till_number text references till,
  invoice_id uuid references invoice,
  buyer_id uuid not null references customer,
  currency text not null,
  amount_minor bigint not null check (amount_minor > 0),
  note text not null default '' check (char_length(note) <= 20),
  created_at timestamptz not null,
  payment_id uuid unique,
  paid_at timestamptz,
  check ((payment_id is null) = (paid_at is null))
);
create index sale_account on sale (account_id, paid_at) where payment_id is not null;
create index sale_unpaid on sale (created_at) where payment_id is null;

-- What nobody paid is forgotten after a while; what somebody paid is not.
create function sale_guard() returns trigger language plpgsql as $$
begin
  raise exception 'what was sold is never deleted';
end $$;
create trigger sale_guard before delete on sale
  for each row when (old.payment_id is not null) execute function sale_guard();

-- An invoice that a payment pays: open, in time, and for exactly that (R123, R125). Whoever comes second, or after it
-- was cancelled, rejected or expired, pays nothing. A product stays as it is, and cannot be stopped at this moment.
create function attach_invoice_paid(p_rows jsonb) returns void language plpgsql as $$
declare
  v_open integer;
  v_paid integer;
begin
  perform from invoice
  where invoice_id in (select (r ->> 'invoice_id')::uuid from jsonb_array_elements(p_rows) r) and type = 'product'
  order by invoice_id for share;
  perform from invoice
  where invoice_id in (select (r ->> 'invoice_id')::uuid from jsonb_array_elements(p_rows) r) and type <> 'product'
  order by invoice_id for update;
  select count(*), count(distinct i.invoice_id) + count(*) filter (where i.type = 'product')
                   - count(distinct i.invoice_id) filter (where i.type = 'product')
  into v_open, v_paid
  from jsonb_to_recordset(p_rows) r (
    invoice_id uuid, payment_id uuid, account_id bigint, buyer_id uuid, currency text, amount_minor bigint)
  join invoice i on i.invoice_id = r.invoice_id
  join ledger_transfer t on t.transfer_id = r.payment_id
  where i.state = 'pending' and (i.expires_at is null or time_of(t.seq) < i.expires_at)
    and i.account_id = r.account_id and i.currency = r.currency and i.amount_minor = r.amount_minor
    and (i.buyer_id is null or i.buyer_id = r.buyer_id);
  if v_open <> jsonb_array_length(p_rows) or v_paid <> v_open then
    raise exception 'an invoice is no longer open'
      using errcode = 'integrity_constraint_violation', constraint = 'invoice_open';
  end if;
  update invoice i set state = 'paid', payment_id = r.payment_id, updated_at = r.paid_at
  from jsonb_to_recordset(p_rows) r (invoice_id uuid, payment_id uuid, paid_at timestamptz)
  where i.invoice_id = r.invoice_id and i.type <> 'product';
  insert into sale (sale_id, account_id, invoice_id, buyer_id, currency, amount_minor, note, created_at, payment_id, paid_at)
  select r.payment_id, i.account_id, i.invoice_id, r.buyer_id, i.currency, i.amount_minor, i.note, r.paid_at, r.payment_id, r.paid_at
  from jsonb_to_recordset(p_rows) r (invoice_id uuid, payment_id uuid, buyer_id uuid, paid_at timestamptz)
  join invoice i on i.invoice_id = r.invoice_id and i.type = 'product';
end
$$;

create function attach_sale_paid(p_rows jsonb) returns void language plpgsql as $$
declare
  v_paid integer;
begin
  update sale s set payment_id = r.payment_id, paid_at = r.paid_at
  from jsonb_to_recordset(p_rows) r (
    sale_id uuid, payment_id uuid, account_id bigint, buyer_id uuid, currency text, amount_minor bigint, paid_at timestamptz)
  where s.sale_id = r.sale_id and s.payment_id is null and s.account_id = r.account_id and s.buyer_id = r.buyer_id
    and s.currency = r.currency and s.amount_minor = r.amount_minor;
  get diagnostics v_paid = row_count;
  if v_paid <> jsonb_array_length(p_rows) then
    raise exception 'a sale was paid before'
      using errcode = 'integrity_constraint_violation', constraint = 'sale_once';
  end if;
end
$$;
revoke all on function attach_invoice_paid, attach_sale_paid from public;

grant select, insert on till, till_operator, invoice, sale, invoice_prompt to starhash_app;
grant update (status) on till to starhash_app;
grant update (status) on till_operator to starhash_app;
grant update (state, updated_at) on invoice to starhash_app;
grant update (due_at), delete on invoice_prompt to starhash_app;
grant delete on sale to starhash_app;
