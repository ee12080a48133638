import type { Clock, Sql, Tx } from '../platform';
import type { Account, HeldAccount } from './account';
import * as store from './store';

export interface AccountsDeps {
  readonly clock: Clock;
}

export interface Accounts {
  /** The open accounts that a person holds in whatever rank, the one held longest first. */
  of(sql: Sql, customerId: string): Promise<HeldAccount[]>;
  /** Where money sent to this person arrives (R17); undefined when there is none that they can use. */
  primaryOf(sql: Sql, customerId: string): Promise<HeldAccount | undefined>;
  /** The account that this person works with now: the one they switched to, else the primary, else the one held longest. */
  currentOf(sql: Sql, customerId: string): Promise<HeldAccount | undefined>;
  /** An open account as this person holds it; undefined where they don't. */
  find(sql: Sql, customerId: string, accountId: string): Promise<HeldAccount | undefined>;
  /** Any account, closed ones too. */
  byId(sql: Sql, accountId: string): Promise<Account | undefined>;
  /** Writes an account with its owner; whoever calls opens it in the ledger in the same transaction. */
  create(tx: Tx, account: Omit<store.AccountInsert, 'now'>): Promise<void>;
}

export function createAccounts({ clock }: AccountsDeps): Accounts {
  return {
    of: store.heldBy,
    primaryOf: store.primaryOf,
    currentOf: store.currentOf,
    find: store.findHeld,
    byId: store.accountById,
    create: (tx, account) => store.insertAccount(tx, { ...account, now: clock.now() }),
  };
}
