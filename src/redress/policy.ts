import type { Clock, Country, Market } from '../platform';
import type { CaseKind } from './case';

/** How this market treats mistakes and complaints. Figures are the operator's to set, not law. */
export interface RedressPolicy {
  /** So long after a sending its sender may call it a mistake and have it held. */
  readonly wrongSendWindowMs: number;
  /** So long the money is held, at most; the ledger allows 30 days. */
  readonly holdMs: number;
  /** When an answer is due, by the market's promise. */
  readonly answerMs: { readonly wrongSend: number; readonly other: number };
  /** So long after a decision it may be appealed; then the case closes. */
  readonly appealMs: number;
  /** How many cases a person may open on a day of the market, mistakes and complaints together. */
  readonly casesPerDay: number;
  /** How many refunds one of the staff may have decided on a day of the market. */
  readonly staffRefundsPerDay: number;
  /**
   * R214: the fee comes back with the whole amount (`whole`), or never. A part never brings the fee. What the payee
   * paid for receiving and what an agent earned stay as they were.
   */
  readonly feeBack: { readonly wrongSend: FeeBack; readonly other: FeeBack };
}
type FeeBack = 'whole' | 'never';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

const standard: RedressPolicy = {
  wrongSendWindowMs: dayMs,
  holdMs: 3 * dayMs,
  answerMs: { wrongSend: 2 * dayMs, other: 5 * dayMs },
  appealMs: 14 * dayMs,
  casesPerDay: 3,
  staffRefundsPerDay: 50,
  feeBack: { wrongSend: 'whole', other: 'whole' },
};

/** What a market does otherwise than most. */
const own: Readonly<Partial<Record<Country, Partial<RedressPolicy>>>> = {
  KE: { answerMs: { wrongSend: dayMs, other: 5 * dayMs } },
  UG: { answerMs: { wrongSend: 2 * dayMs, other: 14 * dayMs } },
};

export function policyOf(country: Country): RedressPolicy {
  return { ...standard, ...own[country] };
}

/** How much of the original's fee comes back with this much of its amount. */
export function feeBackOf(
  { feeBack }: RedressPolicy,
  kind: CaseKind,
  original: { readonly amountMinor: bigint; readonly feeMinor: bigint },
  amountMinor: bigint,
): bigint {
  const rule = kind === 'wrong_send' ? feeBack.wrongSend : feeBack.other;
  return rule === 'whole' && amountMinor === original.amountMinor ? original.feeMinor : 0n;
}

export function answerMsOf({ answerMs }: RedressPolicy, kind: CaseKind): number {
  return kind === 'wrong_send' ? answerMs.wrongSend : answerMs.other;
}

/** Today, as the market's calendar has it: `2026-01-15`. */
export function marketDay({ clock, market }: { readonly clock: Clock; readonly market: Market }): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone: market.timeZone }).format(clock.now());
}
