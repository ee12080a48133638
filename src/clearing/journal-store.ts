import type { Currency, Sql } from '../platform';
import type { SchemeError } from '../switch';

/** The SQL of the journal: every transfer through the scheme, either way, as the view `scheme_transfer` shows it. */

export type Way = 'out' | 'in';
export type TransferState = 'open' | 'committed' | 'aborted';

export interface JournalEntry {
  readonly way: Way;
  readonly transferId: string;
  /** The provider on the other side. */
  readonly dfspId: string;
  /** Null: it was refused before any money was held. */
  readonly paymentId: string | null;
  readonly reference: string | null;
  readonly quoteId: string;
  /** Null: refused by a quote that nobody here made. */
  readonly currency: Currency | null;
  readonly amountMinor: bigint | null;
  /** What our own customer pays for it. */
  readonly feeMinor: bigint | null;
  /** What the scheme took from us for it; null: it has not said. */
  readonly schemeFeeMinor: bigint | null;
  readonly state: TransferState;
  /** The last one that was heard. */
  readonly error: SchemeError | null;
  readonly attempts: number;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly decidedAt: Date | null;
  /** In which settlement. */
  readonly settlementNumber: bigint | null;
  /** What was decided here at first; it is what `state` says but where that was corrected. */
  readonly decidedAs: TransferState;
  /** The ledger's transfer that corrected it, where one did. */
  readonly correctionId: string | null;
}

const columns = `way, transfer_id as "transferId", dfsp_id as "dfspId", payment_id as "paymentId", reference, quote_id as "quoteId",
  currency, amount_minor as "amountMinor", fee_minor as "feeMinor", scheme_fee_minor as "schemeFeeMinor", state, error, attempts,
  created_at as "createdAt", expires_at as "expiresAt", decided_at as "decidedAt", settlement_number as "settlementNumber",
  decided_as as "decidedAs", correction_id as "correctionId"`;

export interface JournalFilter {
  readonly state: TransferState;
  readonly way?: Way | undefined;
  readonly dfspId?: string | undefined;
  /** Only open ones that expired before. */
  readonly expiredBefore?: Date | undefined;
  /** When they were decided, from the one until before the other. */
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
  readonly limit: number;
}

/** Open ones with the longest expired first, decided ones with the last decided first. */
export async function readJournal(sql: Sql, f: JournalFilter): Promise<JournalEntry[]> {
  return sql.rows<JournalEntry & Record<string, unknown>>({
    text: `select ${columns} from scheme_transfer
           where state = $1 and ($2::text is null or way = $2) and ($3::text is null or dfsp_id = $3)
             and ($4::timestamptz is null or expires_at <= $4)
             and ($5::timestamptz is null or booked_at >= $5) and ($6::timestamptz is null or booked_at < $6)
           order by booked_at desc nulls first, expires_at, transfer_id limit $7`,
    values: [f.state, f.way ?? null, f.dfspId ?? null, f.expiredBefore ?? null, f.from ?? null, f.to ?? null, f.limit],
  });
}

export async function entryOf(sql: Sql, paymentId: string): Promise<JournalEntry | undefined> {
  return sql.maybe<JournalEntry & Record<string, unknown>>({
    text: `select ${columns} from scheme_transfer where payment_id = $1`,
    values: [paymentId],
  });
}

/** Open transfers that expired before a moment, each once. */
export async function takeNewlyStuck(
  sql: Sql,
  { expiredBefore, now }: { expiredBefore: Date; now: Date },
): Promise<Pick<JournalEntry, 'way' | 'dfspId' | 'transferId' | 'paymentId'>[]> {
  return sql.rows({
    text: `with o as (
             update outgoing_transfer set alarmed_at = $2 where state = 'open' and expires_at <= $1 and alarmed_at is null
             returning 'out' as way, dfsp_id, transfer_id, payment_id),
           i as (
             update incoming_transfer set alarmed_at = $2
             where state = 'reserved' and coalesce(expires_at, created_at) <= $1 and alarmed_at is null
             returning 'in' as way, dfsp_id, transfer_id, payment_id)
           select way, dfsp_id as "dfspId", transfer_id as "transferId", payment_id as "paymentId"
           from (select * from o union all select * from i) stuck`,
    values: [expiredBefore, now],
  });
}

/** The payment behind the id that a transfer has in the scheme; where it had none, that of its correction. */
export async function paymentOfTransfer(sql: Sql, transferId: string): Promise<string | undefined> {
  const row = await sql.maybe<{ id: string }>({
    text: `select p.payment_id as id from scheme_transfer t join payment p on p.payment_id = coalesce(t.payment_id, t.correction_id)
           where t.transfer_id = $1 limit 1`,
    values: [transferId],
  });
  return row?.id;
}

/** The act by which two of the staff decided, where they did. */
export async function overrideOf(sql: Sql, paymentId: string): Promise<{ readonly act: bigint } | undefined> {
  return sql.maybe<{ act: bigint }>({
    text: `select a.act_number as act from transfer_override o join staff_act a on a.act_id = o.act_id where o.payment_id = $1`,
    values: [paymentId],
  });
}

/** The other provider's offer, or ours, by which a transfer was made. */
export interface OfferMade {
  readonly at: Date;
  readonly expiresAt: Date;
}

export async function offerMadeFor(sql: Sql, { way, dfspId, quoteId }: JournalEntry): Promise<OfferMade | undefined> {
  return sql.maybe<OfferMade & Record<string, unknown>>(
    way === 'out'
      ? {
          text: 'select created_at as at, expires_at as "expiresAt" from outgoing_quote where quote_id = $1',
          values: [quoteId],
        }
      : {
          text: `select created_at as at, expires_at as "expiresAt" from incoming_quote where quote_id = $1 and dfsp_id = $2`,
          values: [quoteId, dfspId],
        },
  );
}
