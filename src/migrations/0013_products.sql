-- Payments of every kind. A side may be the provider itself (a top-up from the bank), and staff may ask where no
-- customer does. Whose money it is (payer, payee: the accounts' owners) is told apart from who asks (initiator): a
-- signatory pays from an account that is somebody else's.

alter table quote
  drop constraint quote_product_check,
  add constraint quote_product_check check (product in
    ('send', 'own', 'cash_in', 'cash_out', 'purchase', 'float', 'sweep', 'refund', 'topup')),
  add column channel text not null default 'ussd' check (channel in ('ussd', 'sms', 'api', 'staff')),
  -- Which side of the money the initiator stands on.
  add column asked_as text not null default 'payer' check (asked_as in ('payer', 'payee', 'staff')),
  -- Held until the payer approves it, or a code is shown for it.
  add column held boolean not null default false,
  -- Taken from what the payee got.
  add column payee_fee_minor bigint not null default 0 check (payee_fee_minor >= 0),
  -- The provider's fee of the payment that is given back, on top of the amount, from its own income.
  add column fee_back_minor bigint not null default 0 check (fee_back_minor >= 0),
  -- The rules by which it was priced.
  add column rule_version text not null default '',
  -- What it is for: an invoice, the payment that is given back.
  add column subject_id uuid;
update quote set held = true, asked_as = 'payee' where product = 'cash_out';

alter table payment
  drop constraint payment_product_check,
  add constraint payment_product_check check (product in
    ('send', 'own', 'cash_in', 'cash_out', 'purchase', 'float', 'sweep', 'refund', 'topup')),
  alter column initiator_id drop not null,
  alter column payer_id drop not null,
  alter column payee_id drop not null,
  alter column decided_by drop not null,
  add constraint payment_has_a_side check (payer_id is not null or payee_id is not null),
  add column channel text not null default 'ussd' check (channel in ('ussd', 'sms', 'api', 'staff')),
  add column asked_as text not null default 'payer' check (asked_as in ('payer', 'payee', 'staff')),
  add column payee_fee_minor bigint not null default 0 check (payee_fee_minor >= 0),
  add column fee_back_minor bigint not null default 0 check (fee_back_minor >= 0),
  add column rule_version text not null default '',
  add column subject_id uuid,
  add constraint payment_asked_by check ((initiator_id is null) = (asked_as = 'staff'));
update payment set asked_as = 'payee' where product = 'cash_out';
create index payment_payer_account on payment (payer_account_id, updated_at desc) where state = 'completed';
create index payment_payee_account on payment (payee_account_id, updated_at desc) where state = 'completed';
create index payment_waiting_account on payment (payer_account_id) where state = 'pending';
create index payment_subject on payment (subject_id) where subject_id is not null;
create index payment_initiated on payment (initiator_id, updated_at desc) where state = 'completed';
drop index payment_waiting;
-- An agent waits for one answer of a customer at a time; money that is held to come back is no such request.
drop index payment_one_request;
create unique index payment_one_request on payment (payer_id, payee_id) where state = 'pending' and product <> 'refund';

-- What is given back of a held refund may be less than was held, never more.
create or replace function payment_guard() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    raise exception 'payments are never deleted';
  end if;
  if old.state <> new.state and not (old.state = 'pending' and new.state in ('completed', 'failed', 'rejected', 'expired')) then
    raise exception 'a payment cannot go from % to %', old.state, new.state;
  end if;
  if (old.amount_minor, old.fee_back_minor) is distinct from (new.amount_minor, new.fee_back_minor)
     and not (old.product = 'refund' and old.state = 'pending' and new.state = 'completed'
              and new.amount_minor <= old.amount_minor and new.fee_back_minor <= old.fee_back_minor) then
    raise exception 'what a payment moves never changes';
  end if;
  if (old.payment_id, old.product, old.reference, old.initiator_id, old.payer_id, old.payee_id, old.currency,
      old.payer_account_id, old.payee_account_id, old.fee_minor, old.commission_minor, old.created_at,
      old.channel, old.asked_as, old.payee_fee_minor, old.rule_version, old.subject_id)
     is distinct from
     (new.payment_id, new.product, new.reference, new.initiator_id, new.payer_id, new.payee_id, new.currency,
      new.payer_account_id, new.payee_account_id, new.fee_minor, new.commission_minor, new.created_at,
      new.channel, new.asked_as, new.payee_fee_minor, new.rule_version, new.subject_id) then
    raise exception 'what a payment is about never changes';
  end if;
  return new;
end $$;

-- As in 0008, for every product. Who may take from the account is looked at here once more, with the money: a
-- signatory who was removed while the call went on pays nothing (R29).
create or replace function attach_payment(p_rows jsonb) returns void language plpgsql as $$
begin
  if exists (
    select from jsonb_to_recordset(p_rows) r (payment_id uuid, quote_expires_at timestamptz)
    join ledger_transfer t on t.transfer_id = r.payment_id
    where time_of(t.seq) >= r.quote_expires_at)
  then
    raise exception 'the quote of a payment has expired'
      using errcode = 'integrity_constraint_violation', constraint = 'payment_quote_expired';
  end if;
  if exists (
    select from jsonb_to_recordset(p_rows) r (payer_account_id bigint, debited_by uuid)
    where r.debited_by is not null and not exists (
      select from account_holder h
      where h.account_id = r.payer_account_id and h.customer_id = r.debited_by and h.rank in ('owner', 'signatory')))
  then
    raise exception 'whoever pays may not take from that account'
      using errcode = 'integrity_constraint_violation', constraint = 'payment_signatory';
  end if;
  insert into payment (
    payment_id, product, channel, asked_as, state, reference, initiator_id, payer_id, payee_id, payer_account_id, payee_account_id,
    currency, amount_minor, fee_minor, payee_fee_minor, fee_back_minor, commission_minor, rule_version, subject_id, decided_by, hop_key,
    created_at, updated_at, expires_at)
  select r.payment_id, r.product, r.channel, r.asked_as, r.state, r.reference, r.initiator_id, r.payer_id, r.payee_id,
         r.payer_account_id, r.payee_account_id, r.currency, r.amount_minor, r.fee_minor, r.payee_fee_minor,
         r.fee_back_minor, r.commission_minor, r.rule_version, r.subject_id, r.decided_by, r.hop_key, r.created_at, r.created_at, r.expires_at
  from jsonb_to_recordset(p_rows) r (
    payment_id uuid, product text, channel text, asked_as text, state text, reference text, initiator_id uuid,
    payer_id uuid, payee_id uuid, payer_account_id bigint, payee_account_id bigint, currency text, amount_minor bigint,
    fee_minor bigint, payee_fee_minor bigint, fee_back_minor bigint, commission_minor bigint, rule_version text, subject_id uuid,
    decided_by uuid, hop_key text, created_at timestamptz, expires_at timestamptz);
end
$$;

-- As in 0008. Whoever approves must be allowed to take from the account at that moment; a refund may be completed in part.
create or replace function attach_payment_decision(p_rows jsonb) returns void language plpgsql as $$
declare
  v_decided integer;
begin
  if exists (
    select from jsonb_to_recordset(p_rows) r (payment_id uuid, debited_by uuid)
    join payment p on p.payment_id = r.payment_id
    where r.debited_by is not null and not exists (
      select from account_holder h
      where h.account_id = p.payer_account_id and h.customer_id = r.debited_by and h.rank in ('owner', 'signatory')))
  then
    raise exception 'whoever approves may not take from that account'
      using errcode = 'integrity_constraint_violation', constraint = 'payment_signatory';
  end if;
  update payment p
  set state = r.state, decided_by = coalesce(r.decided_by, p.decided_by), hop_key = coalesce(r.hop_key, p.hop_key),
      outcome_seen = false, updated_at = r.updated_at,
      amount_minor = coalesce(r.amount_minor, p.amount_minor), fee_back_minor = coalesce(r.fee_back_minor, p.fee_back_minor)
  from jsonb_to_recordset(p_rows) r (
    payment_id uuid, state text, decided_by uuid, hop_key text, updated_at timestamptz, amount_minor bigint,
    fee_back_minor bigint)
  where p.payment_id = r.payment_id and p.state = 'pending';
  get diagnostics v_decided = row_count;
  if v_decided <> jsonb_array_length(p_rows) then
    raise exception 'a payment was decided before'
      using errcode = 'integrity_constraint_violation', constraint = 'payment_decided_once';
  end if;
end
$$;
