import type { Caller } from '../agents';
import type { ClearingError } from '../clearing';
import type { Quote } from '../payments';
import { err, type Result } from '../platform';
import type { CounterDeps } from './deps';

export interface CodeOrder extends Caller {
  /** The agent's, at another provider: a phone number (E.164) or a user number. */
  readonly number: string;
  readonly amountMinor: bigint;
}

/**
 * What a code for cash at an agent of another provider costs; `agents.submitWithdrawal` makes it. The fee is ours, and all that is
 * taken beside the amount: an offer of the agent's provider that would take more is none (`clearing.offerForHeld`).
 * Errors: `code_open`, and those of `clearing.recentPayee` and of `payments.quote`.
 */
export async function quoteCode(
  deps: CounterDeps,
  { customerId, accountId, number, amountMinor }: CodeOrder,
): Promise<Result<Quote, ClearingError>> {
  const { agents, clearing, ids, payments } = deps;
  if (await agents.codeOf(customerId)) return err('code_open');
  const found = await clearing.recentPayee(number);
  if (!found.ok) return found;
  return payments.quoteOutgoing({
    ...{ quoteId: ids.uuid(), product: 'cash_out', initiatorId: customerId, accountId, amountMinor },
    ...{ to: found.value.outside, subjectId: null },
  });
}
