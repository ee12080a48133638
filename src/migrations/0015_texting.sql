-- Commands by SMS: what came in is known by its kind alone, and money is told under a one-time code.

alter table sms_inbound add column kind text not null default 'other' check (kind ~ '^[a-z]{1,16}$');
alter table sms_inbound alter column kind drop default;
drop index sms_inbound_from;
create index sms_inbound_from on sms_inbound (from_msisdn, kind, received_at);

create table sms_code (
  code_id uuid primary key,
  customer_id uuid not null references customer,
  -- What is told to whoever replies with the code.
  asked text not null check (asked in ('balance', 'mini')),
  -- Keyed: a million codes would soon be tried without the key, which is not in the database.
  digest bytea not null check (octet_length(digest) = 32),
  tries_left integer not null check (tries_left >= 0),
  expires_at timestamptz not null,
  ended_at timestamptz,
  created_at timestamptz not null
);
create unique index sms_code_open on sms_code (customer_id) where ended_at is null;
create index sms_code_customer on sms_code (customer_id, created_at);

grant select, insert, delete, update (tries_left, ended_at) on sms_code to starhash_app;
