import type { Clock, Market } from '../platform';
import type { RedressPolicy } from '../rules';
import type { CaseKind } from './case';

/** What the market's file says of mistakes and complaints, carried out. */

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
