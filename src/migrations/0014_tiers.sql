-- Tiers: who comes into the next one by themselves, who was put into one by hand, and who has used more than theirs
-- allows.

-- Somebody's tier set by hand. While it stands, nothing changes it but another hand.
create table tier_override (
  customer_id uuid primary key references customer,
  -- Where they were before, and are again when it is lifted.
  tier_before text not null,
  reason text not null check (length(reason) between 1 and 500),
  made_by text not null check (made_by <> ''),
  made_at timestamptz not null
);

-- What somebody's own money is worth, without what is on its way out; commission is not theirs to spend yet.
create function tier_balance(p_customer_id uuid) returns bigint language sql stable as $$
  select coalesce(sum(l.credits_posted_minor - l.debits_posted_minor - l.debits_pending_minor), 0)::bigint
  from account a join ledger_account l using (account_id)
  where a.owner_id = p_customer_id and a.purpose <> 'commission' and a.status = 'open'
$$;

-- Who is in this tier and has what the next one asks for, the oldest first.
create function tier_due(
  p_tier text, p_created_before timestamptz, p_balance_min bigint, p_payments_min integer, p_limit integer
) returns setof uuid language sql stable as $$
  select c.customer_id from customer c
  where c.tier = p_tier and c.role = 'customer' and c.status = 'active' and c.created_at <= p_created_before
    and not exists (select from tier_override o where o.customer_id = c.customer_id)
    and (select count(*) from (
           (select from payment p where p.payer_id = c.customer_id and p.state = 'completed' limit p_payments_min)
           union all
           (select from payment p where p.payee_id = c.customer_id and p.state = 'completed' limit p_payments_min)) p
        ) >= p_payments_min
    and tier_balance(c.customer_id) >= p_balance_min
  order by c.created_at, c.customer_id
  limit p_limit
$$;

-- Who has used more, or holds more, than what somebody of their role and tier may.
--   p_caps      [{"role", "tier", "direction", "scope", "period", "period_start", "amount_max", "count_max"}]
--   p_balances  [{"role", "tier", "balance_max"}]
-- Whose tier is none of `p_tiers` is bound by the first of them.
create function tier_exceeding(p_tiers text[], p_caps jsonb, p_balances jsonb) returns table (
  customer_id uuid, tier text, direction text, scope text, period text,
  amount_minor bigint, amount_max_minor bigint, count integer, count_max integer
) language sql stable as $$
  with person as (
    select c.customer_id, c.role, c.tier, case when c.tier = any (p_tiers) then c.tier else p_tiers[1] end as bound
    from customer c where c.status = 'active'
  )
  select p.customer_id, p.tier, u.direction, u.scope, u.period, u.amount_minor, r.amount_max, u.count, r.count_max
  from jsonb_to_recordset(p_caps) r (
    role text, tier text, direction text, scope text, period text, period_start date, amount_max bigint, count_max integer)
  join limit_use u on u.direction = r.direction and u.scope = r.scope and u.period = r.period
    and u.period_start = r.period_start and (u.amount_minor > r.amount_max or u.count > r.count_max)
  join person p on p.customer_id = u.customer_id and p.role = r.role and p.bound = r.tier
  union all
  select p.customer_id, p.tier, 'in', 'all', 'balance', h.held, r.balance_max, null, null
  from jsonb_to_recordset(p_balances) r (role text, tier text, balance_max bigint)
  join person p on p.role = r.role and p.bound = r.tier
  cross join lateral tier_balance(p.customer_id) h (held)
  where h.held > r.balance_max
  order by 1, 3, 4, 5
$$;

revoke all on function tier_balance, tier_due, tier_exceeding from public;
grant execute on function tier_balance, tier_due, tier_exceeding to starhash_app;
grant update (tier) on customer to starhash_app;
grant select, insert, delete on tier_override to starhash_app;
