-- Money comes back: refunds as second payments that name the first, cases with a number and a clock, and money that is
-- held at its receiver because it was sent by mistake.

-- Refunds ------------------------------------------------------------------------------------------------------------

-- How much of a payment came back or is held to come back. The check is the rule: never more than was paid (R219).
create table refunded (
  original_id uuid primary key references payment,
  original_amount_minor bigint not null,
  original_fee_minor bigint not null,
  amount_minor bigint not null check (amount_minor >= 0),
  fee_minor bigint not null check (fee_minor >= 0),
  constraint refund_within_original check (amount_minor <= original_amount_minor and fee_minor <= original_fee_minor)
);

create table refund (
  payment_id uuid primary key references payment,
  original_id uuid not null references payment,
  state text not null check (state in ('held', 'paid', 'released')),
  amount_minor bigint not null check (amount_minor > 0),
  fee_minor bigint not null check (fee_minor >= 0)
);
create index refund_original on refund (original_id);
-- What one payment brought is held once at a time.
create unique index refund_one_hold on refund (original_id) where state = 'held';

create function refund_guard() returns trigger language plpgsql as $$
begin
  if old.state <> 'held' or new.state = 'held' or (old.payment_id, old.original_id) <> (new.payment_id, new.original_id)
     or new.amount_minor > old.amount_minor or new.fee_minor > old.fee_minor then
    raise exception 'a refund that is % stays so', old.state;
  end if;
  return new;
end $$;
create trigger refund_guard before update on refund for each row execute function refund_guard();

-- A refund that comes into a state, with its money. It goes the way of the original backwards, and what it takes of the
-- original is counted in the row that all refunds of that payment share, one after the other.
create function attach_refund(p_rows jsonb) returns void language plpgsql as $$
declare
  r record;
  v_original payment;
  v_held refund;
  v_amount bigint;
  v_fee bigint;
begin
  for r in
    select * from jsonb_to_recordset(p_rows) x (
      payment_id uuid, original_id uuid, state text, amount_minor bigint, fee_minor bigint) order by x.original_id
  loop
    select p.* into v_original
    from payment p join payment b on b.payment_id = r.payment_id
    where p.payment_id = r.original_id and p.state = 'completed' and p.product <> 'refund'
      and p.payer_account_id = b.payee_account_id and p.payee_account_id = b.payer_account_id;
    if not found then
      raise exception 'a refund goes the way of a completed payment backwards'
        using errcode = 'integrity_constraint_violation', constraint = 'refund_of_payment';
    end if;
    select * into v_held from refund where payment_id = r.payment_id for update;
    if found then
      update refund
      set state = case when r.state = 'completed' then 'paid' else 'released' end,
          amount_minor = case when r.state = 'completed' then r.amount_minor else amount_minor end,
          fee_minor = case when r.state = 'completed' then r.fee_minor else fee_minor end
      where payment_id = r.payment_id;
      v_amount := case when r.state = 'completed' then r.amount_minor else 0 end - v_held.amount_minor;
      v_fee := case when r.state = 'completed' then r.fee_minor else 0 end - v_held.fee_minor;
    else
      insert into refund (payment_id, original_id, state, amount_minor, fee_minor)
      values (r.payment_id, r.original_id, case when r.state = 'pending' then 'held' else 'paid' end,
              r.amount_minor, r.fee_minor);
      v_amount := r.amount_minor;
      v_fee := r.fee_minor;
    end if;
    insert into refunded (original_id, original_amount_minor, original_fee_minor, amount_minor, fee_minor)
    values (r.original_id, v_original.amount_minor, v_original.fee_minor, 0, 0) on conflict do nothing;
    update refunded set amount_minor = amount_minor + v_amount, fee_minor = fee_minor + v_fee
    where original_id = r.original_id;
  end loop;
end
$$;

-- Cases --------------------------------------------------------------------------------------------------------------

-- Numbers that can be read out: a count and a check digit.
create sequence redress_case_number start 1001;

create table redress_case (
  case_id uuid primary key,
  number text not null constraint redress_case_number_key unique check (number ~ '^[0-9]{5,18}$'),
  kind text not null check (kind in ('wrong_send', 'not_mine', 'wrong_amount', 'not_received', 'other')),
  -- What went wrong with a sending, in the sender's own choice of words.
  reason text check (reason in ('wrong_number', 'wrong_amount', 'sent_twice', 'other')),
  payment_id uuid not null references payment,
  customer_id uuid not null references customer,
  -- The other side of the payment, where it is a person.
  other_id uuid references customer,
  channel text not null check (channel in ('ussd', 'sms', 'staff')),
  -- Who of the staff opened it for the customer.
  opened_by text,
  state text not null check (state in ('open', 'investigating', 'decided', 'appealed', 'closed')),
  -- What was decided last; kept while an appeal is looked at.
  outcome text check (outcome in ('refunded', 'refunded_in_part', 'agreed', 'corrected', 'rejected', 'lapsed')),
  -- The refund that holds the money, whatever became of it.
  hold_payment_id uuid references payment,
  -- What whoever got the money says of it.
  answer text check (answer in ('gives_back', 'keeps')),
  taken_by text,
  decided_by text,
  -- The act or the hop that decided it: the same again is answered as before.
  decided_trace text,
  opened_at timestamptz not null,
  due_at timestamptz not null,
  decided_at timestamptz,
  -- Until when whoever opened it may ask for another look.
  appeal_until timestamptz,
  appealed_at timestamptz,
  check (state not in ('decided', 'appealed', 'closed') or (outcome is not null and decided_at is not null)),
  check ((reason is not null) = (kind = 'wrong_send')),
  check ((channel = 'staff') = (opened_by is not null))
);
-- A sending is said to be a mistake once, whoever says so and however often; a payment has one case a person at a time.
create unique index redress_wrong_send on redress_case (payment_id) where kind = 'wrong_send';
create unique index redress_one_open on redress_case (payment_id, customer_id) where state in ('open', 'investigating', 'appealed');
create unique index redress_hold on redress_case (hold_payment_id) where hold_payment_id is not null;
create index redress_customer on redress_case (customer_id, opened_at desc);
create index redress_other on redress_case (other_id) where state in ('open', 'investigating', 'appealed');
create index redress_due on redress_case (due_at) where state in ('open', 'investigating', 'appealed');
create index redress_closing on redress_case (appeal_until) where state = 'decided';

create function redress_guard() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    raise exception 'cases are never deleted';
  end if;
  if old.state <> new.state and not (
       (old.state = 'open' and new.state in ('investigating', 'decided'))
    or (old.state = 'investigating' and new.state = 'decided')
    or (old.state = 'decided' and new.state in ('appealed', 'closed'))
    or (old.state = 'appealed' and new.state in ('investigating', 'decided'))) then
    raise exception 'a case cannot go from % to %', old.state, new.state
      using errcode = 'integrity_constraint_violation', constraint = 'redress_transition';
  end if;
  if new.state = 'appealed' and old.state <> 'appealed' and old.appealed_at is not null then
    raise exception 'a case is appealed once'
      using errcode = 'integrity_constraint_violation', constraint = 'redress_appealed_once';
  end if;
  if old.answer is not null and new.answer is distinct from old.answer then
    raise exception 'an answer stays'
      using errcode = 'integrity_constraint_violation', constraint = 'redress_answered_once';
  end if;
  if (old.case_id, old.number, old.kind, old.reason, old.payment_id, old.customer_id, old.other_id, old.channel,
      old.opened_by, old.hold_payment_id, old.opened_at)
     is distinct from
     (new.case_id, new.number, new.kind, new.reason, new.payment_id, new.customer_id, new.other_id, new.channel,
      new.opened_by, new.hold_payment_id, new.opened_at) then
    raise exception 'what a case is about never changes';
  end if;
  return new;
end $$;
create trigger redress_guard before update or delete on redress_case for each row execute function redress_guard();

-- What the staff found out. No papers, no PINs, no numbers of either: long runs of digits are refused.
create table redress_note (
  note_id uuid primary key,
  case_id uuid not null references redress_case,
  staff_id text not null,
  words text not null check (length(words) between 1 and 280),
  at timestamptz not null,
  constraint redress_note_papers check (words !~ '[0-9]([ ./-]?[0-9]){5}')
);
create index redress_note_case on redress_note (case_id, at);

-- How many cases a person opened on a day of the market.
create table redress_use (
  customer_id uuid not null references customer,
  day date not null,
  used integer not null check (used > 0),
  primary key (customer_id, day)
);
-- How many refunds one of the staff decided on a day of the market.
create table redress_staff_use (
  staff_id text not null,
  day date not null,
  used integer not null check (used > 0),
  primary key (staff_id, day)
);

-- A new case, alone or with the money that is held for it. `use_max`: how many this person may open that day.
create function attach_redress_case(p_rows jsonb) returns void language plpgsql as $$
declare
  r record;
  v_used integer;
begin
  for r in
    select * from jsonb_to_recordset(p_rows) x (
      case_id uuid, number text, kind text, reason text, payment_id uuid, customer_id uuid, other_id uuid, channel text,
      opened_by text, hold_payment_id uuid, opened_at timestamptz, due_at timestamptz, use_day date, use_max integer)
    order by x.customer_id
  loop
    if r.use_max is not null then
      insert into redress_use as u (customer_id, day, used) values (r.customer_id, r.use_day, 1)
      on conflict (customer_id, day) do update set used = u.used + 1 returning used into v_used;
      if v_used > r.use_max then
        raise exception 'this person has opened enough cases today'
          using errcode = 'integrity_constraint_violation', constraint = 'redress_daily_limit';
      end if;
    end if;
    insert into redress_case (
      case_id, number, kind, reason, payment_id, customer_id, other_id, channel, opened_by, state, hold_payment_id,
      opened_at, due_at)
    values (r.case_id, r.number, r.kind, r.reason, r.payment_id, r.customer_id, r.other_id, r.channel, r.opened_by,
            'open', r.hold_payment_id, r.opened_at, r.due_at);
  end loop;
end
$$;

-- A decision, alone or with the money that it moves or frees. Whoever comes second finds it decided.
create function attach_redress_decision(p_rows jsonb) returns void language plpgsql as $$
declare
  v_decided integer;
  v_used integer;
  v_use record;
begin
  for v_use in
    select * from jsonb_to_recordset(p_rows) x (decided_by text, use_day date, use_max integer)
    where x.use_max is not null order by x.decided_by
  loop
    insert into redress_staff_use as u (staff_id, day, used) values (v_use.decided_by, v_use.use_day, 1)
    on conflict (staff_id, day) do update set used = u.used + 1 returning used into v_used;
    if v_used > v_use.use_max then
      raise exception 'this member of the staff has given back enough today'
        using errcode = 'integrity_constraint_violation', constraint = 'redress_staff_limit';
    end if;
  end loop;
  update redress_case c
  set state = 'decided', outcome = r.outcome, decided_by = r.decided_by, decided_trace = r.decided_trace,
      decided_at = r.decided_at, appeal_until = r.appeal_until, answer = coalesce(r.answer, c.answer)
  from jsonb_to_recordset(p_rows) r (
    case_id uuid, outcome text, decided_by text, decided_trace text, decided_at timestamptz, appeal_until timestamptz, answer text)
  where c.case_id = r.case_id and c.state in ('open', 'investigating', 'appealed');
  get diagnostics v_decided = row_count;
  if v_decided <> jsonb_array_length(p_rows) then
    raise exception 'a case was decided before'
      using errcode = 'integrity_constraint_violation', constraint = 'redress_decided_once';
  end if;
end
$$;

revoke all on function attach_refund, attach_redress_case, attach_redress_decision from public;
grant execute on function attach_redress_case, attach_redress_decision to starhash_app;
grant select on refund, refunded to starhash_app;
grant select, insert, update (state, outcome, answer, taken_by, decided_by, decided_trace, decided_at, due_at, appeal_until, appealed_at)
  on redress_case to starhash_app;
grant select, insert on redress_note to starhash_app;
grant select, insert, update (used) on redress_use, redress_staff_use to starhash_app;
grant usage on sequence redress_case_number to starhash_app;

-- No one of the staff decides a case alone.
insert into staff_checked_command values ('case-decide');
