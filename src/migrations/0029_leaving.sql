-- R55: nothing is begun for somebody who leaves at that very moment. Whatever would keep a profile open waits for whoever
-- closes it, and whoever closes it for that: one of them comes first, and the other sees what it did.

-- The first argument: columns of people who must be customers still. The second: of people who only must not be leaving
-- meanwhile. All are locked in one order, so that nobody waits in a circle.
create function customer_stays() returns trigger language plpgsql as $$
declare
  v_row constant jsonb := to_jsonb(new);
  v_needed constant text[] := tg_argv[0];
  v_others constant text[] := coalesce(tg_argv[1], '{}');
  v_column text;
begin
  perform from customer
  where customer_id = any (array(select (v_row ->> c)::uuid from unnest(v_needed || v_others) c))
  order by customer_id for share;
  foreach v_column in array v_needed loop
    if exists (select from customer where customer_id = (v_row ->> v_column)::uuid and status = 'closed') then
      raise exception 'the % of a % has left', v_column, tg_table_name
        using errcode = 'integrity_constraint_violation',
              constraint = tg_table_name || '_' || replace(v_column, '_id', '') || '_left';
    end if;
  end loop;
  return new;
end
$$;

create trigger invoice_parties_stay before insert on invoice
  for each row execute function customer_stays('{owner_id,buyer_id}');
create trigger application_customer_stays before insert on application
  for each row execute function customer_stays('{customer_id}');
-- Money may have gone to somebody who has left since: that is a case like any other.
create trigger redress_customer_stays before insert on redress_case
  for each row execute function customer_stays('{customer_id}', '{other_id}');
create trigger redress_customer_stays_on before update of state on redress_case
  for each row when (new.state = 'appealed' and old.state <> 'appealed')
  execute function customer_stays('{customer_id}', '{other_id}');
create trigger float_request_agents_stay before insert on float_request
  for each row execute function customer_stays('{agent_id,super_agent_id}');
create trigger till_owner_stays before insert on till for each row execute function customer_stays('{owner_id}');
create trigger till_operator_stays before insert on till_operator
  for each row execute function customer_stays('{customer_id}');

-- The house's account for what people give up when they leave, because it is less than it costs to send.
alter type ledger_account_kind add value 'remainder';
