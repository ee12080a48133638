import { fullName, type PinError } from '../identity';
import type { Actor } from '../ledger';
import type { Payment } from '../payments';
import { assert, err, ok, plusMs, violatedConstraint, type Result } from '../platform';
import type { SmsKey } from '../ussd';
import type { Case, WrongSendReason } from './case';
import { undecided } from './case';
import { answerMsOf, feeBackOf, marketDay } from './policy';
import type { RedressDeps } from './deps';
import type { CaseError } from './errors';
import {
  caseAttachment,
  customerLeft,
  nextCaseNumber,
  openCaseOf,
  refundedOf,
  write,
  wrongSendOf,
  wrongSendsAmong,
  type DailyUse,
} from './store';
import { caseEvent, caseValues, stepAttachments, tellStep, type Step } from './telling';

/** What a sender may still call a mistake. */
export interface RecentSend {
  readonly payment: Payment;
  readonly name: string;
  /** Where the money is; empty: here. */
  readonly provider: string;
}

/** What became of calling it one. */
export interface Returned {
  readonly number: string;
  readonly currency: Payment['currency'];
  readonly amountMinor: bigint;
  /** What is on hold; zero: nothing of it could be had. */
  readonly heldMinor: bigint;
  /** Where the money is, so that nothing of it can be held; empty: here. */
  readonly provider: string;
  readonly dueAt: Date;
}

export interface ReturnRequest {
  readonly payment: Payment;
  readonly customerId: string;
  readonly reason: WrongSendReason;
  readonly channel: Case['channel'];
  /** Of the staff, where they ask for the customer: no window and no daily limit then. */
  readonly staffId?: string;
  readonly traceId: string;
}

const sendsMax = 9;

/** What this person sent within the window and did not call a mistake yet, from any account that they may take from, the last first. */
export async function recentSends(deps: RedressDeps, customerId: string): Promise<RecentSend[]> {
  const since = plusMs(deps.clock.now(), -deps.policy.wrongSendWindowMs);
  const accounts = (await deps.accounts.of(deps.db, customerId)).filter(({ rank }) => rank !== 'viewer');
  const seen = await Promise.all(accounts.map(({ accountId }) => deps.payments.statementOf(accountId)));
  const sends = seen
    .flat()
    .filter(({ direction }) => direction === 'sent')
    .filter(
      ({ payment: { product, state, updatedAt } }) => product === 'send' && state === 'completed' && updatedAt > since,
    )
    .sort((one, other) => other.payment.updatedAt.getTime() - one.payment.updatedAt.getTime());
  const asked = await wrongSendsAmong(
    deps.db,
    sends.map(({ payment }) => payment.paymentId),
  );
  return sends
    .filter(({ payment }) => !asked.has(payment.paymentId))
    .slice(0, sendsMax)
    .map(({ payment, other }) => ({ payment, name: other ? fullName(other) : '', provider: providerOf(payment) }));
}

/**
 * The sender calls a payment a mistake, with the PIN. What is left of it at the receiver is held until somebody decides;
 * where nothing is, or the money is at another provider, the case is opened all the same. Asked again it answers the same.
 * Errors: `pin_wrong`, `pin_locked`, `pin_busy`, and as `returnFor`.
 */
export async function requestReturn(
  deps: RedressDeps,
  request: { customerId: string; paymentId: string; reason: WrongSendReason; pin: string; hopKey: string },
): Promise<Result<Returned, CaseError | PinError>> {
  const { customerId, pin, hopKey, reason } = request;
  const verified = await deps.identity.verifyPin({ customerId, pin, attemptKey: hopKey });
  if (!verified.ok) return verified;
  const payment = await deps.payments.find(request.paymentId);
  if (!payment) return err('payment_unknown');
  return returnFor(deps, { payment, customerId, reason, channel: 'ussd', traceId: hopKey });
}

/**
 * Errors: `payment_unknown`, `not_reversible`, `return_too_late`, `return_asked`, `already_refunded`, `too_many_cases`.
 */
export async function returnFor(deps: RedressDeps, request: ReturnRequest): Promise<Result<Returned, CaseError>> {
  const { payment, customerId } = request;
  const account = await deps.accounts.find(deps.db, customerId, payment.payerAccountId);
  if (!account || account.rank === 'viewer') return err('payment_unknown');
  const before = await wrongSendOf(deps.db, payment.paymentId);
  if (before) return asBefore(deps, before, request);
  if (payment.product !== 'send' || payment.state !== 'completed') return err('not_reversible');
  const isLate = payment.updatedAt <= plusMs(deps.clock.now(), -deps.policy.wrongSendWindowMs);
  if (isLate && request.staffId === undefined) return err('return_too_late');
  const { amountMinor: back } = await refundedOf(deps.db, payment.paymentId);
  if (back >= payment.amountMinor) return err('already_refunded');
  const one = await newCase(deps, request);
  if (payment.outside) return openAlone(deps, one, request);
  return openWith(deps, one, request, payment.amountMinor - back);
}

export async function newCase(
  deps: RedressDeps,
  request: Pick<Case, 'customerId' | 'reason' | 'channel'> & { payment: Payment; staffId?: string },
): Promise<Case> {
  const { payment, customerId, reason, channel, staffId } = request;
  const now = deps.clock.now();
  return {
    caseId: deps.ids.uuid(),
    number: await nextCaseNumber(deps.db),
    kind: 'wrong_send',
    reason,
    paymentId: payment.paymentId,
    customerId,
    otherId: payment.payeeId,
    channel,
    openedBy: staffId ?? null,
    state: 'open',
    outcome: null,
    holdPaymentId: null,
    answer: null,
    takenBy: null,
    openedAt: now,
    dueAt: plusMs(now, answerMsOf(deps.policy, 'wrong_send')),
    appealUntil: null,
    appealedAt: null,
  };
}

/** Each time the balance is another one; a receiver who spends that fast has nothing left soon. */
const holdsTried = 5;

/** Holds what is there, of what is left of the original, and opens the case with it. */
async function openWith(
  deps: RedressDeps,
  one: Case,
  request: ReturnRequest,
  leftMinor: bigint,
): Promise<Result<Returned, CaseError>> {
  const { payment } = request;
  for (let tried = 1; tried <= holdsTried; tried += 1) {
    const balance = await deps.ledger.balance(deps.db, payment.payeeAccountId);
    const thereMinor = balance?.availableMinor ?? 0n;
    const amountMinor = thereMinor < leftMinor ? thereMinor : leftMinor;
    if (amountMinor <= 0n) break;
    const paymentId = deps.ids.uuid();
    const holding: Case = { ...one, holdPaymentId: paymentId };
    const held = await deps.payments.holdBack({
      paymentId,
      original: payment,
      amountMinor,
      feeBackMinor: feeBackOf(deps.policy, 'wrong_send', payment, amountMinor),
      channel: request.channel,
      by: actorOf(request),
      traceId: request.traceId,
      expiresAt: plusMs(deps.clock.now(), deps.policy.holdMs),
      attachments: async (hold) => [
        caseAttachment(holding, useOf(deps, request)),
        ...(await stepAttachments(deps, await openingStep(deps, holding, request, hold))),
      ],
    });
    if (held.ok) return ok(returnedOf(holding, payment, held.value.amountMinor));
    if (held.error === 'attachment_refused') return refusedBy(deps, String(held.detail?.['reason']), request);
    if (held.error !== 'funds_insufficient') break; // frozen, closed, or at a limit: nothing is held
  }
  return openAlone(deps, one, request);
}

/** Nothing of it can be held: it is for the staff to find out more, or to ask the other provider. */
async function openAlone(deps: RedressDeps, one: Case, request: ReturnRequest): Promise<Result<Returned, CaseError>> {
  try {
    await deps.db.tx(async (tx) => {
      await write(tx, caseAttachment(one, useOf(deps, request)));
      await tellStep(deps, tx, await openingStep(deps, one, request, undefined));
    });
  } catch (error) {
    const constraint = violatedConstraint(error);
    if (constraint === undefined) throw error;
    return refusedBy(deps, constraint, request);
  }
  return ok(returnedOf(one, request.payment, 0n));
}

/** The database let somebody else through first, or has counted. */
async function refusedBy(
  deps: RedressDeps,
  constraint: string,
  request: ReturnRequest,
): Promise<Result<Returned, CaseError>> {
  const { paymentId } = request.payment;
  if (constraint === 'redress_daily_limit') return err('too_many_cases');
  if (constraint === customerLeft) return err('payment_unknown');
  if (constraint === 'refund_within_original' || constraint === 'refund_one_hold') return err('already_refunded');
  const before = (await wrongSendOf(deps.db, paymentId)) ?? (await openCaseOf(deps.db, paymentId, request.customerId));
  assert(before, `a case could not be opened: ${constraint}`);
  return asBefore(deps, before, request);
}

async function asBefore(
  deps: RedressDeps,
  before: Case,
  { payment, customerId }: ReturnRequest,
): Promise<Result<Returned, CaseError>> {
  if (before.customerId !== customerId) return err('return_asked');
  if (before.kind !== 'wrong_send' || !undecided.includes(before.state)) return err('return_asked');
  const held = before.holdPaymentId === null ? undefined : await deps.payments.find(before.holdPaymentId);
  return ok(returnedOf(before, payment, held?.state === 'pending' ? held.amountMinor : 0n));
}

function returnedOf(one: Case, payment: Payment, heldMinor: bigint): Returned {
  const { currency, amountMinor } = payment;
  return { number: one.number, currency, amountMinor, heldMinor, provider: providerOf(payment), dueAt: one.dueAt };
}

function providerOf({ outside }: Payment): string {
  return outside?.dfspId ?? '';
}

function actorOf({ staffId, customerId }: ReturnRequest): Actor {
  return staffId === undefined ? { kind: 'customer', id: customerId } : { kind: 'staff', id: staffId };
}

function useOf(deps: RedressDeps, { staffId }: ReturnRequest): DailyUse | undefined {
  return staffId === undefined ? dailyUse(deps) : undefined;
}

/** How often this day. */
export function dailyUse(deps: RedressDeps): DailyUse {
  return { day: marketDay(deps), max: deps.policy.casesPerDay };
}

/** What the sender reads of it. */
export function openedText({ outside }: Payment, held: Payment | undefined): SmsKey {
  if (outside) return 'sms.wrongSendElsewhere';
  return held ? 'sms.wrongSendHeld' : 'sms.wrongSendNotHeld';
}

/** Both are told. The sender hears of what is held and of nothing else that the receiver has. */
async function openingStep(
  deps: RedressDeps,
  one: Case,
  request: ReturnRequest,
  held: Payment | undefined,
): Promise<Step> {
  const { payment } = request;
  const toSender = await caseValues(deps, one, { payment, held, other: payment.payeeId });
  const toReceiver = await caseValues(deps, one, { payment, held, other: payment.payerId });
  return {
    words: [
      ...(request.channel === 'sms' // the answer to the message says it
        ? []
        : [
            {
              to: one.customerId,
              text: openedText(payment, held),
              values: toSender,
            },
          ]),
      ...(payment.payeeId === null
        ? []
        : [
            {
              to: payment.payeeId,
              text: held ? ('sms.wrongSendClaimed' as const) : ('sms.wrongSendTold' as const),
              values: toReceiver,
            },
          ]),
    ],
    event: caseEvent('case.opened', one, { by: actorOf(request), traceId: request.traceId, ...(held && { held }) }),
  };
}
