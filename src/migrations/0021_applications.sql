-- Q5, R63: agent and merchant are applications that two of the staff decide; until then a person works as a customer.

create table application (
  application_id uuid primary key,
  application_number bigint generated always as identity unique,
  customer_id uuid not null references customer,
  wants text not null check (wants in ('agent', 'merchant')),
  business_name text not null check (char_length(business_name) between 1 and 20),
  state text not null check (state in ('open', 'approved', 'refused')),
  -- The hop that asked: delivered again, it asks for nothing new.
  hop_key text not null,
  made_at timestamptz not null,
  decided_at timestamptz,
  -- The act of the staff.
  act_id uuid references staff_act,
  constraint application_decided check ((state = 'open') = (decided_at is null) and (state = 'open') = (act_id is null))
);
create unique index application_one_open on application (customer_id) where state = 'open';

create function application_guard() returns trigger language plpgsql as $$
begin
  if old.state <> 'open' then
    raise exception 'application % was decided before', old.application_number
      using errcode = 'integrity_constraint_violation', constraint = 'application_decided_once';
  end if;
  if new.state = 'approved' and not exists (
    select from staff_act a
    where a.act_id = new.act_id and a.command = 'application-approve' and a.state = 'approved' and a.is_checked
      and a.args ->> 'number' = new.application_number::text)
  then
    raise exception 'an application is approved by two of the staff'
      using errcode = 'integrity_constraint_violation', constraint = 'application_two_people';
  end if;
  return new;
end
$$;
create trigger application_guard before update on application for each row execute function application_guard();
create trigger application_kept before delete or truncate on application
  for each statement execute function staff_refuse_removal();

-- Nobody gives themselves a role, nor does the gateway: an approved application says so.
create function customer_role_guard() returns trigger language plpgsql as $$
begin
  if not exists (
    select from application a where a.customer_id = new.customer_id and a.wants = new.role and a.state = 'approved')
  then
    raise exception 'the role of % needs an approved application', new.customer_id
      using errcode = 'integrity_constraint_violation', constraint = 'customer_role_approved';
  end if;
  return new;
end
$$;
create trigger customer_role_guard before update on customer
  for each row when (new.role <> old.role and current_user = 'starhash_app') execute function customer_role_guard();

insert into staff_checked_command values ('application-approve');

grant select, insert, update (state, decided_at, act_id) on application to starhash_app;
grant update (role) on customer to starhash_app;
