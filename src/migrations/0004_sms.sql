-- SMS on their way out, and the ids of those that came in.

create table sms_outbox (
  sms_id uuid primary key,
  to_msisdn text not null,
  -- AES-256-GCM; wiped once the provider has taken the message.
  body bytea,
  key_id text,
  state text not null check (state in ('queued', 'sending', 'sent', 'delivered', 'failed')),
  attempts int not null default 0,
  -- When to look at it again: the next attempt, or the end of the lease of the one that is under way.
  due_at timestamptz not null,
  provider_message_id text,
  last_error text,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  check ((body is null) = (key_id is null)),
  check (state not in ('queued', 'sending') or body is not null)
);
create index sms_outbox_under_way on sms_outbox (to_msisdn) where state = 'sending';
create index sms_outbox_provider_id on sms_outbox (provider_message_id);
create index sms_outbox_due on sms_outbox (due_at) where state in ('queued', 'sending');

-- Inbound messages are delivered again until they are answered: each counts once. Their words are not kept.
create table sms_inbound (
  provider text not null,
  message_id text not null,
  from_msisdn text not null,
  received_at timestamptz not null,
  primary key (provider, message_id)
);
create index sms_inbound_from on sms_inbound (from_msisdn, received_at);
create index sms_inbound_age on sms_inbound (received_at);
