-- Refunds of payments that crossed a scheme: a second transfer the other way, which names the first one's transaction (R213, R215).

alter table incoming_quote
  -- Of the payer's provider, as it came. A refund names it.
  add column transaction_id text,
  -- The payment of ours that it gives back, and what of that payment's fee comes back with it.
  add column refund_of uuid references payment,
  add column fee_back_minor bigint not null default 0 check (fee_back_minor >= 0),
  add constraint incoming_quote_refund check (refund_of is not null or fee_back_minor = 0);

-- As in 0023. Of money that came in from another provider, what its payee paid for it comes back as well.
create or replace function attach_refund(p_rows jsonb) returns void language plpgsql as $$
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
    values (r.original_id, v_original.amount_minor,
            v_original.fee_minor + case when v_original.outside is null then 0 else v_original.payee_fee_minor end, 0, 0)
    on conflict do nothing;
    update refunded set amount_minor = amount_minor + v_amount, fee_minor = fee_minor + v_fee
    where original_id = r.original_id;
  end loop;
end
$$;

insert into staff_checked_command values ('refund-elsewhere');
