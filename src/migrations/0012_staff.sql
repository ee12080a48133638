-- The provider's staff, and what they did. The database itself holds that
--   * a member has one role, and is enrolled or let in again only by an act that a second person approved;
--   * who decides over an act is somebody else than who made it, and both worked here at that moment;
--   * what was asked is never changed afterwards, and an act moves forward only;
--   * commands in staff_checked_command cannot be carried out without that second person.

create table staff_act (
  act_id uuid primary key,
  -- What people call it.
  act_number bigint generated always as identity unique,
  command text not null check (command ~ '^[a-z][a-z-]{1,39}$'),
  -- Ids, numbers and choices: neither secrets nor anybody's papers.
  args jsonb not null check (jsonb_typeof(args) = 'object'),
  reason text check (char_length(reason) between 3 and 300),
  -- Needs a second person.
  is_checked boolean not null,
  state text not null check (state in ('proposed', 'approved', 'rejected', 'expired', 'done', 'failed')),
  made_by text not null,
  made_role text not null,
  made_at timestamptz not null,
  -- Of a proposal that nobody decides.
  expires_at timestamptz,
  decided_by text,
  decided_role text,
  decided_at timestamptz,
  decision_reason text check (char_length(decision_reason) between 3 and 300),
  finished_at timestamptz,
  -- What came of it, in one line; of a failed one the code of the refusal.
  outcome text,
  constraint staff_act_two_people check (decided_by <> made_by),
  constraint staff_act_decided check (
    (decided_by is null) = (decided_at is null) and (decided_by is null) = (decided_role is null)
    and case when not is_checked then decided_by is null
             when state in ('approved', 'rejected', 'done', 'failed') then decided_by is not null
             else decided_by is null end),
  constraint staff_act_reasoned check (not is_checked or reason is not null),
  constraint staff_act_finished check ((finished_at is not null) = (state in ('rejected', 'expired', 'done', 'failed')))
);
create index staff_act_open on staff_act (state, made_at) where state in ('proposed', 'approved');

create table staff_member (
  staff_id text primary key check (staff_id ~ '^[a-z][a-z0-9.-]{1,29}$'),
  full_name text not null check (char_length(full_name) between 2 and 80),
  role text not null
    check (role in ('call_centre', 'agent_manager', 'fraud', 'finance', 'risk', 'auditor', 'admin')),
  -- `invited`: the token opens nothing but the member's own activation.
  status text not null check (status in ('invited', 'active', 'disabled')),
  -- A keyed digest: whoever reads this table can't log in with it.
  token_digest bytea unique check (octet_length(token_digest) = 32),
  token_expires_at timestamptz,
  is_sandbox boolean not null default false,
  -- The act that let them in last; null: whoever owns the database did.
  act_id uuid references staff_act,
  created_at timestamptz not null,
  last_seen_at timestamptz,
  constraint staff_member_token check ((token_digest is null) = (token_expires_at is null)),
  constraint staff_member_disabled check (status <> 'disabled' or token_digest is null)
);
-- The roles exclude one another: nobody is two members.
create unique index staff_member_one_person on staff_member (lower(full_name)) where status <> 'disabled';

alter table staff_act
  add constraint staff_act_maker foreign key (made_by) references staff_member,
  add constraint staff_act_decider foreign key (decided_by) references staff_member;

-- Commands that nobody carries out alone. Written by migrations only.
create table staff_checked_command (command text primary key);
insert into staff_checked_command values ('staff-add'), ('staff-renew');

create function staff_works_here(p_staff_id text, p_role text) returns boolean language sql stable as $$
  select exists (select from staff_member where staff_id = p_staff_id and role = p_role and status = 'active')
$$;

create function staff_act_guard() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    if exists (select from staff_checked_command c where c.command = new.command) and not new.is_checked then
      raise exception '% needs a second person', new.command
        using errcode = 'integrity_constraint_violation', constraint = 'staff_act_checked';
    end if;
    if new.state <> (case when new.is_checked then 'proposed' else 'approved' end) or new.decided_by is not null then
      raise exception 'an act begins at its beginning'
        using errcode = 'integrity_constraint_violation', constraint = 'staff_act_forward';
    end if;
    if not (staff_works_here(new.made_by, new.made_role) or new.command = 'activate' and exists (
      select from staff_member m where m.staff_id = new.made_by and m.role = new.made_role and m.status = 'invited'))
    then
      raise exception '% does not work here as %', new.made_by, new.made_role
        using errcode = 'integrity_constraint_violation', constraint = 'staff_act_member';
    end if;
    return new;
  end if;
  if (new.act_id, new.act_number, new.command, new.args, new.reason, new.is_checked, new.made_by, new.made_role,
      new.made_at, new.expires_at)
     is distinct from
     (old.act_id, old.act_number, old.command, old.args, old.reason, old.is_checked, old.made_by, old.made_role,
      old.made_at, old.expires_at)
  then
    raise exception 'what was asked for stays as it was asked'
      using errcode = 'integrity_constraint_violation', constraint = 'staff_act_immutable';
  end if;
  if not (old.state = 'proposed' and new.state in ('approved', 'rejected', 'expired', 'failed')
          or old.state = 'approved' and new.state in ('done', 'failed'))
  then
    raise exception 'an act that is % does not become %', old.state, new.state
      using errcode = 'integrity_constraint_violation', constraint = 'staff_act_forward';
  end if;
  if old.state = 'approved' and (new.decided_by, new.decided_role, new.decided_at, new.decision_reason)
     is distinct from (old.decided_by, old.decided_role, old.decided_at, old.decision_reason)
  then
    raise exception 'a decision stays as it was made'
      using errcode = 'integrity_constraint_violation', constraint = 'staff_act_immutable';
  end if;
  if old.state = 'proposed' and new.decided_by is not null and not staff_works_here(new.decided_by, new.decided_role) then
    raise exception '% does not work here as %', new.decided_by, new.decided_role
      using errcode = 'integrity_constraint_violation', constraint = 'staff_act_member';
  end if;
  return new;
end
$$;
create trigger staff_act_guard before insert or update on staff_act for each row execute function staff_act_guard();

create function staff_refuse_removal() returns trigger language plpgsql as $$
begin
  raise exception '% on % is refused: what the staff did is kept', lower(tg_op), tg_table_name
    using errcode = 'restrict_violation';
end
$$;
create trigger staff_act_kept before delete or truncate on staff_act
  for each statement execute function staff_refuse_removal();
create trigger staff_member_kept before delete or truncate on staff_member
  for each statement execute function staff_refuse_removal();

-- The gateway lets nobody in by itself: an approved act about this very member must say so. It may always shut out.
create function staff_member_guard() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and (
    new.status = 'disabled' or new.status = old.status and new.act_id is not distinct from old.act_id
    or old.status = 'invited' and new.status = 'active' and new.act_id is not distinct from old.act_id)
  then
    return new;
  end if;
  if tg_op = 'INSERT' and new.is_sandbox or new.status <> 'invited' or not exists (
    select from staff_act a
    where a.act_id = new.act_id and a.state = 'approved' and a.is_checked and a.args ->> 'staffId' = new.staff_id
      and case when tg_op = 'INSERT' then a.command = 'staff-add' and a.args ->> 'role' = new.role
               else a.command = 'staff-renew' end)
  then
    raise exception 'nobody is let in without an act that two people stand for'
      using errcode = 'integrity_constraint_violation', constraint = 'staff_member_let_in';
  end if;
  return new;
end
$$;
create trigger staff_member_guard before insert or update on staff_member
  for each row when (current_user = 'starhash_app') execute function staff_member_guard();

grant select, insert on staff_act to starhash_app;
grant update (state, decided_by, decided_role, decided_at, decision_reason, finished_at, outcome) on staff_act
  to starhash_app;
grant select, insert on staff_member to starhash_app;
grant update (status, token_digest, token_expires_at, act_id, last_seen_at) on staff_member to starhash_app;
grant select on staff_checked_command to starhash_app;
