import type { AuditAction, AuditEvent } from '../audit';
import { maskedName } from '../identity';
import type { Actor } from '../ledger';
import type { Payment } from '../payments';
import { formatDateTime, formatMoney, plusMs, type Attachment, type Tx } from '../platform';
import type { SmsKey, Values } from '../ussd';
import type { Case, CaseOutcome } from './case';
import type { TellingDeps } from './deps';
import { decisionAttachment } from './store';

/** What is said of a step, to whom; null: nobody of ours. */
export interface Word {
  readonly to: string | null;
  readonly text: SmsKey;
  readonly values?: Values;
}

/** A step of a case: who hears of it, and what the forensic log keeps. */
export interface Step {
  readonly words: readonly Word[];
  readonly event: AuditEvent;
}

/** The step as rows that commit with the money. */
export async function stepAttachments(deps: TellingDeps, { words, event }: Step): Promise<Attachment[]> {
  const told = await Promise.all(
    words.map(async ({ to, text, values = {} }) => {
      const customer = to === null ? undefined : await deps.identity.byId(deps.db, to);
      return customer ? deps.notifications.attachments(customer, text, values) : [];
    }),
  );
  return [...told.flat(), deps.audit.attachment(event)];
}

/** The same in a transaction of its own rows; the last that it does. */
export async function tellStep(deps: TellingDeps, tx: Tx, { words, event }: Step): Promise<void> {
  for (const { to, text, values = {} } of words) {
    const customer = to === null ? undefined : await deps.identity.byId(tx, to);
    if (customer) await deps.notifications.tell(tx, customer, text, values);
  }
  await deps.audit.record(tx, [event]);
}

type CaseAction = Extract<AuditAction, `case.${string}`>;

/** What the forensic log keeps of a step: numbers and codes, nobody's words. */
export function caseEvent(
  action: CaseAction,
  one: Case,
  { by, traceId, ...more }: { by: Actor; traceId?: string; held?: Payment; outcome?: CaseOutcome; answer?: string },
): AuditEvent {
  const { held, outcome, answer } = more;
  return {
    action,
    actor: by,
    subject: { kind: 'case', id: one.caseId },
    traceId,
    new: {
      number: one.number,
      kind: one.kind,
      paymentId: one.paymentId,
      ...(held && { holdPaymentId: held.paymentId, heldMinor: held.amountMinor.toString() }),
      ...(outcome && { outcome }),
      ...(answer !== undefined && { answer }),
    },
  };
}

/** What every message about a case may name; `other` is who stands on the other side for its reader, null: whoever is elsewhere. */
export async function caseValues(
  deps: TellingDeps,
  one: Case,
  about: { payment: Payment; other: string | null; held?: Payment | undefined },
): Promise<Values> {
  const { payment, held } = about;
  const other = about.other === null ? payment.outside : await deps.identity.byId(deps.db, about.other);
  return {
    number: one.number,
    name: { name: other ? maskedName(other) : '' },
    amount: formatMoney(payment.amountMinor, payment.currency),
    held: formatMoney(held?.amountMinor ?? 0n, payment.currency),
    date: formatDateTime(one.dueAt, deps.market),
    serviceCode: deps.market.serviceCode,
  };
}

const decidedTexts: Readonly<Record<CaseOutcome, SmsKey>> = {
  refunded: 'sms.caseRefundedAll',
  refunded_in_part: 'sms.caseRefunded',
  agreed: 'sms.caseAgreed',
  corrected: 'sms.caseCorrected',
  rejected: 'sms.caseRejected',
  lapsed: 'sms.caseLapsed',
};

/** A decision: whoever opened the case hears the outcome, the other side that what was held is free, where it is. */
export async function decisionStep(
  deps: TellingDeps,
  one: Case,
  about: { payment: Payment; held?: Payment | undefined; outcome: CaseOutcome; by: Actor; traceId?: string },
): Promise<Step> {
  const { payment, held, outcome } = about;
  const appealUntil = formatDateTime(plusMs(deps.clock.now(), deps.policy.appealMs), deps.market);
  const values = { ...(await caseValues(deps, one, { payment, held, other: one.otherId })), date: appealUntil };
  const words: Word[] = [{ to: one.customerId, text: decidedTexts[outcome], values }];
  const isFree = held !== undefined && ['corrected', 'rejected', 'lapsed'].includes(outcome);
  if (isFree && held.payerId !== null) words.push({ to: held.payerId, text: 'sms.caseFreed', values });
  const { by, traceId } = about;
  return {
    words,
    event: caseEvent('case.decided', one, {
      by,
      outcome,
      ...(traceId !== undefined && { traceId }),
      ...(held && { held }),
    }),
  };
}

/** A decision that nobody made but what became of the money, with its step, as rows that commit with that. */
export async function ownDecision(
  deps: TellingDeps,
  one: Case,
  about: { payment: Payment; held: Payment; outcome: CaseOutcome; by: Actor },
): Promise<Attachment[]> {
  const decidedAt = deps.clock.now();
  const decision = {
    ...{ caseId: one.caseId, outcome: about.outcome, decidedBy: null, trace: null, decidedAt },
    appealUntil: plusMs(decidedAt, deps.policy.appealMs),
  };
  return [decisionAttachment(decision), ...(await stepAttachments(deps, await decisionStep(deps, one, about)))];
}
