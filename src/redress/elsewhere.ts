import type { Actor } from '../ledger';
import type { Payment } from '../payments';
import { err, ok, violatedConstraint, type Attachment, type Result, type Tx } from '../platform';
import { undecided, type Case } from './case';
import type { RedressDeps, TellingDeps } from './deps';
import type { CaseError } from './errors';
import { caseAttachment, refundedOf, write, wrongSendOf } from './store';
import { caseEvent, caseValues, ownDecision, tellStep } from './telling';
import { newCase } from './wrong-send';

/** Money between providers that was sent by mistake: nothing is held, it comes back by a second transfer (src/clearing/refund.ts). */

export interface AskedBack {
  /** What came in. */
  readonly payment: Payment;
  readonly by: Actor;
  readonly channel: 'api' | 'staff';
  /** Of the staff, where the other provider told them. */
  readonly staffId?: string;
  readonly traceId: string;
  /** What else is kept with it. */
  readonly also?: (tx: Tx) => Promise<void>;
}

/**
 * Somebody at another provider calls a mistake what they sent to a customer of ours, who is told. Asked again it answers the same.
 * Errors: `not_reversible`, `already_refunded`, `return_asked` (it was decided).
 */
export async function openFromElsewhere(deps: RedressDeps, asked: AskedBack): Promise<Result<Case, CaseError>> {
  const { payment, also = () => Promise.resolve() } = asked;
  const isIncoming = payment.outside !== null && payment.payeeId !== null;
  if (!isIncoming || payment.product !== 'send' || payment.state !== 'completed') return err('not_reversible');
  const before = await wrongSendOf(deps.db, payment.paymentId);
  if (before) {
    if (!undecided.includes(before.state)) return err('return_asked');
    await deps.db.tx(also);
    return ok(before);
  }
  if (await isAllBack(deps, payment)) return err('already_refunded');
  return (await opened(deps, asked, also)) ?? openFromElsewhere(deps, asked);
}

/** Undefined: somebody else came first. */
async function opened(
  deps: RedressDeps,
  { payment, by, channel, staffId, traceId }: AskedBack,
  also: (tx: Tx) => Promise<void>,
): Promise<Result<Case, CaseError> | undefined> {
  const whose = { payment, customerId: null, reason: 'other', channel } as const;
  const one = await newCase(deps, { ...whose, ...(staffId !== undefined && { staffId }) });
  const values = await caseValues(deps, one, { payment, other: null });
  try {
    await deps.db.tx(async (tx) => {
      await write(tx, caseAttachment(one, undefined));
      await also(tx);
      const event = caseEvent('case.opened', one, { by, traceId });
      await tellStep(deps, tx, { words: [{ to: payment.payeeId, text: 'sms.wrongSendTold', values }], event });
    });
  } catch (error) {
    if (violatedConstraint(error) !== 'redress_wrong_send') throw error;
    return undefined;
  }
  return ok(one);
}

/** The case of a payment that came back between providers is decided with it, whoever asked. */
export async function cameBack(
  deps: TellingDeps & { find: (paymentId: string) => Promise<Payment | undefined> },
  refund: Payment,
): Promise<Attachment[]> {
  const payment = await deps.find(refund.subjectId ?? '');
  const one = payment && (await wrongSendOf(deps.db, payment.paymentId));
  if (!one || !undecided.includes(one.state)) return [];
  const outcome = (await isAllBack(deps, payment)) ? 'agreed' : 'refunded_in_part';
  const by = { kind: 'system', id: 'scheme' } as const;
  return ownDecision(deps, one, { payment, held: refund, outcome, by });
}

/** Whether all of it came back or is on its way. What the payee paid for it comes back beside the amount. */
async function isAllBack({ db }: Pick<TellingDeps, 'db'>, payment: Payment): Promise<boolean> {
  const { amountMinor, feeMinor } = await refundedOf(db, payment.paymentId);
  const backMinor = payment.payeeId === null ? amountMinor : amountMinor + feeMinor;
  return backMinor >= payment.amountMinor;
}
