-- Messages to and from other providers are kept so that an id means one thing, and so that whoever has lost an answer gets it again. What
-- is decided on both sides and older than that lasts goes, in small batches; what is still waited for stays, whatever its age. The
-- functions hold to it, whoever calls them.

create index fspiop_in_age on fspiop_in (received_at);
create index fspiop_out_age on fspiop_out (created_at);
create index l1p_out_age on l1p_out (created_at);
create index fspiop_out_item_bulk on fspiop_out_item (bulk_id);
create index code_request_age on code_request (created_at);
create index cash_request_age on cash_request (created_at);
create index payment_request_refused on payment_request (created_at) where invoice_id is null;

-- Nothing is forgotten within a week, whatever is asked for: duplicates come within hours.
create function forgettable_before(p_before timestamptz) returns timestamptz language sql stable
return least(p_before, now() - interval '7 days');

-- Whether a transfer of ours may still be sent, asked for, or be told otherwise than it was decided here.
create function outgoing_waits(p_transfer_id uuid) returns boolean language sql stable
return exists (
  select from outgoing_transfer o where o.transfer_id = p_transfer_id
    and (o.state = 'open' or exists (
      select from transfer_contradiction c where c.dfsp_id = o.dfsp_id and c.transfer_id = o.transfer_id)));

-- The same of one that came in, which is answered again until it is confirmed.
create function incoming_waits(p_dfsp_id text, p_transfer_id uuid) returns boolean language sql stable
return exists (
  select from incoming_transfer i where i.dfsp_id = p_dfsp_id and i.transfer_id = p_transfer_id
    and (i.state = 'reserved' or exists (
      select from transfer_contradiction c where c.dfsp_id = i.dfsp_id and c.transfer_id = i.transfer_id)));

-- Whether something that was asked between providers is not over: an invoice, cash at a counter, a payment that is asked back.
create function request_waits(p_way text, p_dfsp_id text, p_request_id uuid) returns boolean language sql stable
return exists (
    select from payment_request p left join invoice i on i.invoice_id = p.invoice_id
    where p.way = p_way and p.dfsp_id = p_dfsp_id and p.request_id = p_request_id and (p.due_at is not null or i.state = 'pending'))
  or p_way = 'out' and exists (
    select from cash_request c
    where c.dfsp_id = p_dfsp_id and c.request_id = p_request_id
      and (c.due_at is not null or c.state in ('asked', 'wanted', 'answered', 'paying')))
  or p_way = 'in' and exists (
    select from code_request c
    where c.dfsp_id = p_dfsp_id and c.request_id = p_request_id and (c.due_at is not null or c.state in ('open', 'right')))
  or exists (
    select from refund_request r join redress_case d on d.payment_id = r.payment_id
    where r.way = p_way and r.dfsp_id = p_dfsp_id and r.request_id = p_request_id and d.state <> 'closed');

-- At most so many rows of each table. Returns how many; what somebody has in hand stays for the next time.
create function fspiop_forget(p_before timestamptz, p_limit integer) returns integer language plpgsql security definer
set search_path from current as $$
declare
  v_before constant timestamptz := forgettable_before(p_before);
  v_gone integer;
  v_count integer := 0;
begin
  delete from fspiop_in where (source, resource, id) in (
    select m.source, m.resource, m.id from fspiop_in m
    where m.received_at < v_before and m.resource in ('quotes', 'transfers', 'transactionRequests')
      and case m.resource
        when 'transfers' then not incoming_waits(m.source, m.id::uuid)
        when 'transactionRequests' then not request_waits('in', m.source, m.id::uuid)
        else true end
      -- One of a bulk that is still being answered is part of that answer.
      and (m.bulk_id is null or not exists (
        select from fspiop_bulk b where b.source = m.source and b.id = m.bulk_id and b.due_at is not null))
    order by m.received_at limit p_limit for update skip locked);
  get diagnostics v_gone = row_count;
  v_count := v_count + v_gone;

  -- A bulk goes after all that came in it.
  with gone as (
    delete from fspiop_bulk where (source, resource, id) in (
      select b.source, b.resource, b.id from fspiop_bulk b join fspiop_in m using (source, resource, id)
      where m.received_at < v_before and b.due_at is null
        and not exists (select from fspiop_in i where i.source = b.source and i.bulk_id = b.id)
      order by m.received_at limit p_limit for update of b skip locked)
    returning source, resource, id)
  select count(*) into v_gone from gone;
  v_count := v_count + v_gone;
  delete from fspiop_in where (source, resource, id) in (
    select m.source, m.resource, m.id from fspiop_in m
    where m.received_at < v_before and m.resource in ('bulkQuotes', 'bulkTransfers')
      and not exists (select from fspiop_bulk b where b.source = m.source and b.resource = m.resource and b.id = m.id)
      and not exists (select from fspiop_in i where i.source = m.source and i.bulk_id = m.id)
    order by m.received_at limit p_limit for update skip locked);
  get diagnostics v_gone = row_count;
  v_count := v_count + v_gone;

  -- What left in a bulk is asked for by that bulk: it goes first, and when nothing of the bulk is waited for.
  with bulks as materialized (
    select m.id from fspiop_out m
    where m.created_at < v_before and m.resource = 'bulkTransfers'
      and exists (select from fspiop_out_item t where t.bulk_id = m.id)
      and not exists (select from fspiop_out_item t where t.bulk_id = m.id and outgoing_waits(t.transfer_id::uuid))
    order by m.created_at limit 4)
  delete from fspiop_out_item where transfer_id in (
    select t.transfer_id from bulks join fspiop_out_item t on t.bulk_id = bulks.id limit p_limit for update of t skip locked);
  get diagnostics v_gone = row_count;
  v_count := v_count + v_gone;
  delete from fspiop_out where (resource, id) in (
    select m.resource, m.id from fspiop_out m
    where m.created_at < v_before and case m.resource
      when 'transfers' then not outgoing_waits(m.id::uuid)
      when 'transactionRequests' then not request_waits('out', m.destination, m.id::uuid)
      when 'bulkTransfers' then not exists (select from fspiop_out_item t where t.bulk_id = m.id)
      else true end
    order by m.created_at limit p_limit for update skip locked);
  get diagnostics v_gone = row_count;
  return v_count + v_gone;
end
$$;

create function l1p_forget(p_before timestamptz, p_limit integer) returns integer language plpgsql security definer
set search_path from current as $$
declare
  v_gone integer;
begin
  delete from l1p_out where transfer_id in (
    select m.transfer_id from l1p_out m
    where m.created_at < forgettable_before(p_before) and not outgoing_waits(m.transfer_id)
    order by m.created_at limit p_limit for update skip locked);
  get diagnostics v_gone = row_count;
  return v_gone;
end
$$;

-- Of cash at counters: what came to nothing, and codes that were told. Cash that was paid is part of its payment.
create function counter_forget(p_before timestamptz, p_limit integer) returns integer language plpgsql security definer
set search_path from current as $$
declare
  v_before constant timestamptz := forgettable_before(p_before);
  v_gone integer;
  v_count integer;
begin
  delete from code_request where (dfsp_id, request_id) in (
    select c.dfsp_id, c.request_id from code_request c
    where c.created_at < v_before and c.state in ('sent', 'rejected') and c.due_at is null
      and not exists (select from payment p where p.payment_id = c.payment_id and p.state = 'pending')
    order by c.created_at limit p_limit for update skip locked);
  get diagnostics v_count = row_count;
  delete from cash_request where cash_request_id in (
    select c.cash_request_id from cash_request c
    where c.created_at < v_before and c.state in ('refused', 'cancelled', 'expired') and c.due_at is null and c.payment_id is null
    order by c.created_at limit p_limit for update skip locked);
  get diagnostics v_gone = row_count;
  return v_count + v_gone;
end
$$;

-- Of requests to pay: what was refused at once, of which there is no invoice.
create function payment_request_forget(p_before timestamptz, p_limit integer) returns integer language plpgsql security definer
set search_path from current as $$
declare
  v_gone integer;
begin
  delete from payment_request where (way, dfsp_id, request_id) in (
    select r.way, r.dfsp_id, r.request_id from payment_request r
    where r.invoice_id is null and r.created_at < forgettable_before(p_before) and r.due_at is null
    order by r.created_at limit p_limit for update skip locked);
  get diagnostics v_gone = row_count;
  return v_gone;
end
$$;

revoke all on function fspiop_forget, l1p_forget, counter_forget, payment_request_forget from public;
grant execute on function fspiop_forget, l1p_forget, counter_forget, payment_request_forget to starhash_app;
