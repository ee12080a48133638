import { currencyOfNumber, type Sql, type Tx } from '../platform';
import type { Actor, Period, PeriodError } from './port';

/** The SQL of closed months but that of verify-periods.ts. What writes is a function of the database. */

interface Doing {
  readonly actor: Actor;
  readonly now: Date;
}

/** A month is read as a whole: it may take its time and some memory. Until the end of the transaction. */
export async function allowTime(tx: Tx): Promise<void> {
  await tx.run({
    name: 'ledger.allow_time',
    text: `select set_config('statement_timeout', '0', true), set_config('work_mem', '64MB', true)`,
  });
}

/** Null, or the code of the refusal. */
export async function closePeriod(tx: Tx, month: string, { actor, now }: Doing): Promise<PeriodError | null> {
  const { refusal } = await tx.one<{ refusal: PeriodError | null }>({
    name: 'ledger.close_period',
    text: 'select ledger_close_period($1::date, $2, $3) as refusal',
    values: [`${month}-01`, actor, microsOf(now)],
  });
  return refusal;
}

/** Null, or the code of the refusal. Waits two seconds for those who read, and meanwhile holds up those who post. */
export async function detachPeriod(
  tx: Tx,
  month: string,
  { actor, now, manifest }: Doing & { readonly manifest: Buffer },
): Promise<PeriodError | null> {
  await tx.run({ name: 'ledger.detach_soon', text: `select set_config('lock_timeout', '2s', true)` });
  const { refusal } = await tx.one<{ refusal: PeriodError | null }>({
    name: 'ledger.detach_period',
    text: 'select ledger_detach_period($1::date, $2, $3, $4) as refusal',
    values: [`${month}-01`, manifest, actor, microsOf(now)],
  });
  return refusal;
}

function microsOf(now: Date): bigint {
  return BigInt(now.getTime()) * 1000n;
}

interface PeriodRow {
  month: string;
  closedAt: Date;
  transfers: bigint;
  links: bigint;
  events: bigint;
  root: Buffer;
  archived: boolean;
  totals: [number, string, string][] | null;
}

/** The oldest first; only `month` where it is given. */
export async function readPeriods(sql: Sql, month?: string): Promise<Period[]> {
  const rows = await sql.rows<PeriodRow & Record<string, unknown>>({
    name: 'ledger.periods',
    text: `select to_char(p.month, 'YYYY-MM') as month, p.closed_at as "closedAt", p.transfers, p.links, p.events, p.root,
                  a.month is not null as archived,
                  (select jsonb_agg(jsonb_build_array(c.currency, c.debits_minor::text, c.credits_minor::text)
                                    order by c.currency)
                   from ledger_period_currency c where c.month = p.month) as totals
           from ledger_period p left join ledger_archive a using (month)
           where $1::date is null or p.month = $1
           order by p.month`,
    values: [month === undefined ? null : `${month}-01`],
  });
  return rows.map(({ totals, root, ...period }) => ({
    ...period,
    root: root.toString('hex'),
    trialBalance: (totals ?? []).map(([currency, debits, credits]) => ({
      currency: currencyOfNumber(currency),
      debitsMinor: BigInt(debits),
      creditsMinor: BigInt(credits),
    })),
  }));
}

/** The first number whose rows are all here: the end of the month after the last archived one; 0 while nothing is. */
export async function readBooksBegin(sql: Sql): Promise<bigint> {
  const { begin } = await sql.one<{ begin: bigint }>({
    name: 'ledger.books_begin',
    text: `select coalesce(ledger_period_end((max(month) + interval '1 month')::date), 0) as begin from ledger_archive`,
  });
  return begin;
}
