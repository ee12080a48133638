-- Transfers of ours at the ledger of 2017's scheme: by which condition each is proven, and whether it may have got there. What
-- has left once is never said to have moved nothing because a later try reached nobody.
create table l1p_out (
  transfer_id uuid primary key,
  condition text not null,
  created_at timestamptz not null,
  -- From when on it may have reached the ledger.
  left_at timestamptz
);

grant select, insert, update (left_at) on l1p_out to starhash_app;
