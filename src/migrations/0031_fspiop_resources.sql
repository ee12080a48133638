-- The rest of FSPIOP's resources, and ids as whoever asks spells them.

-- To the core every id is a UUID; on the wire it may be a ULID, and is answered as it was written.
alter table fspiop_in add column wire_id text;
update fspiop_in set wire_id = id;
alter table fspiop_in alter column wire_id set not null;

-- What became of a transaction is asked by its own id.
alter table fspiop_in add column transaction_id text;
create index fspiop_in_transaction on fspiop_in (source, transaction_id) where transaction_id is not null;

-- Requests to pay.
alter table fspiop_in drop constraint fspiop_in_resource_check;
alter table fspiop_in add constraint fspiop_in_resource_check
  check (resource in ('quotes', 'transfers', 'transactionRequests', 'bulkQuotes', 'bulkTransfers'));
alter table fspiop_out drop constraint fspiop_out_resource_check;
alter table fspiop_out add constraint fspiop_out_resource_check
  check (resource in ('quotes', 'transfers', 'transactionRequests'));

-- Bulks: what came in is kept whole, sealed, until each of its items has an answer; items are rows of fspiop_in.
create table fspiop_bulk (
  source text not null,
  resource text not null check (resource in ('bulkQuotes', 'bulkTransfers')),
  id text not null,
  body bytea not null,
  key_id text not null,
  expires_at timestamptz not null,
  -- When it is looked after; null: it is answered.
  due_at timestamptz,
  -- When the scheme was last asked what it has decided.
  asked_at timestamptz,
  primary key (source, resource, id),
  foreign key (source, resource, id) references fspiop_in
);
create index fspiop_bulk_due on fspiop_bulk (due_at) where due_at is not null;
create index fspiop_bulk_id on fspiop_bulk (id);
alter table fspiop_in add column bulk_id text;
create index fspiop_in_bulk on fspiop_in (source, bulk_id) where bulk_id is not null and answer is null;
grant select, insert, update (due_at, asked_at) on fspiop_bulk to starhash_app;

-- An answer, once given, and an outcome, once known, stay; but a request to pay that was received may be rejected (`aborted`)
-- afterwards, once.
create or replace function fspiop_in_guard() returns trigger language plpgsql as $$
begin
  if (old.source, old.resource, old.id, old.digest, old.wire_id)
       <> (new.source, new.resource, new.id, new.digest, new.wire_id)
     or (old.outcome is not null and old.outcome is distinct from new.outcome)
     or (old.answer is not null and old.answer is distinct from new.answer
         and not (old.resource = 'transactionRequests' and old.outcome is null and new.outcome = 'aborted')) then
    raise exception 'what was said over FSPIOP stays said';
  end if;
  return new;
end $$;
