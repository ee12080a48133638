import type { Currency, Sql } from '../platform';
import type { Window } from './deps';

/**
 * The SQL of positions and settlements. Positions are read from the journal `scheme_transfer`; settlements from `scheme_booking`, what
 * they are made of, and written by 0039_correction.sql with the money.
 */

export interface PositionRow {
  /** The provider on the other side. */
  readonly dfspId: string;
  readonly outCount: bigint;
  readonly outMinor: bigint;
  readonly inCount: bigint;
  readonly inMinor: bigint;
  /** What our customers paid us for sending, and for getting. */
  readonly payerFeeMinor: bigint;
  readonly payeeFeeMinor: bigint;
  /** What the scheme took from us, and of how many of these transfers it has said so. */
  readonly schemeFeeMinor: bigint;
  readonly schemeFeeCount: bigint;
}

export async function readPositions(sql: Sql, currency: Currency, { from, to }: Window): Promise<PositionRow[]> {
  return sql.rows<PositionRow & Record<string, unknown>>({
    text: `select dfsp_id as "dfspId",
             count(*) filter (where way = 'out') as "outCount",
             coalesce(sum(amount_minor) filter (where way = 'out'), 0)::bigint as "outMinor",
             count(*) filter (where way = 'in') as "inCount",
             coalesce(sum(amount_minor) filter (where way = 'in'), 0)::bigint as "inMinor",
             coalesce(sum(fee_minor) filter (where way = 'out'), 0)::bigint as "payerFeeMinor",
             coalesce(sum(fee_minor) filter (where way = 'in'), 0)::bigint as "payeeFeeMinor",
             coalesce(sum(scheme_fee_minor), 0)::bigint as "schemeFeeMinor", count(scheme_fee_minor) as "schemeFeeCount"
           from scheme_transfer
           where state = 'committed' and currency = $1 and booked_at >= $2 and booked_at < $3
           group by dfsp_id order by dfsp_id`,
    values: [currency, from, to],
  });
}

export interface SettlementRow {
  readonly number: bigint;
  readonly fromAt: Date | null;
  readonly toAt: Date;
  readonly transfers: bigint;
  readonly outMinor: bigint;
  readonly inMinor: bigint;
  /** What the scheme took for it. */
  readonly feeMinor: bigint;
  /** What was paid at the bank, the scheme's fee with it; below zero: received. */
  readonly paidMinor: bigint;
  readonly closedAt: Date;
}

const columns = `number, from_at as "fromAt", to_at as "toAt", transfers, out_minor as "outMinor", in_minor as "inMinor",
  fee_minor as "feeMinor", paid_minor as "paidMinor", closed_at as "closedAt"`;

/** The last first. */
export async function readSettlements(sql: Sql, limit: number): Promise<SettlementRow[]> {
  return sql.rows<SettlementRow & Record<string, unknown>>({
    text: `select ${columns} from settlement order by number desc limit $1`,
    values: [limit],
  });
}

export async function settlementByTransfer(sql: Sql, transferId: string): Promise<SettlementRow | undefined> {
  return sql.maybe<SettlementRow & Record<string, unknown>>({
    text: `select ${columns} from settlement where transfer_id = $1`,
    values: [transferId],
  });
}

/** What each provider had a part in a settlement. */
export async function readSettled(
  sql: Sql,
  number: bigint,
): Promise<Pick<PositionRow, 'dfspId' | 'outCount' | 'outMinor' | 'inCount' | 'inMinor'>[]> {
  return sql.rows({
    text: `select dfsp_id as "dfspId", out_count as "outCount", out_minor as "outMinor", in_count as "inCount", in_minor as "inMinor"
           from settlement_position where number = $1 order by dfsp_id`,
    values: [number],
  });
}

export interface Unsettled {
  readonly transfers: bigint;
  readonly outMinor: bigint;
  readonly inMinor: bigint;
  /** What the scheme has said that it took. */
  readonly schemeFeeMinor: bigint;
}

/** What is committed and in no settlement; only what was booked before a moment, where one is given. */
export async function readUnsettled(sql: Sql, currency: Currency, before: Date | null): Promise<Unsettled> {
  return sql.one<Unsettled & Record<string, unknown>>({
    text: `select count(*) as transfers,
             coalesce(sum(amount_minor) filter (where way = 'out'), 0)::bigint as "outMinor",
             coalesce(sum(amount_minor) filter (where way = 'in'), 0)::bigint as "inMinor",
             coalesce(sum(scheme_fee_minor), 0)::bigint as "schemeFeeMinor"
           from scheme_booking
           where settlement_number is null and currency = $1
             and ($2::timestamptz is null or booked_at < $2)`,
    values: [currency, before],
  });
}

/** What settlements left on the clearing account because the bank moved another amount than our books said. */
export async function readLeftOver(sql: Sql, currency: Currency): Promise<bigint> {
  const row = await sql.one<{ left: bigint }>({
    text: `select coalesce(sum(out_minor - in_minor + fee_minor - paid_minor), 0)::bigint as left from settlement where currency = $1`,
    values: [currency],
  });
  return row.left;
}
