import { z } from 'zod';
import type { SeenTransfer } from '../../clearing';
import { err, formatDateTime, formatMoney, ok, type Result } from '../../platform';
import { dfspId, time, words } from '../args';
import { contradictedRow } from './corrections';
import { defineCommand, type Command, type Done, type WithMoney } from '../command';
import type { StaffDeps } from '../deps';
import type { StaffError } from '../errors';
import { findPayment } from '../find-payment';

const states = ['open', 'expired', 'committed', 'aborted', 'contradicted'] as const;
const ways = ['out', 'in'] as const;
const shownMax = 100;

/** M17, R200, R206, R209, R210. */
export const transfers = defineCommand({
  name: 'transfers',
  summary:
    'transfers to and from other providers: open ones with what time is left, or those past it, committed, aborted, or those of which the scheme says otherwise',
  usage: '[<state>] [--way out|in] [--provider <provider>] [--from <time>] [--to <time>]',
  order: ['state'],
  roles: ['call_centre', 'fraud', 'finance', 'risk', 'auditor'],
  args: z.strictObject({
    state: z.enum(states, `must be one of ${states.join(', ')}`).optional(),
    way: z.enum(ways, 'must be out or in').optional(),
    provider: dfspId.optional(),
    from: time.optional(),
    to: time.optional(),
  }),
  effect: 'read',
  run: async ({ deps }, { state = 'open', way, provider, from, to }) => {
    if (state === 'contradicted') {
      const all = await deps.clearing.contradicted();
      const some = all.filter((one) => one.way === (way ?? one.way) && one.dfspId === (provider ?? one.dfspId));
      const says = `the scheme says otherwise of ${some.length} transfers`;
      return ok({ says, rows: some.map((one) => contradictedRow(deps, one)) });
    }
    const found = await deps.clearing.transfers({
      ...{ way, dfspId: provider, limit: shownMax },
      ...{ state: state === 'expired' ? 'open' : state, isExpired: state === 'expired' },
      ...(from !== undefined && { from: new Date(from) }),
      ...(to !== undefined && { to: new Date(to) }),
    });
    const stuck = found.filter(({ isStuck }) => isStuck).length;
    const more = found.length === shownMax ? ', and maybe more' : '';
    return ok({
      says: `${found.length} transfers${more}${stuck > 0 ? `; ${stuck} are stuck` : ''}`,
      rows: found.map((seen) => rowOf(deps, seen)),
    });
  },
});

function rowOf({ market, clock }: StaffDeps, { entry, leftMs, isStuck }: SeenTransfer): Record<string, string> {
  const { way, dfspId: provider, reference, transferId, currency, amountMinor, state, error, attempts } = entry;
  const { createdAt, decidedAt, feeMinor, schemeFeeMinor, decidedAs } = entry;
  const money = (minor: bigint | null) => (minor === null || currency === null ? '' : formatMoney(minor, currency));
  const common = {
    ...{ way, provider, payment: reference ?? '', transfer: transferId, amount: money(amountMinor) },
    state: isStuck ? 'STUCK' : state === 'open' && leftMs <= 0 ? 'expired' : state,
  };
  const lastError = error ? `${error.code} ${error.description}` : '';
  if (state === 'open') {
    const age = spanOf(clock.now().getTime() - createdAt.getTime());
    return { ...common, age, left: spanOf(leftMs), attempts: attempts.toString(), 'last error': lastError };
  }
  const fees = { fee: money(feeMinor), "scheme's fee": money(schemeFeeMinor) };
  const corrected = decidedAs === state ? '' : `was ${decidedAs}`;
  return {
    ...common,
    decided: decidedAt ? formatDateTime(decidedAt, market) : '',
    corrected,
    ...fees,
    error: lastError,
  };
}

/** `-2 d 3 h`, `4 min 10 s`. */
function spanOf(durationMs: number): string {
  const seconds = Math.floor(Math.abs(durationMs) / 1_000);
  const [day, hour, minute] = [86_400, 3_600, 60];
  const of = (big: number, small: number, names: readonly [string, string]): string =>
    `${Math.floor(seconds / big)} ${names[0]} ${Math.floor((seconds % big) / small)} ${names[1]}`;
  const words =
    seconds >= day
      ? of(day, hour, ['d', 'h'])
      : seconds >= hour
        ? of(hour, minute, ['h', 'min'])
        : of(minute, 1, ['min', 's']);
  return durationMs < 0 ? `-${words}` : words;
}

type Outcome = 'completed' | 'rejected';

/** Two of finance or risk decide over a transfer that nobody else decides. */
function deciding(state: Outcome, { name, summary }: { name: string; summary: string }): Command {
  return defineCommand({
    ...{ name, summary, usage: '<payment>', order: ['payment'] },
    ...{ roles: ['finance'], checkers: ['finance', 'risk'] },
    args: z.strictObject({ payment: words(40) }),
    check: ({ deps, tx }, { payment }) => stuckOne({ deps, tx }, payment),
    effect: 'money',
    run: (at, { payment }) => decide(at, payment, state),
  });
}

/** M31: the payer has their money back, or the payee's is given up. */
export const transferRelease = deciding('rejected', {
  name: 'transfer-release',
  summary: 'give up a transfer that nobody decides: what is held for it is free again. Ask the scheme first',
});

/** M32: the payee has booked it, or it is the payee's here. */
export const transferComplete = deciding('completed', {
  name: 'transfer-complete',
  summary: 'complete a transfer that nobody decides: what is held for it is paid. Ask the scheme first',
});

async function stuckOne(
  at: Parameters<typeof findPayment>[0],
  name: string,
): Promise<Result<{ paymentId: string; reference: string }, StaffError>> {
  const found = await findPayment(at, name);
  if (!found) return err('payment_unknown');
  const may = await at.deps.clearing.overridable(found.paymentId);
  return may.ok ? ok(found) : may;
}

async function decide({ deps, actor, actId }: WithMoney, name: string, state: Outcome): Promise<Done> {
  const found = await findPayment({ deps, tx: deps.db }, name);
  if (!found) return err('payment_unknown');
  const decided = await deps.clearing.override({ paymentId: found.paymentId, state, by: actor, actId });
  if (!decided.ok) return decided;
  const says = `${found.reference} is ${state === 'completed' ? 'completed' : 'released'}`;
  return ok({ says, about: { kind: 'payment', id: found.paymentId } });
}
