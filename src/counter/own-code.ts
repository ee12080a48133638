import type { Caller } from '../agents';
import type { ClearingError } from '../clearing';
import { unnamed, type Outside, type Quote } from '../payments';
import { err, ok, type Result } from '../platform';
import type { CounterDeps } from './deps';
import type { CounterError } from './errors';

export interface CodeOrder extends Caller {
  /** Where it is good: at one agent of another provider (a phone number, E.164, or a user number), at any ATM, in any shop. */
  readonly at: { readonly agent: string } | 'atm' | 'shop';
  readonly amountMinor: bigint;
}

/**
 * What a code that is told at another provider costs; `agents.submitWithdrawal` makes it. The fee is ours, and all that is
 * taken beside the amount: an offer of the other provider that would take more is none (`clearing.offerForHeld`).
 * Errors: `code_open`, `atm_too_much`: nobody there looks at an ID; and those of `clearing.recentPayee` and of `payments.quote`.
 */
export async function quoteCode(
  deps: CounterDeps,
  { customerId, accountId, at, amountMinor }: CodeOrder,
): Promise<Result<Quote, ClearingError | CounterError>> {
  const { agents, ids, payments } = deps;
  const product = at === 'shop' ? 'purchase' : 'cash_out';
  if (await agents.codeOf(customerId, product)) return err('code_open');
  if (at === 'atm' && agents.asks(amountMinor).id) return err('atm_too_much');
  const to = await placeOf(deps, at);
  if (!to.ok) return to;
  return payments.quoteOutgoing({
    ...{ quoteId: ids.uuid(), product, initiatorId: customerId, accountId, amountMinor },
    ...{ to: to.value, subjectId: null },
  });
}

async function placeOf({ clearing }: CounterDeps, at: CodeOrder['at']): Promise<Result<Outside, ClearingError>> {
  if (typeof at === 'string') return ok(unnamed);
  const found = await clearing.recentPayee(at.agent);
  return found.ok ? ok(found.value.outside) : found;
}
