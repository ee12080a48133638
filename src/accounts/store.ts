import type { Sql, Tx } from '../platform';
import type { Account, AccountPurpose, HeldAccount, HolderRank } from './account';

/** All of the accounts' SQL. */
interface AccountRow {
  account_id: string;
  owner_id: string;
  name: string;
  purpose: AccountPurpose;
  status: 'open' | 'closed';
}

interface HeldRow extends Omit<AccountRow, 'status'> {
  rank: HolderRank;
  is_primary: boolean;
}

const heldColumns = 'a.account_id::text, a.owner_id, a.name, a.purpose, h.rank, h.is_primary';
const heldTables = `account a join account_holder h on h.account_id = a.account_id and a.status = 'open'`;

/** Open ones, the oldest first. */
export async function heldBy(sql: Sql, customerId: string): Promise<HeldAccount[]> {
  const rows = await sql.rows<HeldRow>({
    name: 'accounts-held',
    text: `select ${heldColumns} from ${heldTables} where h.customer_id = $1 order by h.since, a.account_id`,
    values: [customerId],
  });
  return rows.map(heldOf);
}

export async function primaryOf(sql: Sql, customerId: string): Promise<HeldAccount | undefined> {
  const row = await sql.maybe<HeldRow>({
    name: 'account-primary',
    text: `select ${heldColumns} from ${heldTables} where h.customer_id = $1 and h.is_primary`,
    values: [customerId],
  });
  return row && heldOf(row);
}

export async function findHeld(sql: Sql, customerId: string, accountId: string): Promise<HeldAccount | undefined> {
  const row = await sql.maybe<HeldRow>({
    name: 'account-held',
    text: `select ${heldColumns} from ${heldTables} where h.customer_id = $1 and a.account_id = $2`,
    values: [customerId, accountId],
  });
  return row && heldOf(row);
}

/** The one that was switched to, else the primary, else the oldest. */
export async function currentOf(sql: Sql, customerId: string): Promise<HeldAccount | undefined> {
  const row = await sql.maybe<HeldRow>({
    name: 'account-current',
    text: `select ${heldColumns} from ${heldTables} join customer c on c.customer_id = h.customer_id
           where h.customer_id = $1
           order by (a.account_id = c.current_account_id) is true desc, h.is_primary desc, h.since, a.account_id
           limit 1`,
    values: [customerId],
  });
  return row && heldOf(row);
}

function heldOf(row: HeldRow): HeldAccount {
  return {
    accountId: row.account_id,
    ownerId: row.owner_id,
    name: row.name,
    purpose: row.purpose,
    rank: row.rank,
    isPrimary: row.is_primary,
  };
}

export async function accountById(sql: Sql, accountId: string): Promise<Account | undefined> {
  const row = await sql.maybe<AccountRow>({
    name: 'account-by-id',
    text: 'select account_id::text, owner_id, name, purpose, status from account where account_id = $1',
    values: [accountId],
  });
  return row && { ...row, accountId: row.account_id, ownerId: row.owner_id };
}

export interface AccountInsert extends Omit<Account, 'status'> {
  readonly isPrimary: boolean;
  readonly now: Date;
}

/** An open account with its owner as its only holder. */
export async function insertAccount(tx: Tx, a: AccountInsert): Promise<void> {
  await tx.run({
    name: 'account-insert',
    text: `insert into account (account_id, owner_id, name, purpose, status, created_at) values ($1, $2, $3, $4, 'open', $5)`,
    values: [a.accountId, a.ownerId, a.name, a.purpose, a.now],
  });
  await tx.run({
    name: 'account-holder-insert',
    text: `insert into account_holder (account_id, customer_id, rank, is_primary, since) values ($1, $2, $3, $4, $5)`,
    values: [a.accountId, a.ownerId, 'owner', a.isPrimary, a.now],
  });
}
