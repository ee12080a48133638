-- What was asked and answered over FSPIOP, so that an id means one thing for ever (API Definition, section 3.2.5.1).
-- Bodies name people: they are sealed, bound to their row.

-- What others asked of us. The digest is an HMAC of the canonical body: an unkeyed one would let small amounts be guessed.
create table fspiop_in (
  source text not null,
  resource text not null check (resource in ('quotes', 'transfers')),
  id text not null,
  digest bytea not null,
  -- In which version they want to be answered, and the trace that they are on.
  version text not null,
  traceparent text,
  received_at timestamptz not null,
  answer bytea,
  answer_key_id text,
  -- What the scheme decided over a transfer in the end.
  outcome text check (outcome in ('committed', 'aborted')),
  outcome_at timestamptz,
  primary key (source, resource, id),
  check ((answer is null) = (answer_key_id is null)),
  check ((outcome is null) = (outcome_at is null))
);
-- A hub tells of a transfer without saying who sent it.
create index fspiop_in_id on fspiop_in (id);

-- What we asked of others: sent again, it is the same message.
create table fspiop_out (
  resource text not null check (resource in ('quotes', 'transfers')),
  id text not null,
  destination text not null,
  body bytea not null,
  key_id text not null,
  created_at timestamptz not null,
  -- From when on it may have reached somebody.
  left_at timestamptz,
  primary key (resource, id)
);

-- An answer, once given, and an outcome, once known, stay.
create function fspiop_in_guard() returns trigger language plpgsql as $$
begin
  if (old.source, old.resource, old.id, old.digest) <> (new.source, new.resource, new.id, new.digest)
     or (old.answer is not null and old.answer is distinct from new.answer)
     or (old.outcome is not null and old.outcome is distinct from new.outcome) then
    raise exception 'what was said over FSPIOP stays said';
  end if;
  return new;
end $$;
create trigger fspiop_in_guard before update on fspiop_in for each row execute function fspiop_in_guard();

grant select, insert, update (answer, answer_key_id, outcome, outcome_at) on fspiop_in to starhash_app;
grant select, insert, update (left_at) on fspiop_out to starhash_app;
