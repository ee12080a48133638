-- People, the phones they are reached on, their PINs, and which ledger accounts are theirs.

create table customer (
  customer_id uuid primary key,
  first_name text not null check (char_length(first_name) between 1 and 30),
  last_name text not null check (char_length(last_name) between 1 and 30),
  language text not null,
  role text not null check (role in ('customer', 'agent', 'merchant')),
  status text not null check (status in ('active', 'closed')),
  -- AES-256-GCM, the key named beside it.
  birth_date bytea not null,
  national_id bytea not null,
  key_id text not null,
  -- A keyed hash of name, birth date and ID: the same person twice is refused without reading anybody's.
  person_index bytea not null unique,
  created_at timestamptz not null
);

-- A number is lent to a person for a while, and is never the person. The constraint allows one holder at a time.
create table phone_assignment (
  assignment_id uuid primary key,
  msisdn text not null check (msisdn ~ '^\+[1-9][0-9]{6,14}$'),
  customer_id uuid not null references customer,
  valid_from timestamptz not null,
  valid_to timestamptz check (valid_to > valid_from)
);
create unique index phone_assignment_one_holder on phone_assignment (msisdn) where valid_to is null;
create index phone_assignment_customer on phone_assignment (customer_id);

create table customer_account (
  account_id uuid primary key,
  customer_id uuid not null references customer,
  purpose text not null check (purpose in ('main', 'commission'))
);
create unique index customer_account_purpose on customer_account (customer_id, purpose);

create table pin (
  customer_id uuid primary key references customer,
  hash text not null,
  -- The pepper that the hash was made with; it is kept outside the database.
  pepper_id text not null,
  failed_attempts int not null check (failed_attempts between 0 and 3),
  -- Set by the wrong attempt that was the last: from then on no attempt counts, not even a right one under way.
  locked_at timestamptz,
  changed_at timestamptz not null
);

-- One attempt a hop, however often the hop is delivered. The key is a keyed hash.
create table pin_attempt (
  attempt_key text primary key,
  customer_id uuid not null references customer,
  -- `spent`: right, and the PIN was changed since; it proves nothing any more.
  outcome text check (outcome in ('right', 'spent', 'wrong', 'locked')),
  attempts_left int,
  attempted_at timestamptz not null
);
create index pin_attempt_right on pin_attempt (customer_id) where outcome = 'right';
create index pin_attempt_age on pin_attempt (attempted_at);
