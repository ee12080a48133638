import type { AuditEvent } from '../audit';
import { err, ok, type Msisdn, type Result, type Sql, type Tx } from '../platform';
import type { Account, HeldAccount } from './account';
import type { Changed } from './change';
import type { AccountsDeps, PinProof } from './deps';
import type { AccountsError } from './errors';
import * as holders from './holders';
import * as leaving from './leave';
import * as manage from './manage';
import * as store from './store';

/** R38: an account as its holders see it. */
export interface AccountInfo {
  readonly account: HeldAccount;
  /** The owner first. */
  readonly holders: readonly holders.Holder[];
  /** Who has still to sign up. */
  readonly invited: readonly holders.Invited[];
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

  /** A number for an account that is about to be opened. */
  newNumber(): Promise<string>;
  open(asked: manage.NewAccount): Promise<Changed>;
  rename(asked: PinProof & { readonly accountId: string; readonly name: string }): Promise<Changed>;
  makePrimary(asked: PinProof & { readonly accountId: string }): Promise<Changed>;
  close(asked: PinProof & { readonly accountId: string }): Promise<Changed>;
  /** See leave.ts. */
  lockOwned(tx: Tx, customerId: string): Promise<HeldAccount[]>;
  leave(tx: Tx, leaver: { customerId: string; hopKey: string }): ReturnType<typeof leaving.leave>;
  switchTo(asked: { customerId: string; accountId: string }): Promise<Result<undefined, AccountsError>>;
  /** Errors: `account_gone`. */
  info(asked: { customerId: string; accountId: string }): Promise<Result<AccountInfo, AccountsError>>;

  /** The name of whom a holder is to be; undefined for a phone on which nobody is known. Errors: `person_unknown`. */
  findCandidate: (candidate: holders.Candidate) => ReturnType<typeof holders.findCandidate>;
  addHolder(asked: Parameters<typeof holders.addHolder>[1]): Promise<Changed>;
  removeHolder(asked: Parameters<typeof holders.removeHolder>[1]): Promise<Changed>;
  rankHolder(asked: Parameters<typeof holders.rankHolder>[1]): Promise<Changed>;
  invitationTo(msisdn: Msisdn): Promise<{ inviter: string; account: string } | undefined>;
  /** For whoever has just signed up: the accounts to which their phone was invited. Returns what is to be recorded. */
  acceptInvitations(tx: Tx, newcomer: { msisdn: Msisdn; customerId: string }): Promise<AuditEvent[]>;
}

export function createAccounts(deps: AccountsDeps): Accounts {
  const { db, clock, ledger } = deps;
  return {
    of: store.heldBy,
    primaryOf: store.primaryOf,
    currentOf: store.currentOf,
    find: store.findHeld,
    byId: store.accountById,
    create: (tx, account) => store.insertAccount(tx, { ...account, now: clock.now() }),
    newNumber: async () => (await ledger.newAccountIds(db, 1))[0] ?? '',
    open: (asked) => manage.open(deps, asked),
    rename: (asked) => manage.rename(deps, asked),
    makePrimary: (asked) => manage.makePrimary(deps, asked),
    close: (asked) => manage.close(deps, asked),
    lockOwned: leaving.lockOwned,
    leave: (tx, leaver) => leaving.leave(deps, tx, leaver),
    switchTo: (asked) => manage.switchTo(deps, asked),
    info: ({ customerId, accountId }) =>
      db.tx(async (tx) => {
        const account = await store.findHeld(tx, customerId, accountId);
        return account
          ? ok({ account, ...(await holders.holdersAndInvited(deps, tx, accountId)) })
          : err('account_gone');
      }),
    findCandidate: (candidate) => holders.findCandidate(deps, candidate),
    addHolder: (asked) => holders.addHolder(deps, asked),
    removeHolder: (asked) => holders.removeHolder(deps, asked),
    rankHolder: (asked) => holders.rankHolder(deps, asked),
    invitationTo: (msisdn) => holders.invitationTo(deps, msisdn),
    acceptInvitations: (tx, newcomer) => holders.acceptInvitations(deps, tx, newcomer),
  };
}
