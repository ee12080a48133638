import type { Attachment, Json } from '../platform';
import type { Book } from './book';
import { scopeOf, scopesOf, isCounted } from './limits';
import { periodStart } from './periods';
import {
  periods,
  type Channel,
  type Direction,
  type Limit,
  type LimitRow,
  type PartyRole,
  type Period,
  type Product,
  type Scope,
} from './types';

/** One side of a payment, as limits see it. */
export interface CountedParty {
  readonly customerId: string;
  readonly role: PartyRole;
  readonly tier?: string | undefined;
  /** All that this person owns: the highest balance is one over all of them. */
  readonly accountIds: readonly string[];
}

/** A payment that counts toward limits. A side that is the provider itself is absent. */
export interface CountedPayment {
  readonly product: Product;
  readonly channel: Channel;
  readonly amountMinor: bigint;
  /** When it is made or held: which day it counts on, and by which rules. */
  readonly at: Date;
  readonly payer?: CountedParty | undefined;
  readonly payee?: CountedParty | undefined;
}

/** `use`: counts and checks; `return`: gives the amount back; `try`: counts once and no amount. */
type UseKind = 'use' | 'return' | 'try';
type Row = Readonly<Record<string, Json>>;

/** One row a side, as attach_limit_use in 0011_limits.sql reads it; none for what counts toward no limit. */
export function useRows(book: Book, timeZone: string, payment: CountedPayment, kind: UseKind): Row[] {
  if (!isCounted(payment.product)) return [];
  return sidesOf(payment).map(([direction, party]) => rowOf({ book, timeZone, payment, kind }, direction, party));
}

function sidesOf({ payer, payee }: CountedPayment): [Direction, CountedParty][] {
  return [
    ...(payer ? [['out', payer] as [Direction, CountedParty]] : []),
    ...(payee ? [['in', payee] as [Direction, CountedParty]] : []),
  ];
}

interface Counting {
  readonly book: Book;
  readonly timeZone: string;
  readonly payment: CountedPayment;
  readonly kind: UseKind;
}

function rowOf({ book, timeZone, payment, kind }: Counting, direction: Direction, party: CountedParty): Row {
  const { product, channel, amountMinor, at } = payment;
  const limits = book.limits({ direction, party, product, channel, at });
  const [transferMin, transferMax] = boundsOf(limits);
  const balanceMax = limits.find(({ scope }) => scope === 'all')?.balanceMaxMinor;
  return {
    customer_id: party.customerId,
    direction,
    kind,
    amount_minor: amountMinor.toString(),
    transfer_min: text(transferMin),
    transfer_max: text(transferMax),
    balance_max: text(balanceMax),
    account_ids: [...party.accountIds],
    uses: countersOf(book.current('limits', at).body, { direction, product, channel }).map(({ scope, period }) => {
      const allowance = limits.find((limit) => limit.scope === scope)?.[period];
      return {
        scope,
        period,
        period_start: periodStart(at, period, timeZone),
        amount_max: text(allowance?.amountMinor),
        count_max: allowance?.count ?? null,
      };
    }),
  };
}

/** The narrowest of all bounds on one transfer. */
function boundsOf(limits: readonly Limit[]): [min: bigint | undefined, max: bigint | undefined] {
  const of = (key: 'transferMinMinor' | 'transferMaxMinor') =>
    limits
      .flatMap((limit) => (limit[key] === undefined ? [] : [limit[key]]))
      .sort((one, other) => (one < other ? -1 : 1));
  return [of('transferMinMinor').at(-1), of('transferMaxMinor').at(0)];
}

const text = (minor: bigint | undefined): string | null => minor?.toString() ?? null;

const alwaysCounted: ReadonlySet<Period> = new Set<Period>(['day', 'month']);

/**
 * What is counted for everybody: each period that limits anybody, so that a change of tier finds what was used; and
 * always the day and the month, limited or not yet, so that a new limit on them finds it too. The row of the day is also
 * the lock by which two payments of one person wait for each other.
 */
function countersOf(
  rows: readonly LimitRow[],
  payment: { direction: Direction; product: Product; channel: Channel },
): { scope: Scope; period: Period }[] {
  const counted = rows.filter(({ direction }) => direction === payment.direction);
  return scopesOf(payment).flatMap((scope) =>
    periods
      .filter(
        (period) =>
          (scope === 'all' && alwaysCounted.has(period)) ||
          counted.some((row) => scopeOf(row) === scope && row[period] !== undefined),
      )
      .map((period) => ({ scope, period })),
  );
}

/** Rows as what commits with the money. */
export function attachmentsOf(rows: readonly Row[]): Attachment[] {
  return rows.map((row) => ({ writer: 'limit_use', row }));
}

/** Which limit it was. */
export interface LimitRefusal {
  /** `out`: the payer's; `in`: the payee's. */
  readonly direction: Direction;
  readonly limit: 'transfer_min' | 'transfer_max' | 'amount' | 'count' | 'balance';
  readonly period?: Period;
  /** Absent: all payments together. */
  readonly scope?: Scope;
  /** Of one transfer, where it is known. */
  readonly boundMinor?: bigint;
}

/** The bound on one transfer that a payment breaks, the payer's first. */
export function transferRefusal(book: Book, payment: CountedPayment): LimitRefusal | undefined {
  const { product, channel, amountMinor, at } = payment;
  for (const [direction, party] of sidesOf(payment)) {
    const [min, max] = boundsOf(book.limits({ direction, party, product, channel, at }));
    if (min !== undefined && amountMinor < min) return { direction, limit: 'transfer_min', boundMinor: min };
    if (max !== undefined && amountMinor > max) return { direction, limit: 'transfer_max', boundMinor: max };
  }
  return undefined;
}

const constraintName =
  /^limit_(out|in)_(?:(transfer_min|transfer_max|balance)|(day|week|month|year)_(amount|count)(?:_((?:product|channel)_[a-z_]+))?)$/;

/** The limit behind the reason with which the ledger refused a row; undefined where it was something else. */
export function refusalOfConstraint(name: string): LimitRefusal | undefined {
  const [, direction, single, period, what, scope] = constraintName.exec(name) ?? [];
  if (direction === undefined) return undefined;
  return {
    direction: direction as Direction,
    limit: (single ?? what) as LimitRefusal['limit'],
    ...(period !== undefined && { period: period as Period }),
    ...(scope !== undefined && { scope: scope as Scope }),
  };
}
