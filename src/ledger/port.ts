import type { Attachment, Currency, Result, Sql, Tx } from '../platform';
import type { AccountError, LedgerError } from './errors';

/** The number of an account as a decimal string; the high bits name the cell. House accounts are below 1,000,000. */
export type AccountId = string;

export type LedgerAccountKind =
  | 'customer'
  | 'agent'
  | 'merchant'
  | 'commission'
  | 'fee_income'
  | 'commission_expense'
  | 'trust'
  | 'transit'
  | 'remainder'
  | 'loss'
  | 'suspense';

/** What a frozen account takes no more of; `closed` is for good. */
export type AccountStatus = 'open' | 'frozen_debit' | 'frozen_credit' | 'frozen' | 'closed';

export type LegCode = 'principal' | 'fee' | 'commission' | 'opening' | 'transit';

/** Who changes something that the forensic log keeps. */
export interface Actor {
  readonly kind: 'customer' | 'staff' | 'system' | 'provider';
  readonly id: string;
}

export interface AccountBounds {
  /** The lowest balance allowed, counting what is pending out as gone; zero or less; null = no floor. */
  readonly floorMinor: bigint | null;
  /** The highest balance allowed, counting what is pending in as there; zero or more; null = no ceiling. */
  readonly ceilingMinor: bigint | null;
  /** The number of a `LimitProfile`; null = no limits. */
  readonly limitProfile: number | null;
}

export interface NewAccount extends AccountBounds {
  readonly accountId: AccountId;
  readonly kind: LedgerAccountKind;
  readonly currency: Currency;
}

export type LimitPeriod = 'day' | 'week' | 'month' | 'year';

export interface Limit {
  readonly amountMinor?: bigint;
  readonly count?: number;
}

/** How much and how often, by direction and period, in the market's time zone; what is absent is not limited. */
export interface LimitProfile {
  /** 1 to 32767. */
  readonly profile: number;
  readonly out: Readonly<Partial<Record<LimitPeriod, Limit>>>;
  readonly in: Readonly<Partial<Record<LimitPeriod, Limit>>>;
}

/** One debit and one credit of the same amount: money goes from the debited account to the credited one. */
export interface Leg {
  readonly debitAccountId: AccountId;
  readonly creditAccountId: AccountId;
  /** 1 to 10^15 minor units of the accounts' currency. */
  readonly amountMinor: bigint;
  readonly code: LegCode;
  /** Whether it counts toward the limits of both accounts. Default: false. */
  readonly counted?: boolean;
}

interface Asked {
  /** A UUIDv7 made less than 24 hours ago: the key of idempotency, for good. */
  readonly transferId: string;
  /** Rows that commit with it; at most 16. */
  readonly attachments?: readonly Attachment[];
}

/** Moves money at once. */
export interface Move extends Asked {
  readonly kind: 'transfer';
  /** One to eight, applied in this order, all or none. */
  readonly legs: readonly Leg[];
}

/**
 * The expiry of a reservation over which somebody else decides, however late: it lasts until it is posted or voided. Its month
 * stays open for as long.
 */
export const untilResolved = new Date('2200-01-01T00:00:00Z');

/** Holds money until `expiresAt`, at most 30 days ahead, or `untilResolved`: what is pending out is gone for everybody else. */
export interface Reserve extends Asked {
  readonly kind: 'reserve';
  readonly legs: readonly Leg[];
  readonly expiresAt: Date;
}

/** Carries out what was reserved, in full or, with `amountsMinor`, in part; the rest is free again. */
export interface Post extends Asked {
  readonly kind: 'post';
  readonly pendingId: string;
  /** One a leg, 0 to the amount reserved, at least one above zero. */
  readonly amountsMinor?: readonly bigint[];
}

/** Releases what was reserved, expired or not. */
export interface Void extends Asked {
  readonly kind: 'void';
  readonly pendingId: string;
}

export type Transfer = Move | Reserve | Post | Void;

export interface Accepted {
  /** True when the same transfer came before and this call changed nothing. */
  readonly repeated: boolean;
  /** The number of its row: later is greater on every account that it touched. */
  readonly seq: bigint;
  /** When it was booked. */
  readonly at: Date;
}

export type Outcome = Result<Accepted, LedgerError>;

/** Minor units, credits less debits: a customer's money is positive, the trust account is negative. */
export interface Balance {
  readonly accountId: AccountId;
  readonly currency: Currency;
  readonly status: AccountStatus;
  readonly postedMinor: bigint;
  /** House accounts have no bounds, and what is pending is not counted on them: zero. */
  readonly pendingOutMinor: bigint;
  readonly pendingInMinor: bigint;
  /** Posted less pending out. An account with a floor below zero may spend that much more. */
  readonly availableMinor: bigint;
}

/** One side of a posted leg, as the account's own history shows it. */
export interface Entry {
  readonly accountId: AccountId;
  readonly seq: bigint;
  readonly transferId: string;
  /** 1 to 8. */
  readonly legNumber: number;
  readonly code: LegCode;
  readonly direction: 'debit' | 'credit';
  readonly amountMinor: bigint;
  readonly balanceAfterMinor: bigint;
  /** The account on the other side of the leg. */
  readonly otherAccountId: AccountId;
  readonly postedAt: Date;
}

/** What is held by a reservation that is neither posted nor voided. */
export interface Pending {
  readonly transferId: string;
  readonly legs: readonly Leg[];
  readonly expiresAt: Date;
}

/** What became of an id. */
export interface StoredTransfer {
  readonly transferId: string;
  readonly kind: Transfer['kind'];
  readonly seq: bigint;
  readonly at: Date;
  readonly refusal: LedgerError | undefined;
  readonly pendingId: string | undefined;
  readonly legs: readonly Leg[];
}

/** The rules that `verify` proves, in the order in which it looks. */
export type VerifyCheck =
  | 'trial_balance'
  | 'transfers'
  | 'account_counters'
  | 'running_balance'
  | 'holds'
  | 'limit_counters'
  | 'account_terms'
  | 'account_bounds'
  | 'periods';

export interface Deviation {
  readonly check: VerifyCheck;
  /** The currency, account, transfer or hold that deviates. */
  readonly subject: string;
  readonly expected: string;
  readonly found: string;
}

export interface VerifyReport {
  readonly clean: boolean;
  readonly trialBalance: readonly TrialBalance[];
  readonly accounts: bigint;
  readonly transfers: bigint;
  /** The first one found; absent when the books are clean. */
  readonly deviation?: Deviation;
}

export interface TrialBalance {
  readonly currency: Currency;
  readonly debitsMinor: bigint;
  readonly creditsMinor: bigint;
}

/** Why a month cannot be closed, or its rows not be taken out. */
export type PeriodError =
  /** It is over since less than 25 hours. */
  | 'period_too_early'
  /** An older month comes first, or a later one is closed already. */
  | 'period_out_of_order'
  /** Something that was reserved in it or before is still pending. */
  | 'period_has_holds'
  /** It, or the month after it, is not closed yet. */
  | 'period_open'
  | 'month_malformed';

/** A closed month. */
export interface Period {
  /** `2026-01`, in UTC, by when rows were booked. */
  readonly month: string;
  readonly closedAt: Date;
  readonly transfers: bigint;
  /** Of the forensic log. */
  readonly links: bigint;
  readonly events: bigint;
  /** One hash over all links, in hex. */
  readonly root: string;
  /** Whether its rows were taken out of the database. */
  readonly archived: boolean;
  /** At its end, since the beginning of the books. */
  readonly trialBalance: readonly TrialBalance[];
}

/** The port to the books: `post` moves money, and nothing else does. */
export interface Ledger {
  /**
   * Does what is asked, each transfer for itself, and resolves when all of it is on the disk, to one outcome each in
   * the order asked. Any number of calls may be under way: what comes while a batch is in flight goes with the next.
   * The same id with the same content gives the first outcome again, refusals included. A connection that is lost in
   * between is asked again with the same ids, so that no transfer is ever reported as failed that may have happened:
   * the call stays pending while the database is away.
   * Errors, sticky to the id: `insufficient_funds`, `ceiling_exceeded`, `limit_exceeded`, `account_unknown`,
   * `account_closed`, `account_frozen`, `currency_mismatch`, `transfer_expired`, `pending_unknown`, `pending_gone`
   * (posted or voided before), `amount_exceeds_pending`; detail `accountId` where one account is the reason.
   * Errors that leave no trace: `transfer_exists_different`, `transfer_invalid` (malformed; detail `field`),
   * `attachment_refused` (the database refused a row that came with it; detail `reason`: the name of the constraint).
   * Rejects when nothing could be written for a reason that is nobody's business but the operator's (a full disk, no
   * audit log): then nothing has moved.
   */
  post(transfers: readonly Transfer[]): Promise<Outcome[]>;

  /** Numbers for new accounts. */
  newAccountIds(sql: Sql, count: number): Promise<AccountId[]>;
  /** Opens an account with a balance of zero. Again with the same content does nothing; other content throws. */
  openAccount(tx: Tx, account: NewAccount, actor: Actor): Promise<void>;
  /**
   * Freezes, reopens or closes an account. Money that is pending can still be posted or voided while it is frozen.
   * Errors: `account_unknown`, `account_closed` (closed is for good), `account_not_empty` (only an account with no
   * balance and nothing pending can be closed).
   */
  setStatus(tx: Tx, accountId: AccountId, status: AccountStatus, actor: Actor): Promise<Result<void, AccountError>>;
  /** Errors: `account_unknown`, `account_closed`, `bounds_exceeded` (the balance of now lies outside). */
  setBounds(tx: Tx, accountId: AccountId, bounds: AccountBounds, actor: Actor): Promise<Result<void, AccountError>>;
  /** Makes or replaces a profile; it counts from the next transfer on. */
  setLimits(tx: Tx, profile: LimitProfile, actor: Actor): Promise<void>;

  /** Where midnight ends a day of limits: an IANA name. Counters under way go on with the day that they have. */
  setTimeZone(tx: Tx, timeZone: string, actor: Actor): Promise<void>;

  /** Undefined when there is no such account. */
  balance(sql: Sql, accountId: AccountId): Promise<Balance | undefined>;
  /** The posted balance as it was at a moment, by the index; undefined when there is no such account. */
  balanceAt(sql: Sql, accountId: AccountId, at: Date): Promise<bigint | undefined>;
  /**
   * The account's entries, newest first; `before`: only those with a lower seq. The last transfer of a page is never cut
   * in two: its other legs, seven at most, come on top of the limit.
   */
  entries(sql: Sql, accountId: AccountId, page: { limit: number; before?: bigint }): Promise<Entry[]>;
  /** Undefined when the id was never seen. */
  find(sql: Sql, transferId: string): Promise<StoredTransfer | undefined>;
  /** Reservations whose expiry has come, the oldest expiry first. They stay pending until voided. */
  expired(sql: Sql, now: Date, limit: number): Promise<Pending[]>;

  /** Makes the partitions of this month, the one before and three ahead; returns the names of new ones. */
  prepare(now: Date): Promise<string[]>;
  /**
   * Reads all the books and names the first deviation. Its checks are statements of one snapshot, so it may run beside
   * traffic; it is slow where the history is long, and says how far it is.
   */
  verify(sql: Sql, options?: { onProgress?: (step: string) => void }): Promise<VerifyReport>;

  /**
   * Closes a month, `2026-01`: what every account held at its end is on record for good. Closing it again gives the
   * same. Errors: `month_malformed`, `period_too_early`, `period_out_of_order`, `period_has_holds`.
   */
  closePeriod(tx: Tx, month: string, actor: Actor): Promise<Result<Period, PeriodError>>;
  /** The closed months, the oldest first. */
  periods(sql: Sql): Promise<Period[]>;
  /** The first seq from which on all rows are in the database: 0 while nothing is archived. */
  booksBegin(sql: Sql): Promise<bigint>;

  /** Waits for what is under way, takes nothing new and gives the lanes back. */
  close(): Promise<void>;
}
