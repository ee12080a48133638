-- R43 to R45: somebody who has an account asks on a phone to be let onto it, and agrees on a phone that is theirs.

create table phone_request (
  request_id uuid primary key,
  -- The phone on which it was asked.
  msisdn text not null check (msisdn ~ '^\+[1-9][0-9]{6,14}$'),
  -- Who was asked. Null: nobody was, and whoever asked isn't told so. It counts all the same.
  customer_id uuid references customer,
  -- Whose phone it was when they let somebody be asked there; null: nobody's.
  let_in_by uuid references customer,
  -- The hop that asked: delivered again, it asks nobody anew.
  asked_by text not null unique,
  asked_at timestamptz not null,
  expires_at timestamptz not null check (expires_at > asked_at),
  state text not null check (state in ('open', 'agreed', 'refused')),
  -- The hop that decided: delivered again, it is answered the same.
  decided_by text,
  decided_at timestamptz,
  constraint phone_request_decided check (
    (state = 'open') = (decided_at is null) and (decided_at is null) = (decided_by is null)),
  constraint phone_request_of_somebody check (customer_id is not null or state = 'open')
);
create index phone_request_phone on phone_request (msisdn, asked_at);
create index phone_request_person on phone_request (customer_id, asked_at) where customer_id is not null;
create index phone_request_age on phone_request (asked_at);

create function phone_request_guard() returns trigger language plpgsql as $$
begin
  if old.state <> 'open' then
    raise exception 'request % was decided before', old.request_id
      using errcode = 'integrity_constraint_violation', constraint = 'phone_request_decided_once';
  end if;
  return new;
end
$$;
create trigger phone_request_guard before update on phone_request for each row execute function phone_request_guard();

-- As many people as a phone can ask for by one digit, as many phones as a person can be asked to look after. Whoever
-- comes to the same phone, or brings the same person, waits until the one before has committed. The person is locked
-- before the phone, here and in src/identity/phones.ts.
create function phone_assignment_limits() returns trigger language plpgsql as $$
begin
  perform from customer where customer_id = new.customer_id for no key update;
  perform pg_advisory_xact_lock(hashtextextended('msisdn:' || new.msisdn, 0));
  if (select count(*) from phone_assignment where msisdn = new.msisdn and valid_to is null) > 8 then
    raise exception 'phone % has as many people as it can', new.msisdn
      using errcode = 'integrity_constraint_violation', constraint = 'phone_assignment_people';
  end if;
  if (select count(*) from phone_assignment where customer_id = new.customer_id and valid_to is null) > 5 then
    raise exception 'customer % has as many phones as they can', new.customer_id
      using errcode = 'integrity_constraint_violation', constraint = 'phone_assignment_phones';
  end if;
  return null;
end
$$;
create trigger phone_assignment_limits after insert on phone_assignment
  for each row execute function phone_assignment_limits();

grant select, insert, delete, update (state, decided_by, decided_at) on phone_request to starhash_app;
