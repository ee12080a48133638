import type { Sql, Tx } from '../platform';

/** All of texting's SQL. */
export interface CodeRow {
  readonly codeId: string;
  readonly customerId: string;
  readonly asked: 'balance' | 'mini';
  readonly digest: Buffer;
  readonly triesLeft: number;
  readonly expiresAt: Date;
  readonly endedAt: Date | null;
}

export async function insertCode(tx: Tx, code: Omit<CodeRow, 'endedAt'> & { readonly now: Date }): Promise<void> {
  await tx.run({
    name: 'sms-code-insert',
    text: `insert into sms_code (code_id, customer_id, asked, digest, tries_left, expires_at, created_at)
           values ($1, $2, $3, $4, $5, $6, $7)`,
    values: [code.codeId, code.customerId, code.asked, code.digest, code.triesLeft, code.expiresAt, code.now],
  });
}

/** Whoever else tries a code of these people waits for the end of the transaction. */
export async function lockCodes(tx: Tx, customerIds: readonly string[]): Promise<void> {
  await tx.rows({
    name: 'sms-code-lock',
    text: `select from sms_code where customer_id = any ($1::uuid[]) and ended_at is null order by code_id for update`,
    values: [customerIds],
  });
}

/** The codes of these people that are not older than `since`, the newest first. */
export async function codesSince(sql: Sql, customerIds: readonly string[], since: Date): Promise<CodeRow[]> {
  const rows = await sql.rows<{
    code_id: string;
    customer_id: string;
    asked: 'balance' | 'mini';
    digest: Buffer;
    tries_left: number;
    expires_at: Date;
    ended_at: Date | null;
  }>({
    name: 'sms-code-since',
    text: `select code_id, customer_id, asked, digest, tries_left, expires_at, ended_at from sms_code
           where customer_id = any ($1::uuid[]) and created_at > $2 order by code_id desc`,
    values: [customerIds, since],
  });
  return rows.map((row) => ({
    codeId: row.code_id,
    customerId: row.customer_id,
    asked: row.asked,
    digest: row.digest,
    triesLeft: row.tries_left,
    expiresAt: row.expires_at,
    endedAt: row.ended_at,
  }));
}

/** No code of this person's is good any more. */
export async function endCodes(tx: Tx, customerId: string, now: Date): Promise<void> {
  await tx.run({
    name: 'sms-code-end',
    text: 'update sms_code set ended_at = $2 where customer_id = $1 and ended_at is null',
    values: [customerId, now],
  });
}

export async function takeTries(tx: Tx, codeIds: readonly string[]): Promise<void> {
  await tx.run({
    name: 'sms-code-try',
    text: 'update sms_code set tries_left = tries_left - 1 where code_id = any ($1::uuid[])',
    values: [codeIds],
  });
}

/** Two messages of one person wait for one another here: the count is that of all that came before. */
export async function countCodesSince(tx: Tx, customerId: string, since: Date): Promise<number> {
  await tx.run({
    name: 'sms-code-person',
    text: 'select from customer where customer_id = $1 for no key update',
    values: [customerId],
  });
  const { n } = await tx.one<{ n: bigint }>({
    name: 'sms-code-count',
    text: 'select count(*) as n from sms_code where customer_id = $1 and created_at > $2',
    values: [customerId, since],
  });
  return Number(n);
}

export async function deleteCodesBefore(sql: Sql, before: Date): Promise<number> {
  return sql.run({ text: 'delete from sms_code where created_at < $1', values: [before] });
}
