-- The ledger: double entry, append-only, its rules kept by the database itself.
--
-- A transfer is one to eight legs; a leg is one debit and one credit of the same amount, so debits equal credits by
-- construction. Amounts are minor units of the accounts' currency; balances are credit-normal (credits - debits).
--
--   ledger_account   who holds money, between which bounds, and four running counters
--   ledger_transfer  every attempt, the refused ones too: an id means one thing for good
--   ledger_leg       what was asked for
--   ledger_entry     what was booked: two rows a posted leg, each with the balance before and after
--
--   state of a transfer:  pending -> posted | voided;  posted and rejected may also be where it begins
--
-- The functions below are the only writers. Each takes one round trip, refuses by returning a code (the caller's
-- transaction goes on), and locks accounts in the order of their ids, so that calls never wait in a circle.

create table ledger_account (
  account_id uuid primary key,
  kind text not null
    check (kind in ('customer', 'agent', 'merchant', 'commission', 'fee_income', 'commission_expense', 'trust')),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  status text not null default 'open' check (status in ('open', 'frozen', 'closed')),
  -- Zero lies between the bounds, because every account begins at zero.
  floor_minor bigint check (floor_minor between -1000000000000000000 and 0),
  ceiling_minor bigint check (ceiling_minor between 0 and 1000000000000000000),
  debits_posted_minor bigint not null default 0 check (debits_posted_minor >= 0),
  credits_posted_minor bigint not null default 0 check (credits_posted_minor >= 0),
  debits_pending_minor bigint not null default 0 check (debits_pending_minor >= 0),
  credits_pending_minor bigint not null default 0 check (credits_pending_minor >= 0),
  -- How many entries the account has; also the number of the latest.
  version bigint not null default 0 check (version >= 0),
  -- What is pending out counts as gone and what is pending in counts as not yet there: whichever way the open
  -- transfers end, the balance stays above the floor. The ceiling looks at the other side in the same way.
  constraint ledger_account_floor
    check (credits_posted_minor - debits_posted_minor - debits_pending_minor >= floor_minor),
  constraint ledger_account_ceiling
    check (credits_posted_minor + credits_pending_minor - debits_posted_minor <= ceiling_minor),
  -- Less than half of what a bigint holds, so that no sum of two counters can overflow.
  constraint ledger_account_range check (
    debits_posted_minor + debits_pending_minor <= 4000000000000000000
    and credits_posted_minor + credits_pending_minor <= 4000000000000000000
  ),
  constraint ledger_account_closed_empty check (
    status <> 'closed'
    or (credits_posted_minor = debits_posted_minor and debits_pending_minor = 0 and credits_pending_minor = 0)
  )
) with (fillfactor = 50); -- room on the page, so that a new counter touches no index

create table ledger_transfer (
  transfer_id uuid primary key,
  state text not null check (state in ('pending', 'posted', 'voided', 'rejected')),
  leg_count smallint not null check (leg_count between 1 and 8),
  -- Present when the transfer asked to be reserved first.
  expires_at timestamptz,
  refusal text,
  refused_account_id uuid,
  created_at timestamptz not null,
  settled_at timestamptz,
  constraint ledger_transfer_refusal check ((state = 'rejected') = (refusal is not null)),
  constraint ledger_transfer_reserved check (state in ('posted', 'rejected') or expires_at is not null),
  constraint ledger_transfer_settled check ((state = 'pending') = (settled_at is null))
);

create index ledger_transfer_open on ledger_transfer (expires_at, transfer_id) where state = 'pending';

create table ledger_leg (
  transfer_id uuid not null references ledger_transfer,
  leg_number smallint not null check (leg_number between 1 and 8),
  -- No foreign keys: a refused transfer may name an account that does not exist, and its legs are kept as well.
  debit_account_id uuid not null,
  credit_account_id uuid not null,
  amount_minor bigint not null check (amount_minor between 1 and 1000000000000000),
  code text not null check (code in ('principal', 'fee', 'commission', 'opening')),
  primary key (transfer_id, leg_number),
  constraint ledger_leg_two_accounts check (debit_account_id <> credit_account_id)
);

create table ledger_entry (
  account_id uuid not null references ledger_account,
  version bigint not null check (version > 0),
  transfer_id uuid not null,
  leg_number smallint not null,
  direction text not null check (direction in ('debit', 'credit')),
  amount_minor bigint not null check (amount_minor > 0),
  balance_before_minor bigint not null,
  balance_after_minor bigint not null,
  posted_at timestamptz not null,
  primary key (account_id, version),
  constraint ledger_entry_once unique (transfer_id, leg_number, direction),
  constraint ledger_entry_leg foreign key (transfer_id, leg_number) references ledger_leg,
  constraint ledger_entry_sum check (
    balance_after_minor = balance_before_minor + case direction when 'credit' then amount_minor else -amount_minor end
  )
);

-- Append-only. The conditions stand in the triggers' WHEN, so that an honest write pays next to nothing for them.

create function ledger_refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'ledger: % on % is refused: %', lower(tg_op), tg_table_name, tg_argv[0]
    using errcode = 'restrict_violation';
end
$$;

create trigger ledger_leg_append_only before update or delete or truncate on ledger_leg
  for each statement execute function ledger_refuse_change('legs are append-only');

create trigger ledger_entry_append_only before update or delete or truncate on ledger_entry
  for each statement execute function ledger_refuse_change('entries are append-only');

create trigger ledger_transfer_kept before delete or truncate on ledger_transfer
  for each statement execute function ledger_refuse_change('transfers are kept');

create trigger ledger_transfer_born before insert on ledger_transfer
  for each row when (new.state = 'voided')
  execute function ledger_refuse_change('only a pending transfer can be voided');

create trigger ledger_transfer_settles_once before update on ledger_transfer
  for each row when (
    old.state <> 'pending'
    or new.state not in ('posted', 'voided')
    or (new.transfer_id, new.leg_count, new.expires_at, new.refusal, new.refused_account_id, new.created_at)
       is distinct from
       (old.transfer_id, old.leg_count, old.expires_at, old.refusal, old.refused_account_id, old.created_at)
  )
  execute function ledger_refuse_change('a transfer goes from pending to posted or voided and changes in nothing else');

create trigger ledger_account_kept before delete or truncate on ledger_account
  for each statement execute function ledger_refuse_change('accounts are kept');

create trigger ledger_account_born before insert on ledger_account
  for each row when (
    new.status <> 'open'
    or (new.debits_posted_minor, new.credits_posted_minor, new.debits_pending_minor, new.credits_pending_minor,
        new.version) is distinct from (0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint)
  )
  execute function ledger_refuse_change('an account begins open and empty');

create trigger ledger_account_counters_grow before update on ledger_account
  for each row when (
    (new.account_id, new.kind, new.currency) is distinct from (old.account_id, old.kind, old.currency)
    or new.debits_posted_minor < old.debits_posted_minor
    or new.credits_posted_minor < old.credits_posted_minor
    or new.version < old.version
    or (old.status = 'closed' and new.status <> 'closed')
  )
  execute function ledger_refuse_change('identity is fixed, posted counters only grow and closed is for good');

-- Opens an account; true when it is there now with exactly this content, whoever opened it.
create function ledger_open_account(
  p_account_id uuid, p_kind text, p_currency text, p_floor_minor bigint, p_ceiling_minor bigint
) returns boolean language plpgsql as $$
begin
  insert into ledger_account (account_id, kind, currency, floor_minor, ceiling_minor)
  values (p_account_id, p_kind, p_currency, p_floor_minor, p_ceiling_minor)
  on conflict (account_id) do nothing;
  return (
    select (a.kind, a.currency, a.floor_minor, a.ceiling_minor)
           is not distinct from (p_kind, p_currency, p_floor_minor, p_ceiling_minor)
    from ledger_account a
    where a.account_id = p_account_id
  );
end
$$;

-- Freezes, reopens or closes an account; null, or the code of the refusal.
create function ledger_set_status(p_account_id uuid, p_status text) returns text language plpgsql as $$
declare
  v_account ledger_account;
begin
  select * into v_account from ledger_account where account_id = p_account_id for no key update;
  if not found then
    return 'account_unknown';
  elsif v_account.status = p_status then
    return null;
  elsif v_account.status = 'closed' then
    return 'account_closed';
  elsif p_status = 'closed' and (
    v_account.credits_posted_minor <> v_account.debits_posted_minor
    or v_account.debits_pending_minor <> 0 or v_account.credits_pending_minor <> 0
  ) then
    return 'account_not_empty';
  end if;
  update ledger_account set status = p_status where account_id = p_account_id;
  return null;
end
$$;

-- Why a leg between these two accounts is refused, and which of them is the reason; nulls when it is not.
create function ledger_refusal(
  p_debit ledger_account, p_credit ledger_account, p_amount_minor bigint,
  out refusal text, out refused_account_id uuid
) language plpgsql immutable as $$
begin
  if p_debit.status <> 'open' then
    refusal := 'account_' || p_debit.status;
    refused_account_id := p_debit.account_id;
  elsif p_credit.status <> 'open' then
    refusal := 'account_' || p_credit.status;
    refused_account_id := p_credit.account_id;
  elsif p_debit.currency <> p_credit.currency then
    refusal := 'currency_mismatch';
    refused_account_id := p_credit.account_id;
  elsif p_debit.credits_posted_minor - p_debit.debits_posted_minor - p_debit.debits_pending_minor - p_amount_minor
        < p_debit.floor_minor
    or p_debit.debits_posted_minor + p_debit.debits_pending_minor + p_amount_minor > 4000000000000000000
  then
    refusal := 'insufficient_funds';
    refused_account_id := p_debit.account_id;
  elsif p_credit.credits_posted_minor + p_credit.credits_pending_minor - p_credit.debits_posted_minor + p_amount_minor
        > p_credit.ceiling_minor
    or p_credit.credits_posted_minor + p_credit.credits_pending_minor + p_amount_minor > 4000000000000000000
  then
    refusal := 'ceiling_exceeded';
    refused_account_id := p_credit.account_id;
  end if;
end
$$;

-- Locks the accounts of the legs in the order of their ids and works out, in memory, what the legs do to them, one
-- after the other. Every leg adds p_posted times its amount to the posted counters and p_pending times to the pending
-- ones: post at once = (1, 0), reserve = (0, 1), post what was reserved = (1, -1), release it = (0, -1).
-- With p_guarded the first leg that is refused ends it. What was reserved was guarded then and cannot fail now.
create function ledger_plan(
  p_transfer_id uuid, p_debits uuid[], p_credits uuid[], p_amounts bigint[],
  p_posted integer, p_pending integer, p_guarded boolean, p_now timestamptz,
  out accounts ledger_account[], out entries ledger_entry[], out refusal text, out refused_account_id uuid
) language plpgsql as $$
declare
  v_ids uuid[];
  v_d integer; -- where the leg's two accounts stand in the array
  v_c integer;
  v_amount bigint;
  v_balance bigint;
begin
  select array_agg(locked.account order by locked.account_id), array_agg(locked.account_id order by locked.account_id)
    into accounts, v_ids
  from (
    select a as account, a.account_id
    from ledger_account a
    where a.account_id = any (p_debits || p_credits)
    order by a.account_id
    for no key update
  ) locked;

  for i in 1 .. cardinality(p_amounts) loop
    v_d := array_position(v_ids, p_debits[i]);
    v_c := array_position(v_ids, p_credits[i]);
    v_amount := p_amounts[i];
    if v_d is null or v_c is null then
      refusal := 'account_unknown';
      refused_account_id := case when v_d is null then p_debits[i] else p_credits[i] end;
    elsif p_guarded then
      select r.refusal, r.refused_account_id into refusal, refused_account_id
      from ledger_refusal(accounts[v_d], accounts[v_c], v_amount) r;
    end if;
    exit when refusal is not null;

    accounts[v_d].debits_pending_minor := accounts[v_d].debits_pending_minor + p_pending * v_amount;
    accounts[v_c].credits_pending_minor := accounts[v_c].credits_pending_minor + p_pending * v_amount;
    continue when p_posted = 0;

    v_balance := accounts[v_d].credits_posted_minor - accounts[v_d].debits_posted_minor;
    accounts[v_d].debits_posted_minor := accounts[v_d].debits_posted_minor + v_amount;
    accounts[v_d].version := accounts[v_d].version + 1;
    entries := entries || row(p_debits[i], accounts[v_d].version, p_transfer_id, i, 'debit', v_amount,
                              v_balance, v_balance - v_amount, p_now)::ledger_entry;

    v_balance := accounts[v_c].credits_posted_minor - accounts[v_c].debits_posted_minor;
    accounts[v_c].credits_posted_minor := accounts[v_c].credits_posted_minor + v_amount;
    accounts[v_c].version := accounts[v_c].version + 1;
    entries := entries || row(p_credits[i], accounts[v_c].version, p_transfer_id, i, 'credit', v_amount,
                              v_balance, v_balance + v_amount, p_now)::ledger_entry;
  end loop;
end
$$;

-- Writes what ledger_plan worked out.
create function ledger_book(p_accounts ledger_account[], p_entries ledger_entry[]) returns void language plpgsql as $$
declare
  v_account ledger_account;
begin
  foreach v_account in array p_accounts loop
    update ledger_account
    set debits_posted_minor = v_account.debits_posted_minor,
        credits_posted_minor = v_account.credits_posted_minor,
        debits_pending_minor = v_account.debits_pending_minor,
        credits_pending_minor = v_account.credits_pending_minor,
        version = v_account.version
    where account_id = v_account.account_id;
  end loop;
  insert into ledger_entry select e.* from unnest(p_entries) e;
end
$$;

-- What became of an id that came before; found = false when it never did. The expiry is not part of the content.
create function ledger_recall(
  p_transfer_id uuid, p_debits uuid[], p_credits uuid[], p_amounts bigint[], p_codes text[], p_reserve boolean,
  out known boolean, out refusal text, out refused_account_id uuid, out state text
) language plpgsql as $$
declare
  v_transfer ledger_transfer;
  v_same boolean;
begin
  select * into v_transfer from ledger_transfer where transfer_id = p_transfer_id;
  known := found;
  if not known then
    return;
  end if;
  select array_agg(l.debit_account_id order by l.leg_number) = p_debits
     and array_agg(l.credit_account_id order by l.leg_number) = p_credits
     and array_agg(l.amount_minor order by l.leg_number) = p_amounts
     and array_agg(l.code order by l.leg_number) = p_codes
    into v_same
  from ledger_leg l
  where l.transfer_id = p_transfer_id;
  if not v_same or (v_transfer.expires_at is not null) <> p_reserve then
    refusal := 'transfer_exists_different';
  elsif v_transfer.state = 'rejected' then
    refusal := v_transfer.refusal;
    refused_account_id := v_transfer.refused_account_id;
  else
    state := v_transfer.state;
  end if;
end
$$;

-- Posts the legs, or reserves them when there is an expiry. Gives the code of the refusal, or the state.
create function ledger_move(
  p_transfer_id uuid, p_debits uuid[], p_credits uuid[], p_amounts bigint[], p_codes text[],
  p_expires_at timestamptz, p_now timestamptz,
  out refusal text, out refused_account_id uuid, out state text, out repeated boolean
) language plpgsql as $$
declare
  v_reserve boolean := p_expires_at is not null;
  v_plan record;
  v_before record;
begin
  select * into v_before from ledger_recall(p_transfer_id, p_debits, p_credits, p_amounts, p_codes, v_reserve);
  if not v_before.known then
    select * into v_plan
    from ledger_plan(p_transfer_id, p_debits, p_credits, p_amounts,
                     (not v_reserve)::integer, v_reserve::integer, true, p_now);
    if p_expires_at <= p_now then
      v_plan.refusal := 'transfer_expired';
      v_plan.refused_account_id := null;
    end if;
    refusal := v_plan.refusal;
    refused_account_id := v_plan.refused_account_id;
    state := case when refusal is not null then 'rejected' when v_reserve then 'pending' else 'posted' end;
    repeated := false;

    -- The one place where two callers with the same new id meet: the second waits here for the first to commit, and
    -- has written nothing yet. It holds its accounts by now, but the first already has all that it needs.
    insert into ledger_transfer
      (transfer_id, state, leg_count, expires_at, refusal, refused_account_id, created_at, settled_at)
    values (p_transfer_id, state, cardinality(p_amounts), p_expires_at, refusal, refused_account_id, p_now,
            case when state <> 'pending' then p_now end)
    on conflict (transfer_id) do nothing;
    if found then
      insert into ledger_leg (transfer_id, leg_number, debit_account_id, credit_account_id, amount_minor, code)
      select p_transfer_id, leg.number, leg.debit, leg.credit, leg.amount, leg.code
      from unnest(p_debits, p_credits, p_amounts, p_codes) with ordinality as leg (debit, credit, amount, code, number);
      if refusal is null then
        perform ledger_book(v_plan.accounts, v_plan.entries);
      end if;
      return;
    end if;
    select * into strict v_before
    from ledger_recall(p_transfer_id, p_debits, p_credits, p_amounts, p_codes, v_reserve);
  end if;

  refusal := v_before.refusal;
  refused_account_id := v_before.refused_account_id;
  state := v_before.state;
  repeated := true;
end
$$;

-- Posts or voids (p_state) what was reserved. Gives the code of the refusal, or the state.
-- A freeze that came after the reservation stops neither: phase two only carries out what was already promised.
create function ledger_settle(
  p_transfer_id uuid, p_state text, p_now timestamptz, out refusal text, out state text, out repeated boolean
) language plpgsql as $$
declare
  v_transfer ledger_transfer;
  v_legs record;
  v_plan record;
begin
  select * into v_transfer from ledger_transfer where transfer_id = p_transfer_id for no key update;
  if not found then
    refusal := 'transfer_unknown';
    return;
  elsif v_transfer.state = p_state then
    state := p_state;
    repeated := true;
    return;
  elsif v_transfer.state <> 'pending' then
    refusal := 'transfer_not_pending';
    return;
  elsif p_state = 'posted' and v_transfer.expires_at <= p_now then
    refusal := 'transfer_expired';
    return;
  end if;

  select array_agg(l.debit_account_id order by l.leg_number) as debits,
         array_agg(l.credit_account_id order by l.leg_number) as credits,
         array_agg(l.amount_minor order by l.leg_number) as amounts
    into v_legs
  from ledger_leg l
  where l.transfer_id = p_transfer_id;
  select * into v_plan
  from ledger_plan(p_transfer_id, v_legs.debits, v_legs.credits, v_legs.amounts,
                   (p_state = 'posted')::integer, -1, false, p_now);
  if v_plan.refusal is not null then
    raise exception 'ledger: the pending transfer % lost an account', p_transfer_id;
  end if;
  update ledger_transfer t set state = p_state, settled_at = p_now where t.transfer_id = p_transfer_id;
  perform ledger_book(v_plan.accounts, v_plan.entries);
  state := p_state;
  repeated := false;
end
$$;
