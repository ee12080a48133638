-- Accounts that the staff hold back (R268-R270), when somebody was last looked at for fraud (R266), and how money knows the act
-- that moves it.
create table account_freeze (
  -- The act that froze.
  freeze_id uuid primary key references staff_act,
  freeze_number bigint generated always as identity unique,
  -- A person: all accounts that they own, those of tomorrow too. Or one account.
  customer_id uuid references customer,
  account_id bigint references account,
  side text not null check (side in ('debit', 'credit', 'all')),
  -- Whether the owner was told, and so is told when it ends. Who is suspected is not warned.
  is_told boolean not null,
  starts_at timestamptz not null,
  ends_at timestamptz check (ends_at > starts_at),
  lifted_at timestamptz,
  -- The act that lifted it; null: its time was over.
  lifted_by uuid references staff_act,
  constraint freeze_of_one check ((customer_id is null) <> (account_id is null)),
  constraint freeze_lifted check (lifted_at is not null or lifted_by is null)
);
create index freeze_of_customer on account_freeze (customer_id) where lifted_at is null;
create index freeze_of_account on account_freeze (account_id) where lifted_at is null;
create index freeze_ending on account_freeze (ends_at) where lifted_at is null;

create function freeze_guard() returns trigger language plpgsql as $$
begin
  if old.lifted_at is not null then
    raise exception 'freeze % was lifted before', old.freeze_number
      using errcode = 'integrity_constraint_violation', constraint = 'freeze_lifted_once';
  end if;
  return new;
end
$$;
create trigger freeze_lifted_once before update on account_freeze for each row execute function freeze_guard();
create trigger freeze_kept before delete or truncate on account_freeze
  for each statement execute function staff_refuse_removal();

-- R269: what was held before an account was frozen is not paid from or to it afterwards. The ledger would post it, since
-- what is reserved can break no bound; so the decision itself is refused, in the transaction that would move the money. But what was on
-- hold to go back goes back though whoever got it was frozen since: nobody gains by it but the one whose money it was.
create function payment_frozen() returns trigger language plpgsql as $$
begin
  if new.product <> 'refund'
     and exists (select from ledger_account a where a.account_id = new.payer_account_id and a.status & 1 = 1) then
    raise exception 'the payer of payment % is frozen', new.payment_id
      using errcode = 'integrity_constraint_violation', constraint = 'payment_payer_frozen';
  elsif exists (select from ledger_account a where a.account_id = new.payee_account_id and a.status & 2 = 2) then
    raise exception 'the payee of payment % is frozen', new.payment_id
      using errcode = 'integrity_constraint_violation', constraint = 'payment_payee_frozen';
  end if;
  return new;
end
$$;
create trigger payment_frozen before update on payment
  for each row when (old.state = 'pending' and new.state = 'completed') execute function payment_frozen();

create table fraud_check (
  act_id uuid primary key references staff_act,
  customer_id uuid not null references customer,
  checked_at timestamptz not null,
  checked_by text not null references staff_member,
  comments text not null check (char_length(comments) between 1 and 500)
);
create index fraud_check_of on fraud_check (customer_id, checked_at);
create trigger fraud_check_kept before delete or truncate on fraud_check
  for each statement execute function staff_refuse_removal();

insert into staff_checked_command values ('unfreeze');

grant select, insert, update (lifted_at, lifted_by) on account_freeze to starhash_app;
grant select, insert on fraud_check to starhash_app;

-- Money knows an act by an id of its own, made when the act may be carried out: the ledger takes ids of today only, and
-- a proposal may wait for a week.
alter table staff_act add column effect_id uuid unique;
create function staff_effect_kept() returns trigger language plpgsql as $$
begin
  raise exception 'the money of act % has its id for good', old.act_number
    using errcode = 'integrity_constraint_violation', constraint = 'staff_act_immutable';
end
$$;
create trigger staff_effect_kept before update on staff_act
  for each row when (old.effect_id is not null and new.effect_id is distinct from old.effect_id)
  execute function staff_effect_kept();
grant update (effect_id) on staff_act to starhash_app;

insert into staff_checked_command values ('tier-set'), ('tier-lift'), ('float-topup'), ('float-return');
