-- Which keys this database was made with, as keyed digests that say nothing of them: a start with others is refused.

create table key_proof (
  name text not null,
  key_id text not null,
  digest bytea not null,
  primary key (name, key_id)
);
