import type { Attachment, Sql, Tx } from '../platform';

/** All of onboarding's SQL. */
export interface Opening {
  readonly customerId: string;
  readonly accountId: string;
  readonly amountMinor: bigint;
}

/** Promises somebody the money with which they begin. */
export async function insertOpening(tx: Tx, { customerId, accountId, amountMinor }: Opening): Promise<void> {
  await tx.run({
    name: 'opening-insert',
    text: 'insert into opening (customer_id, account_id, amount_minor) values ($1, $2, $3)',
    values: [customerId, accountId, amountMinor],
  });
}

/** What was promised and has not come. */
export async function waitingOpenings(sql: Sql): Promise<Opening[]> {
  const rows = await sql.rows<{ customer_id: string; account_id: string; amount_minor: bigint }>({
    name: 'opening-waiting',
    text: `select customer_id, account_id::text, amount_minor from opening where transfer_id is null
           order by customer_id`,
  });
  return rows.map((row) => ({
    customerId: row.customer_id,
    accountId: row.account_id,
    amountMinor: row.amount_minor,
  }));
}

/** Keeps the promise, with the money: refused (`opening_once`) where it was kept before. */
export function openingAttachment(customerId: string, transferId: string): Attachment {
  return { writer: 'opening', row: { customer_id: customerId, transfer_id: transferId } };
}
