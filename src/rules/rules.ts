import {
  assert,
  type Attachment,
  type Clock,
  type Currency,
  type Db,
  type Market,
  type Result,
  type Sql,
  type Tx,
} from '../platform';
import { bookOf, type Book, type Version } from './book';
import { approve, propose, reject, type Decision, type Proposal, type Recorder } from './changes';
import type { RuleError } from './errors';
import type { Exceeding } from './exceeding';
import { loadMarket, versionsOf } from './market';
import { localDate } from './periods';
import { parseBody } from './schema';
import { approvedChanges, countTries, forgetUses, lastChanges, type RuleChange } from './store';
import type { Conduct, Limit, LimitRequest, Price, PriceRequest, RedressPolicy, RuleKind, Tier } from './types';
import { exceedingAt, liftTier, overrideTier, promoteDue, type Override, type TierTold } from './tiers';
import { attachmentsOf, transferRefusal, useRows, type CountedPayment, type LimitRefusal } from './usage';
import { roomOf, type Room } from './room';

export interface Rules {
  readonly currency: Currency;
  /** The most that may be typed as an amount. How much one payment may move is said by the limits. */
  readonly amountMaxMinor: bigint;
  /** How mistakes and complaints are treated. */
  readonly redress: RedressPolicy;
  /** A pure function of its argument and of the versions known here: keep what it says, and that is what is charged. */
  price(request: PriceRequest): Price;
  /** What holds for one side of a payment, one a scope; empty for what counts toward no limit. */
  limits(request: LimitRequest): Limit[];
  /** How the market wants it done. */
  conduct(at: Date): Conduct;
  /** From lowest to highest. */
  tiers(at: Date): readonly Tier[];

  /** The bound on one transfer that this payment breaks, if any: for a quote, before anything is counted. */
  transferRefusal(payment: CountedPayment): LimitRefusal | undefined;
  /**
   * What counts a payment toward the limits of both sides, in the transaction that moves or holds its money; at most
   * two. The ledger then refuses with a constraint that `refusalOfConstraint` knows. `at`: the moment of the payment.
   */
  useAttachments(payment: CountedPayment): Attachment[];
  /** Gives the amount back, not the count, when what was held is voided. `at`: when it was held, not now. */
  returnAttachments(payment: CountedPayment): Attachment[];
  /** A payment that the ledger refused was still a try: it counts, its amount does not. Not for one that a limit refused. */
  countFailed(tx: Tx, payment: CountedPayment): Promise<void>;
  /** How much is left to somebody, a period of a scope each: what is not limited is not there. */
  room(sql: Sql, request: LimitRequest & { readonly customerId: string }): Promise<Room[]>;

  /** See changes.ts. Errors: `rules_invalid` (detail `problem`), `effective_date_past`. */
  propose(tx: Tx, proposal: Proposal): Promise<Result<{ version: number }, RuleError>>;
  /** Errors: `rules_unknown`, `rules_decided`, `same_person`, `effective_date_past`, `rules_invalid`. */
  approve(tx: Tx, decision: Decision): Promise<Result<{ effectiveFrom: Date }, RuleError>>;
  /** Errors: `rules_unknown`, `rules_decided`, `same_person`. */
  reject(tx: Tx, decision: Decision): Promise<Result<void, RuleError>>;
  /** What was proposed, the newest first. */
  changes(sql: Sql, limit: number): Promise<RuleChange[]>;
  /** What holds at a moment, as it was written. */
  current(kind: RuleKind, at: Date): Pick<Version, 'name' | 'from' | 'source'>;
  /** Reads what was approved. Often enough that every process knows a change before it holds. */
  refresh(): Promise<void>;
  /** See tiers.ts; returns how many came into a better tier. */
  promoteDue(): Promise<number>;
  /** Errors: `customer_unknown`, `tier_unknown`, `reason_missing`. */
  overrideTier(tx: Tx, override: Override): Promise<Result<{ before: string }, RuleError>>;
  /** Errors: `customer_unknown`, `not_overridden`, `reason_missing`. */
  liftTier(tx: Tx, lifting: Omit<Override, 'tier'>): Promise<Result<{ tier: string }, RuleError>>;
  /** Who has used or holds more than their tier allows, in the periods that hold this moment (R172). */
  exceeding(sql: Sql, at: Date): Promise<Exceeding[]>;
  /** Removes what was used in periods that nobody asks about any more. Returns how many rows. */
  forgetOldUses(): Promise<number>;
}

export interface RulesDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly market: Pick<Market, 'country' | 'currency' | 'timeZone'>;
  readonly record: Recorder;
  readonly onTier: TierTold;
}

/** The rules of the market that is configured. Throws a `ConfigError` where there are none, or where they are wrong. */
export function createRules({ db, clock, market, record, onTier }: RulesDeps): Rules {
  const file = loadMarket(market);
  const { currency } = file;
  const { timeZone } = market;
  const fromFile = versionsOf(file);
  let book: Book = bookOf(fromFile);
  const deps = { db, clock, currency, timeZone, book: () => book, record, onTier };
  return {
    currency,
    amountMaxMinor: file.amountMaxMinor,
    redress: file.redress,
    price: (request) => book.price(request),
    limits: (request) => book.limits(request),
    conduct: (at) => book.current('conduct', at).body,
    tiers: (at) => book.current('tiers', at).body,
    transferRefusal: (payment) => transferRefusal(book, payment),
    useAttachments: (payment) => attachmentsOf(useRows(book, timeZone, payment, 'use')),
    returnAttachments: (payment) => attachmentsOf(useRows(book, timeZone, payment, 'return')),
    countFailed: async (tx, payment) => {
      const rows = useRows(book, timeZone, payment, 'try');
      if (rows.length > 0) await countTries(tx, rows);
    },
    room: (sql, request) => roomOf(sql, { limits: book.limits(request), timeZone, ...request }),
    propose: (tx, proposal) => propose(deps, tx, proposal),
    approve: (tx, decision) => approve(deps, tx, decision),
    reject: (tx, decision) => reject(deps, tx, decision),
    changes: lastChanges,
    current: (kind, at) => book.current(kind, at),
    refresh: async () => {
      const approved = await approvedChanges(db);
      book = bookOf([...fromFile, ...approved.map((change) => versionOf(change, currency))]);
    },
    promoteDue: () => promoteDue(deps),
    overrideTier: (tx, override) => overrideTier(deps, tx, override),
    liftTier: (tx, lifting) => liftTier(deps, tx, lifting),
    exceeding: (sql, at) => exceedingAt(deps, sql, at),
    forgetOldUses: () => forgetUses(db, localDate(clock.now(), timeZone)),
  };
}

function versionOf({ version, kind, body, effectiveFrom }: RuleChange, currency: Currency): Version {
  const parsed = parseBody(kind, body, currency);
  assert(parsed.ok, `the approved rules #${version} can be read`);
  assert(effectiveFrom, 'what is approved holds from a moment on');
  return { kind, name: `#${version}`, from: effectiveFrom, body: parsed.value, source: body } as Version;
}
