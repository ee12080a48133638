import { z } from 'zod';
import { err, formatMoney, ok, parseAmount, type Result, type Sql } from '../../platform';
import { amount, words } from '../args';
import { defineCommand } from '../command';
import type { StaffDeps } from '../deps';
import type { StaffError } from '../errors';
import { findPayment } from '../find-payment';

const args = z.strictObject({ payment: words(40), amount: amount.optional() });

/** R213: what is final between providers comes back by a second transfer. */
export const refundElsewhere = defineCommand({
  name: 'refund-elsewhere',
  summary: 'send back what came in from another provider, all or a part, from whoever got it; both customers are told',
  usage: '<payment> [--amount <amount>]',
  order: ['payment'],
  roles: ['finance', 'fraud'],
  checkers: ['finance', 'fraud'],
  args,
  check: ({ deps, tx }, asked) => orderOf({ deps, tx }, asked),
  effect: 'money',
  run: async ({ deps, actor, actId, effectId }, asked) => {
    const order = await orderOf({ deps, tx: deps.db }, asked);
    if (!order.ok) return order;
    const { originalId, amountMinor } = order.value;
    const by = { paymentId: effectId, by: actor, traceId: actId };
    const sent = await deps.clearing.refund({ originalId, amountMinor, ...by });
    if (!sent.ok) return isOurs(sent.error) ? err(sent.error) : err('money_refused', { problem: sent.error });
    const { reference, currency, feeBackMinor, amountMinor: takenMinor, outside } = sent.value;
    const total = formatMoney(takenMinor + feeBackMinor, currency);
    const says = `${reference}: ${total} is on its way back to ${outside?.dfspId ?? ''}`;
    return ok({ says, about: { kind: 'payment', id: originalId } });
  },
});

const ours = ['not_reversible', 'already_refunded', 'amount_exceeds'] as const satisfies readonly StaffError[];

function isOurs(error: string): error is (typeof ours)[number] {
  return (ours as readonly string[]).includes(error);
}

async function orderOf(
  at: { readonly deps: StaffDeps; readonly tx: Sql },
  asked: z.output<typeof args>,
): Promise<Result<{ originalId: string; amountMinor: bigint | undefined }, StaffError>> {
  const found = await findPayment(at, asked.payment);
  if (!found) return err('payment_unknown');
  const { clearing, market, rules } = at.deps;
  const parsed =
    asked.amount === undefined ? ok(undefined) : parseAmount(asked.amount, market.currency, rules.amountMaxMinor);
  if (!parsed.ok) return err('argument_invalid', { field: 'amount', why: 'must be an amount such as 2500.00' });
  const order = { originalId: found.paymentId, amountMinor: parsed.value };
  const may = await clearing.refundable(order);
  if (may.ok) return ok(order);
  return isOurs(may.error) ? err(may.error) : err('money_refused', { problem: may.error });
}
