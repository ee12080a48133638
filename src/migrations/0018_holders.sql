-- Who is to hold an account and has still to sign up (R39): known by the phone, until somebody signs up on it.

create table account_invitation (
  invitation_id bigint generated always as identity primary key,
  account_id bigint not null references account,
  msisdn text not null check (msisdn ~ '^\+[1-9][0-9]{6,14}$'),
  rank text not null check (rank in ('signatory', 'viewer')),
  invited_by uuid not null references customer,
  created_at timestamptz not null,
  expires_at timestamptz not null check (expires_at > created_at),
  -- Accepted, withdrawn, or over.
  settled_at timestamptz
);
create unique index account_invitation_open on account_invitation (account_id, msisdn) where settled_at is null;
create index account_invitation_phone on account_invitation (msisdn) where settled_at is null;

grant select, insert, update (settled_at) on account_invitation to starhash_app;
