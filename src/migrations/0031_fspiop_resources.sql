-- The rest of FSPIOP's resources, and ids as whoever asks spells them.

-- To the core every id is a UUID; on the wire it may be a ULID, and is answered as it was written.
alter table fspiop_in add column wire_id text;
update fspiop_in set wire_id = id;
alter table fspiop_in alter column wire_id set not null;
