import type { Attachment, Currency, Sql, Tx } from '../platform';
import type { Party, QuoteOffer, SchemeError, Terms } from '../switch';

/** The SQL of money that goes out. */

export interface OutgoingQuote {
  readonly quoteId: string;
  readonly transactionId: string;
  /** The quote and payment of ours that it is for; null: it leaves by the staff's order. */
  readonly paymentId: string | null;
  readonly customerId: string;
  readonly payee: Party;
  readonly amountMinor: bigint;
  readonly currency: Currency;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

export async function insertQuote(sql: Sql, q: OutgoingQuote): Promise<void> {
  await sql.run({
    text: `insert into outgoing_quote (quote_id, transaction_id, payment_id, customer_id, payee, amount_minor, currency,
             created_at, expires_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    values: [
      ...[q.quoteId, q.transactionId, q.paymentId, q.customerId, q.payee, q.amountMinor, q.currency],
      ...[q.createdAt, q.expiresAt],
    ],
  });
}

/** The offer by which a payment leaves. */
export async function offerFor(sql: Sql, paymentId: string): Promise<string | undefined> {
  const row = await sql.maybe<{ quote_id: string }>({
    name: 'outgoing-offer-for',
    together: true,
    text: 'select quote_id from outgoing_quote where payment_id = $1',
    values: [paymentId],
  });
  return row?.quote_id;
}

/** What came back is kept once: the first answer stays. An offer from anybody but the payee's provider is not kept. */
export async function keepQuoteAnswer(
  sql: Sql,
  quoteId: string,
  answer: { offer: QuoteOffer; terms: Terms; from: string } | { error: SchemeError },
): Promise<void> {
  const values =
    'error' in answer ? [null, null, answer.error, null] : [offerRow(answer.offer), answer.terms, null, answer.from];
  await sql.run({
    text: `update outgoing_quote set offer = $2, terms = $3, error = $4
           where quote_id = $1 and offer is null and error is null and ($5::text is null or payee->>'dfspId' = $5)`,
    values: [quoteId, ...values],
  });
}

function offerRow({ transferAmount, payeeReceives, payeeFee, expiresAt }: QuoteOffer): unknown {
  const money = ({ amountMinor, currency }: QuoteOffer['payeeFee']) => ({
    amountMinor: amountMinor.toString(),
    currency,
  });
  return {
    transferAmount: money(transferAmount),
    payeeReceives: money(payeeReceives),
    payeeFee: money(payeeFee),
    expiresAt: expiresAt.toISOString(),
  };
}

export interface QuoteAnswer {
  readonly offer:
    | {
        readonly transferMinor: bigint;
        /** What of it is the payee's, once their provider has taken its fee. */
        readonly arrivesMinor: bigint;
        readonly currency: string;
        readonly expiresAt: Date;
      }
    | undefined;
  readonly error: SchemeError | undefined;
}

/** Undefined while nobody has answered. */
export async function quoteAnswerOf(sql: Sql, quoteId: string): Promise<QuoteAnswer | undefined> {
  const row = await sql.maybe<{
    offer: {
      transferAmount: { amountMinor: string; currency: string };
      payeeReceives: { amountMinor: string };
      expiresAt: string;
    } | null;
    error: SchemeError | null;
  }>({
    text: 'select offer, error from outgoing_quote where quote_id = $1 and (offer is not null or error is not null)',
    values: [quoteId],
  });
  if (!row) return undefined;
  const { offer, error } = row;
  return {
    error: error ?? undefined,
    offer: offer
      ? {
          transferMinor: BigInt(offer.transferAmount.amountMinor),
          arrivesMinor: BigInt(offer.payeeReceives.amountMinor),
          currency: offer.transferAmount.currency,
          expiresAt: new Date(offer.expiresAt),
        }
      : undefined,
  };
}

/** Offers of which nothing came. */
export async function deleteQuotesBefore(sql: Sql, before: Date): Promise<number> {
  return sql.run({
    text: `delete from outgoing_quote q where created_at < $1
             and not exists (select 1 from outgoing_transfer t where t.quote_id = q.quote_id)`,
    values: [before],
  });
}

export interface OutgoingTransfer {
  readonly paymentId: string;
  readonly transferId: string;
  readonly quoteId: string;
  readonly dfspId: string;
  readonly currency: Currency;
  readonly amountMinor: bigint;
  readonly terms: Terms;
  readonly state: 'open' | 'committed' | 'aborted';
  readonly error: SchemeError | null;
  readonly attempts: number;
  readonly expiresAt: Date;
  /** The bulk that it leaves in; null: it leaves alone. */
  readonly bulkId: string | null;
}
export const transferColumns = `payment_id as "paymentId", transfer_id as "transferId", quote_id as "quoteId", dfsp_id as "dfspId",
  currency, amount_minor as "amountMinor", terms, state, error, attempts, expires_at as "expiresAt", bulk_id as "bulkId"`;

/**
 * Takes transfers whose time has come, the longest due first; each is due again after `firstMs`, then after twice the
 * time of the try before, at most `laterMs`: whoever takes one and dies leaves it to the next.
 */
export async function takeDue(
  sql: Sql,
  { now, firstMs, laterMs, limit }: { now: Date; firstMs: number; laterMs: number; limit: number },
): Promise<OutgoingTransfer[]> {
  return sql.rows<OutgoingTransfer & Record<string, unknown>>({
    name: 'outgoing-take-due',
    text: `update outgoing_transfer
           set attempts = attempts + 1,
               due_at = $1::timestamptz + least($4 * 2.0 ^ least(attempts, 20), $2) * interval '1 millisecond'
           where payment_id in (
             select payment_id from outgoing_transfer where state = 'open' and due_at <= $1
             order by due_at limit $3 for update skip locked)
           returning ${transferColumns}`,
    values: [now, laterMs, limit, firstMs],
  });
}

export async function transferById(sql: Sql, transferId: string): Promise<OutgoingTransfer | undefined> {
  return sql.maybe<OutgoingTransfer & Record<string, unknown>>({
    name: 'outgoing-by-id',
    together: true,
    text: `select ${transferColumns} from outgoing_transfer where transfer_id = $1`,
    values: [transferId],
  });
}

/** Why the scheme gave it up, before it is given up here. */
export async function noteError(sql: Sql, transferId: string, error: SchemeError): Promise<void> {
  await sql.run({
    text: `update outgoing_transfer set error = $2 where transfer_id = $1 and state = 'open'`,
    values: [transferId, error],
  });
}

export async function dueNow(sql: Sql, transferId: string, now: Date): Promise<void> {
  await sql.run({
    text: `update outgoing_transfer set due_at = $2 where transfer_id = $1 and state = 'open'`,
    values: [transferId, now],
  });
}

/** Money that a code held leaves, by a row of `outgoing_transfer`. False: it is not to leave. Violates `outgoing_offer`. */
export async function sendHeldRow(tx: Tx, row: Attachment['row']): Promise<boolean> {
  return (await tx.one<{ sent: boolean }>({ text: 'select code_send($1) as sent', values: [row] })).sent;
}

/** What was said of a number, by whoever heard it. */
export async function keepPartyAnswer(sql: Sql, party: string, answer: Party | SchemeError, now: Date): Promise<void> {
  await sql.run({
    text: `insert into party_answer (party, answer, answered_at) values ($1, $2, $3)
           on conflict (party) do update set answer = excluded.answer, answered_at = excluded.answered_at`,
    values: [party, answer, now],
  });
}

export async function partyAnswer(sql: Sql, party: string, since: Date): Promise<Party | SchemeError | undefined> {
  const row = await sql.maybe<{ answer: Party | SchemeError }>({
    text: 'select answer from party_answer where party = $1 and answered_at >= $2',
    values: [party, since],
  });
  return row?.answer;
}

export async function deletePartyAnswersBefore(sql: Sql, before: Date): Promise<number> {
  return sql.run({ text: 'delete from party_answer where answered_at < $1', values: [before] });
}

/** What a customer of ours sent by a transaction, once it is committed; where that was corrected, by the payment that did. */
export interface Sent {
  readonly paymentId: string;
  readonly dfspId: string;
  readonly payerId: string;
  readonly payerAccountId: string;
  readonly currency: Currency;
  readonly amountMinor: bigint;
  readonly feeMinor: bigint;
  readonly ruleVersion: string;
}

export async function sentBy(sql: Sql, transactionId: string): Promise<Sent | undefined> {
  return sql.maybe<Sent & Record<string, unknown>>({
    text: `select p.payment_id as "paymentId", t.dfsp_id as "dfspId", p.payer_id as "payerId",
             p.payer_account_id::text as "payerAccountId", p.currency, p.amount_minor as "amountMinor", p.fee_minor as "feeMinor",
             p.rule_version as "ruleVersion"
           from outgoing_quote q join outgoing_transfer t on t.quote_id = q.quote_id
           join payment o on o.payment_id = t.payment_id and o.product <> 'refund'
           left join transfer_correction c on c.dfsp_id = t.dfsp_id and c.transfer_id = t.transfer_id
           join payment p on p.payment_id = coalesce(c.correction_id, t.payment_id)
           where q.transaction_id = $1 and coalesce(c.state, t.state) = 'committed'`,
    values: [transactionId],
  });
}
