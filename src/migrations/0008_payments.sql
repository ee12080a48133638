-- Payments, messages and people on the second ledger. Their rows commit with the money: the functions `attach_…` write
-- them, called by ledger_post for a whole batch at once. What a row violates is told by the name of a constraint.
--
-- An installation that has books of the first ledger takes them along: accounts under new numbers, balances as opening
-- transfers from the trust account, open requests as reservations under the same id. Where there are none, nothing of
-- that happens.

-- Which number each account of the first ledger has now.
create table ledger_v1_number (
  v1_account_id uuid primary key references ledger_v1_account,
  account_id bigint not null unique
);

insert into ledger_v1_number (v1_account_id, account_id)
select v.account_id,
       (c.number * 32 + case v.kind when 'fee_income' then 1 when 'commission_expense' then 2 when 'trust' then 3 end) * 16
from ledger_v1_account v join ledger_currency c on c.code = v.currency
where v.kind in ('fee_income', 'commission_expense', 'trust');

insert into ledger_v1_number (v1_account_id, account_id)
select v.account_id, (s.cell::bigint << 48) + nextval('ledger_account_number')
from ledger_setting s, (
  select account_id from ledger_v1_account
  where kind not in ('fee_income', 'commission_expense', 'trust')
  order by account_id -- UUIDv7: the oldest first
) v;

create function ledger_v1_number_of(p_account_id uuid) returns bigint language sql stable as $$
  select account_id from ledger_v1_number where v1_account_id = p_account_id
$$;
alter table customer_account alter column account_id type bigint using ledger_v1_number_of(account_id);
alter table quote
  alter column payer_account_id type bigint using ledger_v1_number_of(payer_account_id),
  alter column payee_account_id type bigint using ledger_v1_number_of(payee_account_id),
  alter column commission_account_id type bigint using ledger_v1_number_of(commission_account_id);
alter table payment
  alter column payer_account_id type bigint using ledger_v1_number_of(payer_account_id),
  alter column payee_account_id type bigint using ledger_v1_number_of(payee_account_id);
drop function ledger_v1_number_of;

-- One transfer as ledger_post takes it, from lane 1; house accounts by their first stripe.
create function ledger_v1_carry(
  p_id uuid, p_kind smallint, p_expires_at timestamptz,
  p_debits bigint[], p_credits bigint[], p_amounts bigint[], p_codes smallint[]
) returns void language plpgsql as $$
declare
  v_debits bigint[] := array(select id + (id < 1000000)::integer from unnest(p_debits) with ordinality u (id, n) order by n);
  v_credits bigint[] := array(select id + (id < 1000000)::integer from unnest(p_credits) with ordinality u (id, n) order by n);
  v_accounts bigint[] := array(select distinct id from unnest(v_debits || v_credits) u (id) order by id);
  v_result smallint;
begin
  select results[1] into strict v_result
  from ledger_post(
    1::smallint, micros_of(clock_timestamp()), array[p_id], array[p_kind], array[cardinality(p_amounts)], null,
    case when p_expires_at is not null then array[micros_of(p_expires_at)] end, v_accounts,
    array(select array_position(v_accounts, id) from unnest(v_debits) with ordinality u (id, n) order by n),
    array(select array_position(v_accounts, id) from unnest(v_credits) with ordinality u (id, n) order by n),
    p_amounts, p_codes, null, false);
  if v_result <> 0 then
    raise exception 'the new ledger refuses % of the old one with %', p_id, v_result;
  end if;
end
$$;

do $$
declare
  c_actor constant jsonb := '{"kind": "system", "id": "migration"}';
  v record;
  v_id uuid;
  v_openings integer := 0;
  v_holds integer := 0;
begin
  if not exists (select from ledger_v1_number) then
    return;
  end if;
  perform ledger_prepare(clock_timestamp());
  -- A reservation keeps its id, and an id says in which month it was made.
  perform make_month_partitions('ledger_transfer', 'transfer_id_floor', made.at, 1)
  from (
    select distinct date_trunc('month', to_timestamp(
             ('x' || lpad(left(replace(transfer_id::text, '-', ''), 12), 16, '0'))::bit(64)::bigint / 1000.0)) as at
    from ledger_v1_transfer where state = 'pending'
  ) made;

  for v in
    select n.account_id, a.kind, a.currency, a.floor_minor, a.ceiling_minor
    from ledger_v1_account a join ledger_v1_number n on n.v1_account_id = a.account_id order by n.account_id
  loop
    perform ledger_open_account(
      v.account_id, v.kind, v.currency, case when v.account_id >= 1000000 then v.floor_minor end,
      case when v.account_id >= 1000000 then v.ceiling_minor end, null, c_actor, micros_of(clock_timestamp()));
  end loop;

  -- What the trust account then lacks is the sum of all others, as it was before: debits equal credits.
  for v in
    select n.account_id, t.account_id as trust, a.credits_posted_minor - a.debits_posted_minor as balance
    from ledger_v1_account a join ledger_v1_number n on n.v1_account_id = a.account_id
    join ledger_v1_account h on h.kind = 'trust' and h.currency = a.currency
    join ledger_v1_number t on t.v1_account_id = h.account_id
    where a.kind <> 'trust' and a.credits_posted_minor <> a.debits_posted_minor
    order by n.account_id
  loop
    v_id := (left(replace(transfer_id_floor(clock_timestamp())::text, '-', ''), 12)
             || '7' || substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid;
    perform ledger_v1_carry(
      v_id, 1::smallint, null,
      array[case when v.balance > 0 then v.trust else v.account_id end],
      array[case when v.balance > 0 then v.account_id else v.trust end], array[abs(v.balance)], array[4::smallint]);
    v_openings := v_openings + 1;
  end loop;

  for v in
    select t.transfer_id, t.expires_at, array_agg(d.account_id order by l.leg_number) as debits,
           array_agg(c.account_id order by l.leg_number) as credits, array_agg(l.amount_minor order by l.leg_number) as amounts,
           array_agg(case l.code when 'principal' then 1 when 'fee' then 2 when 'commission' then 3 else 4 end::smallint
                     order by l.leg_number) as codes
    from ledger_v1_transfer t join ledger_v1_leg l on l.transfer_id = t.transfer_id
    join ledger_v1_number d on d.v1_account_id = l.debit_account_id
    join ledger_v1_number c on c.v1_account_id = l.credit_account_id
    where t.state = 'pending'
    group by t.transfer_id order by t.transfer_id
  loop
    -- What is overdue is reserved for a moment more, to be released by the sweeper, who tells the agent.
    perform ledger_v1_carry(
      v.transfer_id, 2::smallint, greatest(v.expires_at, clock_timestamp() + interval '1 minute'),
      v.debits, v.credits, v.amounts, v.codes);
    v_holds := v_holds + 1;
  end loop;

  for v in
    select n.account_id, a.status from ledger_v1_account a join ledger_v1_number n on n.v1_account_id = a.account_id
    where a.status <> 'open' order by n.account_id
  loop
    if ledger_set_status(v.account_id, case v.status when 'closed' then 7 else 3 end::smallint, c_actor,
                         micros_of(clock_timestamp())) is not null then
      raise exception 'account % of the old ledger cannot be %', v.account_id, v.status;
    end if;
  end loop;

  perform audit_record(micros_of(clock_timestamp()), jsonb_build_array(jsonb_build_object(
    'at', micros_of(clock_timestamp()), 'action', 'ledger.carried_over', 'actorKind', 'system', 'actorId', 'migration',
    'subjectKind', 'ledger', 'subjectId', 'v1', 'new', jsonb_build_object(
      'accounts', (select count(*) from ledger_v1_number), 'openings', v_openings, 'holds', v_holds))));
end
$$;
drop function ledger_v1_carry;

-- Rows that commit with money ----------------------------------------------------------------------------------------

-- A new payment: completed, or pending for a request that holds money. `quote_expires_at`: what is booked later than
-- that is refused, so that a caller who was told that nothing came of it was told the truth.
create function attach_payment(p_rows jsonb) returns void language plpgsql as $$
begin
  if exists (
    select from jsonb_to_recordset(p_rows) r (payment_id uuid, quote_expires_at timestamptz)
    join ledger_transfer t on t.transfer_id = r.payment_id
    where time_of(t.seq) >= r.quote_expires_at)
  then
    raise exception 'the quote of a payment has expired'
      using errcode = 'integrity_constraint_violation', constraint = 'payment_quote_expired';
  end if;
  insert into payment (
    payment_id, product, state, reference, initiator_id, payer_id, payee_id, payer_account_id, payee_account_id,
    currency, amount_minor, fee_minor, commission_minor, decided_by, hop_key, created_at, updated_at, expires_at)
  select r.payment_id, r.product, r.state, r.reference, r.initiator_id, r.payer_id, r.payee_id, r.payer_account_id,
         r.payee_account_id, r.currency, r.amount_minor, r.fee_minor, r.commission_minor, r.decided_by, r.hop_key,
         r.created_at, r.created_at, r.expires_at
  from jsonb_to_recordset(p_rows) r (
    payment_id uuid, product text, state text, reference text, initiator_id uuid, payer_id uuid, payee_id uuid,
    payer_account_id bigint, payee_account_id bigint, currency text, amount_minor bigint, fee_minor bigint,
    commission_minor bigint, decided_by uuid, hop_key text, created_at timestamptz, expires_at timestamptz);
end
$$;

-- The gateway itself writes only what failed: a payment that moved or holds money comes with the money.
create function payment_refuse_alone() returns trigger language plpgsql as $$
begin
  raise exception 'a payment that is % comes with its money', new.state using errcode = 'insufficient_privilege';
end
$$;
create trigger payment_with_money before insert on payment
  for each row when (new.state <> 'failed' and current_user = 'starhash_app') execute function payment_refuse_alone();

-- The decision over a pending payment. Whoever comes second finds it decided, and nothing of theirs happens.
create function attach_payment_decision(p_rows jsonb) returns void language plpgsql as $$
declare
  v_decided integer;
begin
  update payment p
  set state = r.state, decided_by = coalesce(r.decided_by, p.decided_by), hop_key = coalesce(r.hop_key, p.hop_key),
      outcome_seen = false, updated_at = r.updated_at
  from jsonb_to_recordset(p_rows) r (payment_id uuid, state text, decided_by uuid, hop_key text, updated_at timestamptz)
  where p.payment_id = r.payment_id and p.state = 'pending';
  get diagnostics v_decided = row_count;
  if v_decided <> jsonb_array_length(p_rows) then
    raise exception 'a payment was decided before'
      using errcode = 'integrity_constraint_violation', constraint = 'payment_decided_once';
  end if;
end
$$;

-- The balance that a message tells, known when the money has moved: src/sms puts it into the words as they leave.
alter table sms_outbox
  add column balance_minor bigint,
  add column balance_currency text,
  add constraint sms_outbox_balance check ((balance_minor is null) = (balance_currency is null));

-- A message about a transfer. With an account it tells what is available there as of this transfer: the balance after
-- its last leg on that account, less what is held. What a later transfer of the same batch holds counts already; the
-- floor keeps that from showing as a debt.
create function attach_sms(p_rows jsonb) returns void language plpgsql as $$
begin
  insert into sms_outbox (
    sms_id, to_msisdn, body, key_id, state, due_at, created_at, updated_at, balance_minor, balance_currency)
  select r.sms_id, r.to_msisdn, decode(r.body, 'base64'), r.key_id, 'queued', r.created_at, r.created_at, r.created_at,
         case when after.balance_minor is not null
              then greatest(after.balance_minor - a.debits_pending_minor, a.floor_minor) end,
         r.currency
  from jsonb_to_recordset(p_rows) r (
    sms_id uuid, to_msisdn text, body text, key_id text, created_at timestamptz,
    transfer_id uuid, account_id bigint, currency text)
  left join ledger_account a on a.account_id = r.account_id
  left join lateral (
    select case when t.legs[i * 8 - 7] = r.account_id then t.legs[i * 8 - 3] else t.legs[i * 8 - 2] end as balance_minor
    from ledger_transfer t cross join lateral generate_series(1, cardinality(t.legs) / 8) i
    where t.transfer_id = r.transfer_id and r.account_id in (t.legs[i * 8 - 7], t.legs[i * 8 - 6])
    order by i desc limit 1
  ) after on true;
end
$$;

-- The money with which somebody begins. It is promised with the person, and moved once, however often it is tried.
create table opening (
  customer_id uuid primary key references customer,
  account_id bigint not null,
  amount_minor bigint not null check (amount_minor > 0),
  -- Of the ledger, once the money is there.
  transfer_id uuid
);
create index opening_waiting on opening (customer_id) where transfer_id is null;

create function attach_opening(p_rows jsonb) returns void language plpgsql as $$
declare
  v_opened integer;
begin
  update opening o set transfer_id = r.transfer_id
  from jsonb_to_recordset(p_rows) r (customer_id uuid, transfer_id uuid)
  where o.customer_id = r.customer_id and o.transfer_id is null;
  get diagnostics v_opened = row_count;
  if v_opened <> jsonb_array_length(p_rows) then
    raise exception 'somebody has what they begin with'
      using errcode = 'integrity_constraint_violation', constraint = 'opening_once';
  end if;
end
$$;

revoke all on function attach_payment, attach_payment_decision, attach_sms, attach_opening from public;

-- What the gateway may do with the rows of its rooms. Money and what commits with it only moves through ledger_post.
grant select, insert on customer, phone_assignment, customer_account, key_proof, opening to starhash_app;
grant update (language) on customer to starhash_app;
grant select, insert, update on pin to starhash_app;
grant select, insert, delete, update (outcome, attempts_left) on pin_attempt to starhash_app;
grant select, insert, delete, update (accepted_at) on quote to starhash_app;
grant select, insert, update (outcome_seen) on payment to starhash_app;
grant select, insert on sms_outbox to starhash_app;
grant update (body, key_id, state, attempts, due_at, provider_message_id, last_error, updated_at, balance_minor,
  balance_currency) on sms_outbox to starhash_app;
grant select, insert, delete on sms_inbound to starhash_app;
