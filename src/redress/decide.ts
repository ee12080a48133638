import type { Actor } from '../ledger';
import type { Payment, PaymentError, RefundError } from '../payments';
import { assert, err, ok, plusMs, violatedConstraint, type Attachment, type Result } from '../platform';
import { undecided, type Case, type CaseOutcome } from './case';
import type { RedressDeps } from './deps';
import type { StaffRefusal } from './errors';
import { feeBackOf, marketDay } from './policy';
import { caseById, decidedTrace, decisionAttachment, refundedOf, write } from './store';
import { decisionStep, stepAttachments, tellStep } from './telling';

/** What two of the staff decided. */
export interface StaffDecision {
  readonly caseId: string;
  readonly outcome: 'refunded' | 'corrected' | 'rejected';
  /** With `refunded`: how much of the amount. Default: all that is held or, where nothing is, all that is left of it. */
  readonly amountMinor?: bigint;
  readonly by: Actor;
  /** The act: the same again is answered as before. */
  readonly traceId: string;
}

/** The guarded transition of a case, as a row. */
export function decision(
  deps: RedressDeps,
  one: Case,
  made: { outcome: CaseOutcome; by: Actor; trace: string; answer?: 'gives_back' },
): Attachment {
  const now = deps.clock.now();
  const isStaffRefund = made.by.kind === 'staff' && made.outcome.startsWith('refunded');
  return decisionAttachment({
    caseId: one.caseId,
    outcome: made.outcome,
    decidedBy: made.by.id,
    trace: made.trace,
    decidedAt: now,
    appealUntil: plusMs(now, deps.policy.appealMs),
    ...(isStaffRefund && { use: { day: marketDay(deps), max: deps.policy.staffRefundsPerDay } }),
    ...(made.answer && { answer: made.answer }),
  });
}

/**
 * Carries out what the staff decided: what is held goes back, in full or in part, or is free again; where nothing is
 * held, a refund is taken from whoever got it. Decided once, by whoever comes first.
 * Errors: `case_gone`, `amount_exceeds`, `already_refunded`, `refund_impossible`, `not_reversible`.
 */
export async function decideCase(deps: RedressDeps, made: StaffDecision): Promise<Result<Case, StaffRefusal>> {
  const one = await caseById(deps.db, made.caseId);
  if (!one) return err('case_unknown');
  return (await decidedAlready(deps, made)) ?? (await carriedOut(deps, one, made));
}

/** What whoever comes to a decided case hears: the act that decided it, its case; any other, that it is gone. */
async function decidedAlready(
  { db }: RedressDeps,
  { caseId, traceId }: StaffDecision,
): Promise<Result<Case, StaffRefusal> | undefined> {
  const one = await caseById(db, caseId);
  if (!one || undecided.includes(one.state)) return undefined;
  return (await decidedTrace(db, caseId)) === traceId ? ok(one) : err('case_gone');
}

async function carriedOut(deps: RedressDeps, one: Case, made: StaffDecision): Promise<Result<Case, StaffRefusal>> {
  const payment = await deps.payments.find(one.paymentId);
  assert(payment, 'a case is about a payment');
  const hold = one.holdPaymentId === null ? undefined : await deps.payments.find(one.holdPaymentId);
  const held = hold?.state === 'pending' ? hold : undefined;
  const about = { one, payment, made };
  const done = held
    ? await settleHeld(deps, about, held)
    : made.outcome === 'refunded'
      ? await refundFresh(deps, about)
      : await decideAlone(deps, about);
  // Of two who decide at once, the later may find the money moved already: that it is decided is the better reason.
  const refused = done.ok ? ok(one) : done;
  return (await decidedAlready(deps, made)) ?? refused;
}

interface About {
  readonly one: Case;
  readonly payment: Payment;
  readonly made: StaffDecision;
}
type Done = Result<undefined, StaffRefusal>;

async function settleHeld(deps: RedressDeps, about: About, held: Payment): Promise<Done> {
  const { payment, made } = about;
  const { outcome, amountMinor = held.amountMinor } = made;
  const isBack = outcome === 'refunded';
  if (isBack && (amountMinor <= 0n || amountMinor > held.amountMinor)) return err('amount_exceeds');
  const isPart = isBack && amountMinor < payment.amountMinor;
  const settled = await deps.payments.settleRefund({
    paymentId: held.paymentId,
    state: isBack ? 'completed' : 'rejected',
    ...(isBack && { amountMinor, feeBackMinor: amountMinor === held.amountMinor ? held.feeBackMinor : 0n }),
    by: made.by,
    traceId: made.traceId,
    attachments: (refund) => rowsOf(deps, about, { outcome: isPart ? 'refunded_in_part' : outcome, held: refund }),
    refusals: ['redress_staff_limit'],
  });
  // Two who decide the same are told apart by who of them moved it.
  const isOurs = (await decidedTrace(deps.db, about.one.caseId)) === made.traceId;
  if (settled.ok && isOurs) return ok(undefined);
  return whyNot(deps, held, settled);
}

/** What is still on hold, in time, was given back too often today by whoever decides. */
async function whyNot(
  { payments, clock }: RedressDeps,
  { paymentId, expiresAt }: Payment,
  settled: Result<Payment, PaymentError>,
): Promise<Done> {
  if (!settled.ok && settled.error === 'payee_refused') return err('refund_impossible'); // it is frozen
  const now = await payments.find(paymentId);
  const isHeld = now?.state === 'pending' && expiresAt !== null && expiresAt > clock.now();
  return err(isHeld ? 'too_many_refunds' : 'case_gone');
}

async function refundFresh(deps: RedressDeps, about: About): Promise<Done> {
  // What another provider's customer has is not ours to take back.
  if (about.payment.outside) return err('not_reversible');
  const { one, payment, made } = about;
  const { amountMinor: back, feeMinor: feeBack } = await refundedOf(deps.db, payment.paymentId);
  const leftMinor = payment.amountMinor - back;
  if (leftMinor <= 0n) return err('already_refunded');
  const amountMinor = made.amountMinor ?? leftMinor;
  if (amountMinor <= 0n || amountMinor > leftMinor) return err('amount_exceeds');
  const isAll = amountMinor === leftMinor;
  const outcome = isAll ? 'refunded' : 'refunded_in_part';
  const refunded = await deps.payments.refund({
    paymentId: deps.ids.uuid(), // the case's own transition keeps it from happening twice
    original: payment,
    amountMinor,
    feeBackMinor: isAll ? feeBackOf(deps.policy, one.kind, payment, payment.amountMinor) - feeBack : 0n,
    channel: 'staff',
    by: made.by,
    traceId: made.traceId,
    attachments: () => rowsOf(deps, about, { outcome }),
  });
  return refunded.ok ? ok(undefined) : err(refusalOf(refunded));
}

function refusalOf({ error, detail }: Extract<Result<Payment, RefundError>, { ok: false }>): StaffRefusal {
  if (error !== 'attachment_refused') return 'refund_impossible';
  const reasons: Readonly<Record<string, StaffRefusal>> = {
    redress_decided_once: 'case_gone',
    redress_staff_limit: 'too_many_refunds',
    refund_within_original: 'already_refunded',
    refund_of_payment: 'not_reversible',
  };
  const refusal = reasons[String(detail?.['reason'])];
  assert(refusal, `a refund could not be written: ${String(detail?.['reason'])}`);
  return refusal;
}

async function decideAlone(deps: RedressDeps, { one, payment, made }: About): Promise<Done> {
  const { outcome, by, traceId } = made;
  try {
    await deps.db.tx(async (tx) => {
      await write(tx, decision(deps, one, { outcome, by, trace: traceId }));
      await tellStep(deps, tx, await decisionStep(deps, one, { payment, outcome, by, traceId }));
    });
  } catch (error) {
    if (violatedConstraint(error) === 'redress_decided_once') return err('case_gone');
    throw error;
  }
  return ok(undefined);
}

async function rowsOf(
  deps: RedressDeps,
  { one, payment, made: { by, traceId } }: About,
  { outcome, held }: { outcome: CaseOutcome; held?: Payment },
): Promise<readonly Attachment[]> {
  return [
    decision(deps, one, { outcome, by, trace: traceId }),
    ...(await stepAttachments(deps, await decisionStep(deps, one, { payment, held, outcome, by, traceId }))),
  ];
}
