-- Money that was sent by mistake between providers: a case on either side, and the question between them.

alter table redress_case
  -- Null: whoever opened it is at the other provider, as the payment has them.
  alter column customer_id drop not null,
  drop constraint redress_case_channel_check,
  add constraint redress_case_channel_check check (channel in ('ussd', 'sms', 'staff', 'api')),
  add constraint redress_case_somebody check (num_nonnulls(customer_id, other_id) > 0);

-- A payment that is asked back. `out`: by us, of the provider that got it. `in`: of us, by the provider that sent it.
create table refund_request (
  way text not null check (way in ('out', 'in')),
  -- The other provider.
  dfsp_id text not null,
  -- UUIDv4: as it is on the wire.
  request_id uuid not null,
  payment_id uuid not null unique references payment,
  amount_minor bigint not null check (amount_minor > 0),
  -- What whoever is asked said last. What is rejected stays so.
  answer text check (answer in ('received', 'rejected')),
  error jsonb,
  asked_at timestamptz not null,
  expires_at timestamptz not null,
  primary key (way, dfsp_id, request_id)
);

create function refund_request_guard() returns trigger language plpgsql as $$
begin
  if new.request_id = old.request_id and old.answer = 'rejected' and new.answer is distinct from 'rejected' then
    raise exception 'a request that was rejected stays so';
  end if;
  return new;
end $$;
create trigger refund_request_guard before update on refund_request
  for each row execute function refund_request_guard();
grant select, insert, update (request_id, amount_minor, answer, error, asked_at, expires_at) on refund_request to starhash_app;
-- A request names the transaction that it asks back.
create index incoming_quote_transaction on incoming_quote (transaction_id) where transaction_id is not null;

-- Tills are reached from other providers by their numbers.
alter table directory_entry
  drop constraint directory_entry_id_type_check,
  add constraint directory_entry_id_type_check check (id_type in ('MSISDN', 'ALIAS', 'BUSINESS'));

create function till_directory() returns trigger language plpgsql security definer set search_path from current as $$
begin
  perform note_directory('BUSINESS', new.till_number, new.status = 'open');
  return null;
end $$;
create trigger till_directory after insert or update of status on till
  for each row execute function till_directory();
revoke all on function till_directory from public;

insert into directory_entry (id_type, id, is_here, due_at)
select 'BUSINESS', till_number, true, '-infinity' from till where status = 'open';

-- Nothing ever read it: a phone whose profile was closed may register at once, whoever holds it (Q1).
alter table rule_version disable trigger rule_version_kept;
update rule_version set body = body - 'quarantineDays' where kind = 'conduct';
alter table rule_version enable trigger rule_version_kept;

-- A day of the market is compared by itself, once; any window by somebody's act.
alter table reconciliation
  alter column act_id drop not null,
  add column day date unique,
  add constraint reconciliation_cause check (num_nonnulls(act_id, day) = 1);
