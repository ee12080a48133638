-- Which numbers the scheme's directory is told that they are reached here (R240, Q1). Each row says how it should be, so that
-- what comes late or twice leads to the same end.
create table directory_entry (
  id_type text not null check (id_type in ('MSISDN', 'ALIAS')),
  id text not null,
  is_here boolean not null,
  -- Goes up with every change: what was told before it is told anew.
  version integer not null default 1,
  -- When the directory is told (again); null: it has been. What is new is due at once, by whatever clock.
  due_at timestamptz,
  attempts integer not null default 0,
  -- By which scheme it was told: another one knows nobody.
  scheme text,
  primary key (id_type, id)
);
create index directory_entry_due on directory_entry (due_at) where due_at is not null;

create function note_directory(p_id_type text, p_id text, p_is_here boolean) returns void language sql as $$
  insert into directory_entry as e (id_type, id, is_here, due_at) values (p_id_type, p_id, p_is_here, '-infinity')
  on conflict (id_type, id) do update
    set is_here = excluded.is_here, version = e.version + 1, attempts = 0,
        -- Of whom nobody heard, nobody need hear that they are gone.
        due_at = case when excluded.is_here or e.scheme is not null or e.attempts > 0 then excluded.due_at end
    where e.is_here <> excluded.is_here
$$;

-- A number is reached here as long as it is somebody's: whoever changes who is on a phone has locked its number.
create function phone_directory() returns trigger language plpgsql security definer set search_path from current as $$
begin
  perform note_directory('MSISDN', substr(new.msisdn, 2),
    exists (select from phone_assignment where msisdn = new.msisdn and valid_to is null));
  return null;
end $$;
create trigger phone_directory after insert or update of valid_to on phone_assignment
  for each row execute function phone_directory();

create function customer_directory() returns trigger language plpgsql security definer set search_path from current as $$
begin
  perform note_directory('ALIAS', new.user_number, new.status = 'active');
  return null;
end $$;
create trigger customer_directory after insert or update of status on customer
  for each row execute function customer_directory();

insert into directory_entry (id_type, id, is_here, due_at)
select 'ALIAS', user_number, true, '-infinity' from customer where status = 'active'
union all
select distinct 'MSISDN', substr(msisdn, 2), true, '-infinity'::timestamptz from phone_assignment where valid_to is null;

revoke all on function note_directory, phone_directory, customer_directory from public;
grant select, update (due_at, attempts, scheme) on directory_entry to starhash_app;
