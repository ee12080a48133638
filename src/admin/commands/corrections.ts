import { z } from 'zod';
import type { Contradicted, CorrectionPlan, CorrectionRow } from '../../clearing';
import { err, formatDateTime, formatMoney, ok, type Result, type Sql } from '../../platform';
import { words } from '../args';
import { defineCommand, type Answer, type Done, type WithMoney } from '../command';
import type { StaffDeps } from '../deps';
import type { StaffError } from '../errors';
import { findPayment, isTransferId } from '../find-payment';

const sides = ['customer', 'provider'] as const;

/** M32: the scheme has decided otherwise than what was done here. */
export const transferCorrect = defineCommand({
  name: 'transfer-correct',
  summary:
    'put right what was done here otherwise than the scheme has decided it; without who takes part it says who would, and nothing more',
  usage: '<payment> [<side: customer|provider>]',
  order: ['payment', 'side'],
  roles: ['finance'],
  checkers: ['finance', 'risk'],
  args: z.strictObject({
    payment: words(40),
    side: z.enum(sides, `must be ${sides.join(' or ')}`).optional(),
  }),
  check: ({ deps, tx }, asked) => planFor({ deps, tx }, asked),
  effect: 'money',
  run: async (at, asked) => {
    const done = await carryOut(at, asked);
    // Whoever carried it out before may have died between the money and its answer, or be at it now.
    const row = done.ok ? undefined : await at.deps.clearing.correctionOf({ actId: at.actId });
    return row ? ok(answerOf(row)) : done;
  },
});

interface Asked {
  readonly payment: string;
  readonly side?: (typeof sides)[number] | undefined;
}

async function carryOut({ deps, actor, actId, effectId }: WithMoney, asked: Asked): Promise<Done> {
  const planned = await planFor({ deps, tx: deps.db }, asked);
  if (!planned.ok) return planned;
  const order = { plan: planned.value, correctionId: effectId, by: actor, actId };
  const corrected = await deps.clearing.correct(order);
  return corrected.ok ? ok(answerOf(corrected.value)) : corrected;
}

/** What would be done, where it is what is asked for. */
async function planFor(
  at: { readonly deps: StaffDeps; readonly tx: Sql },
  { payment, side }: Asked,
): Promise<Result<CorrectionPlan, StaffError>> {
  const found = await findPayment(at, payment);
  if (!found && !isTransferId(payment)) return err('payment_unknown');
  const planned = await at.deps.clearing.planCorrection(
    found ? { paymentId: found.paymentId } : { transferId: payment.toLowerCase() },
  );
  if (!planned.ok || planned.value.side === side) return planned;
  return err(side === undefined ? 'correction_unsaid' : 'correction_differs', { problem: saysOf(planned.value) });
}

/** `KES 1,000.00 borne by the provider (the money is not there): say provider`. */
function saysOf({ contradicted, side, why, original }: CorrectionPlan): string {
  const { way, theirs } = contradicted;
  const amount = formatMoney(original.amountMinor, original.currency);
  const because = why === undefined ? '' : ` (${reasons[why] ?? (why.startsWith('limit_') ? reasons['limit'] : why)})`;
  return `${amount} ${what[way][theirs][side]}${because}: say ${side}`;
}

const what = {
  out: {
    committed: { customer: "taken from the payer's account", provider: 'borne by the provider' },
    aborted: { customer: 'back to the payer with our fee', provider: 'kept for the payer, with our fee' },
  },
  in: {
    committed: { customer: 'paid to the payee', provider: 'kept for the payee' },
    aborted: { customer: "taken back from the payee's account", provider: 'borne by the provider' },
  },
} as const;

const reasons: Readonly<Record<string, string>> = {
  funds_insufficient: 'the money is not there',
  account_blocked: 'the account is frozen or closed',
  payee_refused: 'the account is closed, frozen or full, or a limit is reached',
  limit: 'a limit is reached',
  cash_given: 'the agent has handed out the cash',
  cash_not_given: 'the agent has handed out no cash',
};

function answerOf({
  way,
  transferId,
  paymentId,
  reference,
  state,
  side,
  amountMinor,
  currency,
}: CorrectionRow): Answer {
  const amount = formatMoney(amountMinor, currency);
  const says = `${reference ?? transferId} is corrected to ${state}: ${amount} ${what[way][state][side]}`;
  const kind = paymentId === null ? 'scheme_transfer' : 'payment';
  return { says, about: { kind, id: paymentId ?? transferId } };
}

/** As a list of transfers shows it. */
export function contradictedRow({ market }: StaffDeps, one: Contradicted): Record<string, string> {
  const { way, dfspId: provider, reference, transferId, currency, amountMinor, ours, theirs, heardAt } = one;
  return {
    ...{ way, provider, payment: reference ?? '', transfer: transferId },
    amount: amountMinor === null || currency === null ? '' : formatMoney(amountMinor, currency),
    ...{ here: ours, 'the scheme says': theirs, heard: formatDateTime(heardAt, market) },
  };
}
