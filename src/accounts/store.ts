import { plusMs, type Msisdn, type Sql, type Tx } from '../platform';
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
    together: true,
    text: `select ${heldColumns} from ${heldTables} where h.customer_id = $1 order by h.since, a.account_id`,
    values: [customerId],
  });
  return rows.map(heldOf);
}

export async function primaryOf(sql: Sql, customerId: string): Promise<HeldAccount | undefined> {
  const row = await sql.maybe<HeldRow>({
    name: 'account-primary',
    together: true,
    text: `select ${heldColumns} from ${heldTables} where h.customer_id = $1 and h.is_primary`,
    values: [customerId],
  });
  return row && heldOf(row);
}

/** One of a person's accounts. Whoever holds none works with none, which is empty: that is nobody's. */
export async function findHeld(sql: Sql, customerId: string, accountId: string): Promise<HeldAccount | undefined> {
  if (accountId === '') return undefined; // how a menu says that the caller holds none
  const row = await sql.maybe<HeldRow>({
    name: 'account-held',
    together: true,
    text: `select ${heldColumns} from ${heldTables} where h.customer_id = $1 and a.account_id = nullif($2, '')::bigint`,
    values: [customerId, accountId],
  });
  return row && heldOf(row);
}

/** The one that was switched to, else the primary, else the oldest. */
export async function currentOf(sql: Sql, customerId: string): Promise<HeldAccount | undefined> {
  const row = await sql.maybe<HeldRow>({
    name: 'account-current',
    together: true,
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

/** Held until the transaction ends: whoever changes an account or its holders comes after. */
export async function lockAccount(tx: Tx, accountId: string): Promise<void> {
  await tx.run({
    name: 'account-lock',
    text: 'select from account where account_id = $1 for update',
    values: [accountId],
  });
}

/** The same for people; always after the account, and in one order, so that nobody waits in a circle. */
export async function lockPeople(tx: Tx, customerIds: readonly string[]): Promise<void> {
  await tx.run({
    name: 'account-lock-people',
    text: 'select from customer where customer_id = any($1) order by customer_id for no key update',
    values: [customerIds],
  });
}

export async function clearPrimary(tx: Tx, customerId: string): Promise<void> {
  const text = 'update account_holder set is_primary = false where customer_id = $1 and is_primary';
  await tx.run({ name: 'account-primary-clear', text, values: [customerId] });
}

export async function setPrimary(tx: Tx, customerId: string, accountId: string): Promise<void> {
  const text = 'update account_holder set is_primary = true where customer_id = $1 and account_id = $2';
  await tx.run({ name: 'account-primary-set', text, values: [customerId, accountId] });
}

/** Makes the oldest account that they can use the primary one, where they have none. True when it did. */
export async function choosePrimary(tx: Tx, customerId: string): Promise<boolean> {
  const chosen = await tx.run({
    name: 'account-primary-choose',
    text: `update account_holder set is_primary = true
           where not exists (select from account_holder h where h.customer_id = $1 and h.is_primary)
             and (account_id, customer_id) = (
               select a.account_id, h.customer_id from ${heldTables}
               where h.customer_id = $1 and h.rank <> 'viewer' and a.purpose <> 'commission'
               order by h.since, a.account_id limit 1)`,
    values: [customerId],
  });
  return chosen === 1;
}

export async function updateName(tx: Tx, accountId: string, name: string): Promise<void> {
  await tx.run({ text: 'update account set name = $2 where account_id = $1', values: [accountId, name] });
}

export async function setCurrent(tx: Tx, customerId: string, accountId: string): Promise<void> {
  const text = 'update customer set current_account_id = $2 where customer_id = $1';
  await tx.run({ name: 'account-switch', text, values: [customerId, accountId] });
}

/** Closes it; nobody's primary or current account it is from now on. Returns its holders. */
export async function closeAccount(tx: Tx, accountId: string, now: Date): Promise<string[]> {
  const close = `update account set status = 'closed', closed_at = $2 where account_id = $1`;
  await tx.run({ text: close, values: [accountId, now] });
  const rows = await tx.rows<{ customer_id: string }>({
    text: 'update account_holder set is_primary = false where account_id = $1 returning customer_id',
    values: [accountId],
  });
  const leave = 'update customer set current_account_id = null where current_account_id = $1';
  await tx.run({ text: leave, values: [accountId] });
  return rows.map(({ customer_id }) => customer_id).sort();
}

export interface HolderRow {
  readonly customerId: string;
  readonly rank: HolderRank;
}

/** The owner first, then in the order in which they came. */
export async function holdersOf(sql: Sql, accountId: string): Promise<HolderRow[]> {
  const rows = await sql.rows<{ customer_id: string; rank: HolderRank }>({
    name: 'account-holders',
    text: `select customer_id, rank from account_holder where account_id = $1
           order by rank = 'owner' desc, since, customer_id`,
    values: [accountId],
  });
  return rows.map(({ customer_id, rank }) => ({ customerId: customer_id, rank }));
}

interface HolderInsert {
  readonly accountId: string;
  readonly customerId: string;
  readonly rank: HolderRank;
  readonly now: Date;
}

export async function insertHolder(tx: Tx, h: HolderInsert): Promise<void> {
  await tx.run({
    text: `insert into account_holder (account_id, customer_id, rank, is_primary, since) values ($1, $2, $3, false, $4)`,
    values: [h.accountId, h.customerId, h.rank, h.now],
  });
}

export async function updateRank(tx: Tx, h: Omit<HolderInsert, 'now'>): Promise<void> {
  await tx.run({
    text: `update account_holder set rank = $3, is_primary = is_primary and $3 <> 'viewer'
           where account_id = $1 and customer_id = $2`,
    values: [h.accountId, h.customerId, h.rank],
  });
}

export async function deleteHolder(tx: Tx, accountId: string, customerId: string): Promise<void> {
  const text = 'delete from account_holder where account_id = $1 and customer_id = $2';
  await tx.run({ text, values: [accountId, customerId] });
  const leave = 'update customer set current_account_id = null where customer_id = $2 and current_account_id = $1';
  await tx.run({ text: leave, values: [accountId, customerId] });
}

type Invitable = Exclude<HolderRank, 'owner'>;

export interface InvitationInsert {
  readonly accountId: string;
  readonly msisdn: Msisdn;
  readonly rank: Invitable;
  readonly invitedBy: string;
  readonly now: Date;
}

/** False when the phone is invited to the account already. */
export async function insertInvitation(tx: Tx, i: InvitationInsert): Promise<boolean> {
  await tx.run({
    text: `update account_invitation set settled_at = expires_at
           where account_id = $1 and msisdn = $2 and settled_at is null and expires_at <= $3`,
    values: [i.accountId, i.msisdn, i.now],
  });
  const inserted = await tx.run({
    text: `insert into account_invitation (account_id, msisdn, rank, invited_by, created_at, expires_at)
           values ($1, $2, $3, $4, $5, $6) on conflict do nothing`,
    values: [i.accountId, i.msisdn, i.rank, i.invitedBy, i.now, plusMs(i.now, invitationTtlMs)],
  });
  return inserted === 1;
}

/** A number may be somebody else's after that. */
const invitationTtlMs = 30 * 24 * 3_600_000;

/** Those to an account that are open. */
export async function invitationsOf(
  sql: Sql,
  accountId: string,
  now: Date,
): Promise<{ msisdn: Msisdn; rank: Invitable }[]> {
  return sql.rows<{ msisdn: Msisdn; rank: Invitable }>({
    name: 'account-invitations',
    text: `select msisdn, rank from account_invitation where account_id = $1 and settled_at is null and expires_at > $2
           order by created_at, msisdn`,
    values: [accountId, now],
  });
}

export interface Invitation {
  readonly invitationId: bigint;
  readonly accountId: string;
  readonly accountName: string;
  readonly rank: Invitable;
  readonly invitedBy: string;
}

/** Those to a phone that are open, the last first. */
export async function invitationsTo(sql: Sql, msisdn: Msisdn, now: Date): Promise<Invitation[]> {
  return sql.rows<Invitation & Record<string, unknown>>({
    name: 'account-invitations-to',
    text: `select i.invitation_id as "invitationId", i.account_id::text as "accountId", a.name as "accountName", i.rank,
             i.invited_by as "invitedBy"
           from account_invitation i join account a on a.account_id = i.account_id and a.status = 'open'
           where i.msisdn = $1 and i.settled_at is null and i.expires_at > $2 order by i.invitation_id desc`,
    values: [msisdn, now],
  });
}

/** Those to an account that is closed, and those that a person made. */
export async function settleInvitationsOf(
  tx: Tx,
  { customerId, now }: { customerId: string; now: Date },
): Promise<void> {
  await tx.run({
    text: `update account_invitation i set settled_at = $2
           from account a
           where a.account_id = i.account_id and i.settled_at is null
             and (i.invited_by = $1 or a.owner_id = $1)`,
    values: [customerId, now],
  });
}

export async function settleInvitation(tx: Tx, invitationId: bigint, now: Date): Promise<void> {
  const text = 'update account_invitation set settled_at = $2 where invitation_id = $1';
  await tx.run({ text, values: [invitationId, now] });
}
