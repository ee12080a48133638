import type { Sql } from '../platform';
import type { Payment } from './payment';
import { paymentColumns, paymentOf, type PaymentRow } from './store';

/** The SQL of what agents do for customers. */

/** What an agent did for customers in some time. */
export interface Served {
  readonly in: { readonly count: number; readonly amountMinor: bigint };
  readonly out: { readonly count: number; readonly amountMinor: bigint };
  readonly commissionMinor: bigint;
  /** Cash-in that was refused because the float was too small. */
  readonly shortOfFloat: number;
}
interface ServedRow extends Record<string, unknown> {
  in_count: bigint;
  in_minor: bigint;
  out_count: bigint;
  out_minor: bigint;
  commission_minor: bigint;
  short_of_float: bigint;
}

export async function servedBetween(
  sql: Sql,
  { agentId, from, to }: { agentId: string; from: Date; to: Date },
): Promise<Served> {
  const row = await sql.one<ServedRow>({
    name: 'payment-served',
    text: `with done as (
             select product, amount_minor, commission_minor from payment
             where payer_id = $1 and product = 'cash_in' and state = 'completed' and updated_at >= $2 and updated_at < $3
             union all
             select product, amount_minor, commission_minor from payment
             where payee_id = $1 and product = 'cash_out' and state = 'completed' and updated_at >= $2 and updated_at < $3)
           select count(*) filter (where product = 'cash_in') as in_count,
                  coalesce(sum(amount_minor) filter (where product = 'cash_in'), 0)::bigint as in_minor,
                  count(*) filter (where product = 'cash_out') as out_count,
                  coalesce(sum(amount_minor) filter (where product = 'cash_out'), 0)::bigint as out_minor,
                  coalesce(sum(commission_minor), 0)::bigint as commission_minor,
                  (select count(*) from payment
                   where payer_id = $1 and product = 'cash_in' and state = 'failed' and failure = 'funds_insufficient'
                     and updated_at >= $2 and updated_at < $3) as short_of_float
           from done`,
    values: [agentId, from, to],
  });
  return {
    in: { count: Number(row.in_count), amountMinor: row.in_minor },
    out: { count: Number(row.out_count), amountMinor: row.out_minor },
    commissionMinor: row.commission_minor,
    shortOfFloat: Number(row.short_of_float),
  };
}

export async function lastServedBy(sql: Sql, agentId: string, limit: number): Promise<Payment[]> {
  const side = (column: string, product: string) =>
    `(select ${paymentColumns} from payment where ${column} = $1 and product = '${product}' and state = 'completed'
      order by updated_at desc limit $2)`;
  const rows = await sql.rows<PaymentRow>({
    name: 'payment-last-served',
    text: `select * from (${side('payer_id', 'cash_in')} union all ${side('payee_id', 'cash_out')}) p
           order by updated_at desc, payment_id desc limit $2`,
    values: [agentId, limit],
  });
  return rows.map(paymentOf);
}
