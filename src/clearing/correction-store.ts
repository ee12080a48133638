import type { Attachment, Currency, Sql } from '../platform';
import type { JournalEntry, Way } from './journal-store';

/** The SQL of what the scheme has decided otherwise than was done here, and of putting it right (0039_correction.sql). */

type Decided = 'committed' | 'aborted';

/** What the scheme says over a transfer, after it is decided here. */
export interface Word extends Pick<JournalEntry, 'dfspId' | 'transferId'> {
  readonly theirs: Decided;
}

/** What holds here, where the word is another one than was known; undefined where it is nothing new. */
export async function hearWord(sql: Sql, w: Word, now: Date): Promise<Decided | undefined> {
  const { ours } = await sql.one<{ ours: Decided | null }>({
    text: 'select transfer_word_heard($1, $2, $3, $4) as ours',
    values: [w.dfspId, w.transferId, w.theirs, now],
  });
  return ours ?? undefined;
}

/** Each word that was another one than before, in their order. */
export async function wordsOf(
  sql: Sql,
  { dfspId, transferId }: Pick<JournalEntry, 'dfspId' | 'transferId'>,
): Promise<{ ours: Decided; theirs: Decided; heardAt: Date }[]> {
  return sql.rows({
    text: `select ours, theirs, heard_at as "heardAt" from transfer_contradiction
           where dfsp_id = $1 and transfer_id = $2 order by number`,
    values: [dfspId, transferId],
  });
}

/** A transfer of which the scheme says, last, otherwise than what holds here. */
export interface Contradicted extends Pick<
  JournalEntry,
  'way' | 'transferId' | 'dfspId' | 'paymentId' | 'reference' | 'quoteId' | 'currency' | 'amountMinor' | 'expiresAt'
> {
  readonly ours: Decided;
  readonly theirs: Decided;
  readonly heardAt: Date;
  /** The ledger's transfer that corrected it before, where one did. */
  readonly correctionId: string | null;
}

const columns = `way, transfer_id as "transferId", dfsp_id as "dfspId", payment_id as "paymentId", reference, quote_id as "quoteId",
  currency, amount_minor as "amountMinor", expires_at as "expiresAt", ours, theirs, heard_at as "heardAt",
  correction_id as "correctionId"`;

/** The first heard first. */
export async function readContradicted(sql: Sql, limit: number): Promise<Contradicted[]> {
  return sql.rows<Contradicted & Record<string, unknown>>({
    text: `select ${columns} from transfer_contradicted order by heard_at, transfer_id limit $1`,
    values: [limit],
  });
}

/** A transfer by its payment, or by the id that the scheme knows it by. */
export type TransferName = { readonly paymentId: string } | { readonly transferId: string };

export async function contradictedOne(sql: Sql, name: TransferName): Promise<Contradicted | undefined> {
  const [column, value] = 'paymentId' in name ? ['payment_id', name.paymentId] : ['transfer_id', name.transferId];
  return sql.maybe<Contradicted & Record<string, unknown>>({
    text: `select ${columns} from transfer_contradicted where ${column} = $1 limit 1`,
    values: [value],
  });
}

/** What was put right. */
export interface CorrectionRow extends Pick<JournalEntry, 'way' | 'transferId' | 'dfspId' | 'paymentId' | 'reference'> {
  readonly correctionId: string;
  readonly state: Decided;
  readonly side: 'customer' | 'provider';
  readonly currency: Currency;
  readonly amountMinor: bigint;
  /** Of the staff. */
  readonly act: bigint;
  readonly correctedAt: Date;
}

/** By its transfer, or by the act that caused it. */
export async function correctionOf(
  sql: Sql,
  by: TransferName | { readonly actId: string },
): Promise<CorrectionRow | undefined> {
  const [column, value] =
    'actId' in by
      ? ['act_id', by.actId]
      : 'paymentId' in by
        ? ['payment_id', by.paymentId]
        : ['transfer_id', by.transferId];
  return sql.maybe<CorrectionRow & { way: Way } & Record<string, unknown>>({
    text: `select c.way, c.transfer_id as "transferId", c.dfsp_id as "dfspId", c.payment_id as "paymentId",
             coalesce(p.reference, b.reference) as reference, c.correction_id as "correctionId", c.state, c.side, c.currency,
             c.amount_minor as "amountMinor", a.act_number as act, c.corrected_at as "correctedAt"
           from transfer_correction c join staff_act a on a.act_id = c.act_id
           left join payment p on p.payment_id = c.payment_id left join payment b on b.payment_id = c.correction_id
           where c.${column} = $1 limit 1`,
    values: [value],
  });
}

/** The row that commits with the money that puts it right. */
export function correctionAttachment(c: {
  readonly contradicted: Contradicted;
  readonly correctionId: string;
  readonly side: CorrectionRow['side'];
  readonly feeMinor: bigint;
  readonly actId: string;
  readonly now: Date;
}): Attachment {
  const { dfspId, transferId, theirs } = c.contradicted;
  return {
    writer: 'transfer_correction',
    row: {
      ...{ dfsp_id: dfspId, transfer_id: transferId, correction_id: c.correctionId, state: theirs, side: c.side },
      ...{ fee_minor: c.feeMinor.toString(), act_id: c.actId, corrected_at: c.now.toISOString() },
    },
  };
}

/** Whether any of a payment came back by a refund, or is held to. */
export async function isRefunded(sql: Sql, paymentId: string): Promise<boolean> {
  const text = 'select 1 from refunded where original_id = $1 and amount_minor > 0';
  return (await sql.maybe({ text, values: [paymentId] })) !== undefined;
}
