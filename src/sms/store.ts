import type { Currency, Msisdn, Sealed, Sql, Tx } from '../platform';

/** All of the SMS room's SQL. */
export interface OutboxRow {
  readonly smsId: string;
  readonly to: Msisdn;
  readonly body: Sealed;
  readonly attempts: number;
  /** What the message tells as the balance, where it tells one. */
  readonly balance: { readonly minor: bigint; readonly currency: Currency } | undefined;
}

export async function insertOutgoing(
  tx: Tx,
  sms: { smsId: string; to: Msisdn; body: Sealed; now: Date },
): Promise<void> {
  await tx.run({
    name: 'sms-insert',
    text: `insert into sms_outbox (sms_id, to_msisdn, body, key_id, state, due_at, created_at, updated_at)
           values ($1, $2, $3, $4, 'queued', $5, $5, $5)`,
    values: [sms.smsId, sms.to, sms.body.bytes, sms.body.keyId, sms.now],
  });
}

/**
 * Takes messages that are due and marks them as being sent until `leaseUntil`, before anything is sent: no two senders
 * hold the same message, and one whose sender died is due again when its lease ends. A phone to which a message is
 * under way waits, so that its messages keep their order.
 */
export async function claimDue(sql: Sql, now: Date, leaseUntil: Date, limit: number): Promise<OutboxRow[]> {
  const rows = await sql.rows<ClaimedRow>({
    name: 'sms-claim',
    text: `update sms_outbox set state = 'sending', attempts = attempts + 1, due_at = $2, updated_at = $1
           where sms_id in (
             select sms_id from sms_outbox s where state in ('queued', 'sending') and due_at <= $1
               and not exists (select 1 from sms_outbox o where o.to_msisdn = s.to_msisdn and o.state = 'sending' and o.due_at > $1)
             order by due_at limit $3 for update skip locked)
           returning sms_id, to_msisdn, body, key_id, attempts, balance_minor, balance_currency`,
    values: [now, leaseUntil, limit],
  });
  // The ids are UUIDv7: their order is the order in which the messages were queued.
  rows.sort((one, other) => (one.sms_id < other.sms_id ? -1 : 1));
  return rows.map((row) => ({
    smsId: row.sms_id,
    to: row.to_msisdn,
    body: { keyId: row.key_id, bytes: row.body },
    attempts: row.attempts,
    balance:
      row.balance_minor === null || row.balance_currency === null
        ? undefined
        : { minor: row.balance_minor, currency: row.balance_currency },
  }));
}

interface ClaimedRow extends Record<string, unknown> {
  sms_id: string;
  to_msisdn: Msisdn;
  body: Buffer;
  key_id: string;
  attempts: number;
  balance_minor: bigint | null;
  balance_currency: Currency | null;
}

export async function markSent(sql: Sql, smsId: string, providerMessageId: string, now: Date): Promise<void> {
  await sql.run({
    name: 'sms-sent',
    together: true,
    text: `update sms_outbox set state = 'sent', body = null, key_id = null, balance_minor = null,
             balance_currency = null, provider_message_id = $2, last_error = null, updated_at = $3 where sms_id = $1 and state = 'sending'`,
    values: [smsId, providerMessageId, now],
  });
}

export async function markRetry(
  sql: Sql,
  { smsId, reason, dueAt, now }: { smsId: string; reason: string; dueAt: Date; now: Date },
): Promise<void> {
  await sql.run({
    name: 'sms-retry',
    text: `update sms_outbox set state = 'queued', due_at = $3, last_error = $2, updated_at = $4
           where sms_id = $1 and state = 'sending'`,
    values: [smsId, reason, dueAt, now],
  });
}

export async function markFailed(sql: Sql, smsId: string, reason: string, now: Date): Promise<void> {
  await sql.run({
    name: 'sms-failed',
    text: `update sms_outbox set state = 'failed', body = null, key_id = null, balance_minor = null,
             balance_currency = null, last_error = $2, updated_at = $3
           where sms_id = $1 and state = 'sending'`,
    values: [smsId, reason, now],
  });
}

/** A report may come late or twice: only what is `sent` moves on, and nothing comes back from a final state. */
export async function applyReport(
  sql: Sql,
  providerMessageId: string,
  state: 'delivered' | 'failed',
  now: Date,
): Promise<boolean> {
  const text = `update sms_outbox set state = $2, updated_at = $3 where provider_message_id = $1 and state = 'sent'`;
  return (await sql.run({ name: 'sms-report', together: true, text, values: [providerMessageId, state, now] })) === 1;
}

/** True the first time a message comes in. `kind` is what it asked for; its words are not kept. */
export async function insertInbound(
  tx: Tx,
  sms: { provider: string; messageId: string; from: Msisdn; kind: string; now: Date },
): Promise<boolean> {
  const inserted = await tx.run({
    text: `insert into sms_inbound (provider, message_id, from_msisdn, kind, received_at) values ($1, $2, $3, $4, $5)
           on conflict do nothing`,
    values: [sms.provider, sms.messageId, sms.from, sms.kind, sms.now],
  });
  return inserted === 1;
}

/** Providers stop delivering a message again after a day at most. */
export async function deleteInboundBefore(sql: Sql, before: Date): Promise<number> {
  return sql.run({ text: 'delete from sms_inbound where received_at < $1', values: [before] });
}

/** How many messages of a kind came from a number. */
export async function countInboundSince(
  sql: Sql,
  { from, kind, since }: { from: Msisdn; kind: string; since: Date },
): Promise<number> {
  const { n } = await sql.one<{ n: bigint }>({
    text: 'select count(*) as n from sms_inbound where from_msisdn = $1 and kind = $2 and received_at > $3',
    values: [from, kind, since],
  });
  return Number(n);
}
