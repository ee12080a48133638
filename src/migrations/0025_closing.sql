-- R55: a customer closes their profile. The row stays for whoever audits; nothing that is open is theirs any more, and
-- their phone is free for whoever comes next.

alter table customer add column closed_at timestamptz;
update customer set closed_at = now() where status = 'closed';
alter table customer add constraint customer_closed check ((status = 'closed') = (closed_at is not null));

-- R49 asks whether the same person is a customer, not whether they ever were one: who has left may come back, as a new
-- customer with a number of their own.
alter table customer drop constraint customer_person_index_key;
create unique index customer_person_index_key on customer (person_index) where status = 'active';

create function customer_closed_for_good() returns trigger language plpgsql as $$
begin
  raise exception 'customer % is closed for good', old.customer_id
    using errcode = 'integrity_constraint_violation', constraint = 'customer_closed_for_good';
end
$$;
create trigger customer_closed_for_good before update on customer
  for each row when (old.status = 'closed' and (new.status <> 'closed' or new.closed_at <> old.closed_at or new.role <> old.role))
  execute function customer_closed_for_good();

-- At every commit: who is closed has no open account, holds none of anybody's, is on no phone, and has no PIN that opens
-- anything. The lock makes a commit that closes somebody and one that gives them something come one after the other.
create function customer_closed_has_nothing(p_customer_id uuid) returns void language plpgsql as $$
declare
  v_left text;
begin
  perform from customer where customer_id = p_customer_id for share;
  if not exists (select from customer where customer_id = p_customer_id and status = 'closed') then
    return;
  end if;
  select what into v_left from (
    select 'account ' || account_id from account where owner_id = p_customer_id and status = 'open'
    union all
    select 'place at account ' || account_id from account_holder h join account a using (account_id)
    where h.customer_id = p_customer_id and a.status = 'open'
    union all
    select 'phone ' || assignment_id from phone_assignment where customer_id = p_customer_id and valid_to is null
    union all
    select 'PIN' from pin where customer_id = p_customer_id and locked_at is null
  ) l (what) limit 1;
  if found then
    raise exception 'closed customer % has a %', p_customer_id, v_left
      using errcode = 'integrity_constraint_violation', constraint = 'customer_closed_has_nothing';
  end if;
end
$$;

create function customer_closed_checked() returns trigger language plpgsql as $$
begin
  if tg_table_name = 'account' then
    perform customer_closed_has_nothing(new.owner_id);
  else
    perform customer_closed_has_nothing(new.customer_id);
  end if;
  return null;
end
$$;
create constraint trigger customer_closed_checked after insert or update of status on customer
  deferrable initially deferred for each row when (new.status = 'closed') execute function customer_closed_checked();
create constraint trigger account_closed_owner after insert or update of status on account
  deferrable initially deferred for each row when (new.status = 'open') execute function customer_closed_checked();
create constraint trigger account_holder_closed after insert on account_holder
  deferrable initially deferred for each row execute function customer_closed_checked();
create constraint trigger phone_assignment_closed after insert or update of valid_to on phone_assignment
  deferrable initially deferred for each row when (new.valid_to is null) execute function customer_closed_checked();
create constraint trigger pin_closed after insert or update of locked_at on pin
  deferrable initially deferred for each row when (new.locked_at is null) execute function customer_closed_checked();

grant update (closed_at) on customer to starhash_app;
