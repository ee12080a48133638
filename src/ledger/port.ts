import type { Currency, Result, Sql, Tx } from '../platform';
import type { AccountStatusError, LedgerError } from './errors';

export type LedgerAccountKind =
  'customer' | 'agent' | 'merchant' | 'commission' | 'fee_income' | 'commission_expense' | 'trust';

/** `frozen` takes no new transfer, in or out; `closed` is for good. */
export type AccountStatus = 'open' | 'frozen' | 'closed';

export type LegCode = 'principal' | 'fee' | 'commission' | 'opening';

export interface NewAccount {
  /** A uuid. */
  readonly accountId: string;
  readonly kind: LedgerAccountKind;
  readonly currency: Currency;
  /** The lowest balance allowed, counting what is pending out as gone; zero or less; null = no floor. */
  readonly floorMinor: bigint | null;
  /** The highest balance allowed, counting what is pending in as there; zero or more; null = no ceiling. */
  readonly ceilingMinor: bigint | null;
}

/** One debit and one credit of the same amount: money goes from the debited account to the credited one. */
export interface Leg {
  readonly debitAccountId: string;
  readonly creditAccountId: string;
  /** 1 to 10^15 minor units of the accounts' currency. */
  readonly amountMinor: bigint;
  readonly code: LegCode;
}

export interface NewTransfer {
  /** A uuid: the key of idempotency, for good. */
  readonly transferId: string;
  /** One to eight, applied in this order, all or none. */
  readonly legs: readonly Leg[];
  /** Absent: post at once. Present: reserve, and until then it can be posted. */
  readonly expiresAt?: Date;
}

export interface TransferOutcome {
  readonly transferId: string;
  /** Where the transfer stands now. */
  readonly state: 'posted' | 'pending' | 'voided';
  /** True when the same call came before and this one changed nothing. */
  readonly repeated: boolean;
}

/** Minor units, credits less debits: a customer's money is positive, the trust account is negative. */
export interface Balance {
  readonly accountId: string;
  readonly currency: Currency;
  readonly postedMinor: bigint;
  readonly pendingOutMinor: bigint;
  readonly pendingInMinor: bigint;
  /** Posted less pending out. An account with a floor below zero may spend that much more. */
  readonly availableMinor: bigint;
}

/** One side of a posted leg, as the account's own history shows it. */
export interface Entry {
  readonly accountId: string;
  /** 1 for the account's first entry, without gaps. */
  readonly version: bigint;
  readonly transferId: string;
  /** 1 to 8. */
  readonly legNumber: number;
  readonly code: LegCode;
  readonly direction: 'debit' | 'credit';
  readonly amountMinor: bigint;
  readonly balanceBeforeMinor: bigint;
  readonly balanceAfterMinor: bigint;
  /** The account on the other side of the leg. */
  readonly otherAccountId: string;
  readonly postedAt: Date;
}

/** The rules that `verify` proves, in the order in which it looks. */
export type VerifyCheck =
  | 'trial_balance'
  | 'account_counters'
  | 'running_balance'
  | 'pending_counters'
  | 'transfer_legs'
  | 'transfer_entries'
  | 'leg_accounts'
  | 'account_bounds';

export interface Deviation {
  readonly check: VerifyCheck;
  /** The currency, account, transfer or entry that deviates. */
  readonly subject: string;
  readonly expected: string;
  readonly found: string;
}

export interface VerifyReport {
  readonly clean: boolean;
  readonly trialBalance: readonly TrialBalance[];
  readonly accounts: bigint;
  readonly transfers: bigint;
  readonly entries: bigint;
  /** The first one found; absent when the books are clean. */
  readonly deviation?: Deviation;
}

export interface TrialBalance {
  readonly currency: Currency;
  readonly debitsMinor: bigint;
  readonly creditsMinor: bigint;
}

/**
 * The port to the books. Nothing else moves money. A `Tx` is the caller's transaction: an outcome counts once that
 * commits, and a refusal is remembered only then. When a commit's answer is lost, call again with the same id.
 * One call never deadlocks with another. Transactions of several calls may, and `Db.tx` runs the victim again.
 */
export interface Ledger {
  /** Opens an account with a balance of zero. Again with the same content does nothing; other content throws. */
  openAccount(tx: Tx, account: NewAccount): Promise<void>;

  /**
   * Freezes, reopens or closes an account. Money that is pending can still be posted or voided while it is frozen.
   * Errors: `account_unknown`, `account_closed` (closed is for good), `account_not_empty` (only an account with no
   * balance and nothing pending can be closed).
   */
  setStatus(tx: Tx, accountId: string, status: AccountStatus): Promise<Result<void, AccountStatusError>>;

  /**
   * Moves money at once, or reserves it until `expiresAt`. The same id with the same legs, reserved or not as before,
   * gives the first outcome again, refusals included; the expiry may differ. Error detail: `accountId`, where one
   * account is the reason.
   * Errors: `account_unknown`, `account_closed`, `account_frozen`, `currency_mismatch`, `insufficient_funds`,
   * `ceiling_exceeded`, `transfer_expired` (born expired), `transfer_exists_different`.
   */
  transfer(tx: Tx, transfer: NewTransfer, now: Date): Promise<Result<TransferOutcome, LedgerError>>;

  /**
   * Posts what is pending; posting it again is `repeated`.
   * Errors: `transfer_unknown`, `transfer_not_pending` (voided or refused before), `transfer_expired`.
   */
  post(tx: Tx, transferId: string, now: Date): Promise<Result<TransferOutcome, LedgerError>>;

  /**
   * Releases what is pending, expired or not; voiding it again is `repeated`.
   * Errors: `transfer_unknown`, `transfer_not_pending` (posted or refused before).
   */
  void(tx: Tx, transferId: string, now: Date): Promise<Result<TransferOutcome, LedgerError>>;

  /** The ids of pending transfers whose expiry has come, the oldest expiry first. They stay pending until voided. */
  expired(sql: Sql, now: Date, limit: number): Promise<string[]>;

  /** Undefined when there is no such account. */
  balance(sql: Sql, accountId: string): Promise<Balance | undefined>;

  /** The account's entries, newest first. */
  entries(sql: Sql, accountId: string, limit: number): Promise<Entry[]>;

  /**
   * Reads all the books and names the first deviation. Every check is one statement, so it may run beside traffic;
   * it is slow where the history is long.
   */
  verify(sql: Sql): Promise<VerifyReport>;
}
