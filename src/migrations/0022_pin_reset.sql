-- A forgotten PIN: staff start it, a one-time code goes to the person's phone, the person sets another PIN there.

create table pin_reset (
  reset_id uuid primary key,
  customer_id uuid not null references customer,
  -- Where the code went; it must still be the person's when the code comes back.
  msisdn text not null,
  -- Keyed: a million codes would soon be tried without the key, which is not in the database.
  digest bytea not null check (octet_length(digest) = 32),
  tries_left smallint not null check (tries_left >= 0),
  -- The hop that tried last: delivered again it takes no further try.
  tried_by text,
  -- The hop that told the code right, and may set the PIN for a while.
  proven_by text,
  proven_at timestamptz,
  started_by text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  ended_at timestamptz,
  outcome text check (outcome in ('done', 'failed', 'replaced', 'swapped')),
  constraint pin_reset_ended check ((ended_at is null) = (outcome is null)),
  constraint pin_reset_proven check ((proven_by is null) = (proven_at is null))
);
create unique index pin_reset_one_open on pin_reset (customer_id) where ended_at is null;
create index pin_reset_customer on pin_reset (customer_id, created_at);

-- When the SIM was last changed, as far as we were told; each change that is seen is another sim_epoch.
alter table phone_assignment add column sim_swapped_at timestamptz;

grant select, insert, delete, update (tries_left, tried_by, proven_by, proven_at, ended_at, outcome) on pin_reset to starhash_app;
grant update (sim_swapped_at) on phone_assignment to starhash_app;
