-- People and their accounts. A person has a user number; several people may share a phone, and one may have several
-- phones; an account has an owner and may have more holders.

-- The check digit of ISO/IEC 7812-1, for the digits before it.
create function luhn_digit(p_digits text) returns text language sql immutable strict parallel safe as $$
  select ((10 - sum(case when (length(p_digits) - i) % 2 = 0 then d * 2 - case when d > 4 then 9 else 0 end else d end) % 10)
          % 10)::text
  from generate_series(1, length(p_digits)) i, lateral (select substr(p_digits, i, 1)::integer as d) digit
$$;

alter table customer
  -- What a person tells others instead of a phone number: eight digits, the last one a check digit.
  add column user_number text check (user_number ~ '^[1-9][0-9]{7}$' and right(user_number, 1) = luhn_digit(left(user_number, 7))),
  -- What a tier allows is the business of src/rules.
  add column tier text not null default 'basic';

do $$
declare
  v_id uuid;
  v_digits text;
begin
  for v_id in select customer_id from customer order by customer_id loop
    loop
      v_digits := (1000000 + floor(random() * 9000000))::integer::text;
      exit when not exists (select from customer where user_number = v_digits || luhn_digit(v_digits));
    end loop;
    update customer set user_number = v_digits || luhn_digit(v_digits) where customer_id = v_id;
  end loop;
end
$$;
alter table customer alter column user_number set not null;
create unique index customer_user_number on customer (user_number);

-- A phone may be shared, and a person may have several. Money sent to a number goes to the phone's default person; a
-- person's messages go to their contact phone.
alter table phone_assignment
  -- How often the SIM behind the number was seen to be another one.
  add column sim_epoch integer not null default 0,
  add column is_default boolean not null default true,
  add column is_contact boolean not null default true;
alter table phone_assignment alter column is_default drop default, alter column is_contact drop default;
drop index phone_assignment_one_holder;
create unique index phone_assignment_once on phone_assignment (msisdn, customer_id) where valid_to is null;
create unique index phone_assignment_default on phone_assignment (msisdn) where valid_to is null and is_default;
create unique index phone_assignment_contact on phone_assignment (customer_id) where valid_to is null and is_contact;

create table account (
  account_id bigint primary key,
  -- For good: an account has no other owner, ever (R21).
  owner_id uuid not null references customer,
  name text not null check (char_length(name) between 1 and 20),
  purpose text not null check (purpose in ('main', 'commission', 'till')),
  status text not null check (status in ('open', 'closed')),
  created_at timestamptz not null,
  closed_at timestamptz,
  check ((status = 'closed') = (closed_at is not null))
);
create index account_owner on account (owner_id);
create unique index account_one_commission on account (owner_id) where purpose = 'commission' and status = 'open';

create table account_holder (
  account_id bigint not null references account,
  customer_id uuid not null references customer,
  -- A signatory may do what the owner may, but for what is the owner's; a viewer looks on (R22, R32).
  rank text not null check (rank in ('owner', 'signatory', 'viewer')),
  is_primary boolean not null,
  since timestamptz not null,
  primary key (account_id, customer_id),
  -- Nobody's money is sent to where they can't reach it.
  constraint account_holder_primary_usable check (rank <> 'viewer' or not is_primary)
);
create unique index account_holder_one_owner on account_holder (account_id) where rank = 'owner';
create unique index account_holder_one_primary on account_holder (customer_id) where is_primary;
create index account_holder_customer on account_holder (customer_id);

insert into account (account_id, owner_id, name, purpose, status, created_at)
select a.account_id, a.customer_id, case a.purpose when 'main' then 'Main' else 'Commission' end, a.purpose, 'open', c.created_at
from customer_account a join customer c using (customer_id);
insert into account_holder (account_id, customer_id, rank, is_primary, since)
select account_id, owner_id, 'owner', purpose = 'main', created_at from account;
drop table customer_account;

-- What the person works with now; where it is none of theirs any more, the primary one.
alter table customer add column current_account_id bigint references account;

-- R20, at every commit: who can use an open account has exactly one primary, that is open, and no commission account
-- (R68). At most one is the index's; this is at least one. The lock makes two commits about one person come one after
-- the other, so that neither passes on what the other is about to change.
create function account_primary_of(p_customer_id uuid) returns void language plpgsql as $$
declare
  v_usable bigint;
  v_primary bigint;
  v_wrong bigint;
begin
  perform from customer where customer_id = p_customer_id for no key update;
  select count(*) filter (where a.status = 'open' and a.purpose <> 'commission' and h.rank <> 'viewer'),
         count(*) filter (where h.is_primary),
         count(*) filter (where h.is_primary and (a.status <> 'open' or a.purpose = 'commission'))
  into v_usable, v_primary, v_wrong
  from account_holder h join account a using (account_id) where h.customer_id = p_customer_id;
  if v_wrong > 0 or v_primary <> least(v_usable, 1) then
    raise exception 'customer % has % primary accounts of % to choose from', p_customer_id, v_primary, v_usable
      using errcode = 'integrity_constraint_violation', constraint = 'account_one_primary';
  end if;
end
$$;
create function account_holder_checked() returns trigger language plpgsql as $$
begin
  perform account_primary_of(coalesce(new.customer_id, old.customer_id));
  return null;
end
$$;
create constraint trigger account_holder_primary after insert or update or delete on account_holder
  deferrable initially deferred for each row execute function account_holder_checked();
create function account_checked() returns trigger language plpgsql as $$
begin
  perform account_primary_of(h.customer_id) from account_holder h where h.account_id = new.account_id order by h.customer_id;
  return null;
end
$$;
create constraint trigger account_primary after update of status, purpose on account
  deferrable initially deferred for each row execute function account_checked();

-- R27, R33: the owner stays, as the owner.
create function account_owner_stays() returns trigger language plpgsql as $$
begin
  raise exception 'the owner of account % stays', old.account_id
    using errcode = 'integrity_constraint_violation', constraint = 'account_owner_stays';
end
$$;
create trigger account_owner_kept before delete on account_holder
  for each row when (old.rank = 'owner') execute function account_owner_stays();
create trigger account_owner_ranked before update on account_holder
  for each row when ((old.rank = 'owner') <> (new.rank = 'owner')) execute function account_owner_stays();

grant select, insert, update (name, status, closed_at) on account to starhash_app;
grant select, insert, delete, update (rank, is_primary) on account_holder to starhash_app;
grant update (current_account_id, status) on customer to starhash_app;
grant update (valid_to, sim_epoch, is_default, is_contact) on phone_assignment to starhash_app;
