import { type Actor, type Chart, type Leg, type Outcome as Posted } from '../ledger';
import { assert, err, formatMoney, ok, plusMs, type Attachment, type Result } from '../platform';
import type { SmsKey } from '../ussd';
import type { PaymentsDeps } from './deps';
import type { PaymentError } from './errors';
import { legsOf, refusalOf } from './lifecycle';
import { limitRefusal, returnRows, useRows } from './limits';
import type { Payment, Quote, Terms } from './payment';
import { paymentValues } from './receipts';
import { postNew } from './submit';

/**
 * A payment across a scheme that was done here otherwise than the scheme has decided it is put right by a transfer of its own that names
 * it (M32): what was completed is undone, what was given up is done. It is of the customer's account, as a payment of theirs; or of the
 * provider's own, where theirs can't: what is missing is the provider's loss, what is theirs is kept for them.
 */
export interface CorrectionOrder {
  /** A fresh UUIDv7: the key of idempotency, the id of the ledger's transfer, and of the payment where there is one. */
  readonly correctionId: string;
  readonly original: Corrected;
  /** What was done here. */
  readonly done: 'completed' | 'rejected';
  readonly side: 'customer' | 'provider';
  readonly by: Actor;
  /** The act that causes it. */
  readonly traceId: string;
  /** What else commits with it. */
  readonly attachments: (done: CorrectionDone) => readonly Attachment[];
}

/** What is corrected; `paymentId`, `reference`: null where it was refused before there was a payment. */
export interface Corrected extends Terms {
  readonly paymentId: string | null;
  readonly reference: string | null;
  readonly createdAt: Date;
}

/** `attachment_refused`: a row that came with it; detail `reason`, its constraint. */
export type CorrectionError = PaymentError | 'attachment_refused';

export interface CorrectionDone {
  /** What moved on the customer's account, or instead of it. */
  readonly movedMinor: bigint;
  /** What the customer has paid for the payment, now. */
  readonly feeMinor: bigint;
}

/** Which way the customer's money goes by a correction. */
function gains({ original, done }: Pick<CorrectionOrder, 'original' | 'done'>): boolean {
  return (done === 'completed') === (original.payerId !== null);
}

/**
 * Puts it right. What comes in counts in the payee's limits, and what goes out in the payer's, as the payment would have; what is undone
 * goes back to them. Our own fee is not asked for what was called a failure before. Again with the same id answers the same.
 * Errors: what keeps the customer's account from it; `attachment_refused`. Then nothing has moved.
 */
export async function correct(
  deps: PaymentsDeps,
  order: CorrectionOrder,
): Promise<Result<CorrectionDone, CorrectionError>> {
  const legs = legsFor(deps.chart, order);
  const posted = await (order.side === 'customer' ? postTheirs(deps, order, legs) : postOurs(deps, order, legs));
  return posted.ok ? ok(doneBy(deps.chart, order)) : refusedFor(deps, order, posted);
}

/** Whether the customer's account would do it now: the same, and then nothing of it stands. Errors as `correct`. */
export async function rehearseCorrection(
  deps: PaymentsDeps,
  order: Omit<CorrectionOrder, 'correctionId' | 'side' | 'attachments'>,
): Promise<Result<void, CorrectionError>> {
  const attachments = () => [{ writer: 'rehearsal', row: {} }];
  const tried = { ...order, correctionId: deps.ids.uuid(), side: 'customer', attachments } as const;
  const corrected = await correct(deps, tried);
  assert(!corrected.ok, 'what is rehearsed moves nothing');
  return corrected.detail?.['reason'] === 'rehearsed' ? ok(undefined) : corrected;
}

/** What would have moved, or what has, backwards: without our fee where it comes late, and always without an agent's commission. */
function legsFor(chart: Chart, order: CorrectionOrder): Leg[] {
  const { original, done, side } = order;
  const isUndone = done === 'completed';
  const feeMinor = isUndone ? original.feeMinor : 0n;
  const legs = legsOf({ ...quoteFrom(original, order), feeMinor, commissionMinor: 0n }, chart);
  const theirs = accountOf(original);
  const own = side === 'customer' ? theirs : gains(order) ? chart.suspense : chart.losses;
  // What is kept for a customer is kept whole.
  const isKept = own === chart.suspense && !isUndone;
  const standIn = (accountId: string) =>
    accountId === theirs || (isKept && accountId === chart.feeIncome) ? own : accountId;
  return legs.map(({ debitAccountId, creditAccountId, amountMinor, code }) => {
    const [from, to] = isUndone ? [creditAccountId, debitAccountId] : [debitAccountId, creditAccountId];
    return { debitAccountId: standIn(from), creditAccountId: standIn(to), amountMinor, code };
  });
}

function accountOf({ payerId, payerAccountId, payeeAccountId }: Terms): string {
  return payerId === null ? payeeAccountId : payerAccountId;
}

function doneBy(chart: Chart, order: CorrectionOrder): CorrectionDone {
  const { original, done, side } = order;
  const paidFee = done === 'rejected' && side === 'customer' && original.payerId === null;
  return { movedMinor: movedBy(chart, order), feeMinor: paidFee ? original.payeeFeeMinor : 0n };
}

/** All that comes to, or goes from, the account that takes part. */
function movedBy(chart: Chart, order: CorrectionOrder): bigint {
  const mine = [accountOf(order.original), chart.losses, chart.suspense];
  return legsFor(chart, order)
    .filter((leg) => mine.includes(gains(order) ? leg.creditAccountId : leg.debitAccountId))
    .reduce((sum, { amountMinor }) => sum + amountMinor, 0n);
}

const orderTtlMs = 3_600_000;

function quoteFrom(original: Corrected, { correctionId }: Pick<CorrectionOrder, 'correctionId'>): Quote {
  const { createdAt } = original;
  const held = { commissionAccountId: null, held: false, createdAt, expiresAt: createdAt };
  return { ...original, ...held, quoteId: correctionId };
}

/** The payment that the customer sees: what was to come late is as it was to be, what is undone goes the other way. */
function correctionQuote({ clock, chart }: PaymentsDeps, order: CorrectionOrder): Quote {
  const { original, correctionId, done } = order;
  const now = clock.now();
  const isGain = gains(order);
  const theirs = { id: original.payerId ?? original.payeeId, accountId: accountOf(original) };
  const isOut = original.payerId !== null;
  return {
    ...quoteFrom(original, order),
    ...{ product: 'correction', channel: 'staff', initiatorId: null, askedAs: 'staff', quoteId: correctionId },
    ...{ subjectId: original.paymentId, commissionMinor: 0n, createdAt: now, expiresAt: plusMs(now, orderTtlMs) },
    payerId: isGain ? null : theirs.id,
    payeeId: isGain ? theirs.id : null,
    payerAccountId: isGain ? chart.clearing : theirs.accountId,
    payeeAccountId: isGain ? theirs.accountId : chart.clearing,
    ...(done === 'rejected' ? { feeMinor: 0n } : isOut ? sentBack(original) : takenBack(original)),
  };
}

type Undone = Pick<Terms, 'amountMinor' | 'feeMinor' | 'payeeFeeMinor' | 'feeBackMinor'>;

/** What the payer gets back, with the fee. */
function sentBack({ amountMinor, feeMinor }: Terms): Undone {
  return { amountMinor, feeMinor: 0n, payeeFeeMinor: 0n, feeBackMinor: feeMinor };
}

/** What is taken from the payee, with the fee that had come back to them. */
function takenBack({ amountMinor, payeeFeeMinor, feeBackMinor }: Terms): Undone {
  return { amountMinor: amountMinor - payeeFeeMinor, feeMinor: feeBackMinor, payeeFeeMinor: 0n, feeBackMinor: 0n };
}

async function postTheirs(deps: PaymentsDeps, order: CorrectionOrder, legs: readonly Leg[]): Promise<Posted> {
  const { correctionId, by, traceId } = order;
  const born = { state: 'completed', failure: null, expiresAt: null, by, hopKey: traceId } as const;
  const quote = correctionQuote(deps, order);
  const { posted } = await postNew(deps, quote, born, async (payment, rows) => {
    const counted = await countedRows(deps, order, payment.createdAt);
    const told = await smsRows(deps, order, payment);
    return {
      ...{ kind: 'transfer', transferId: correctionId, legs },
      attachments: [...rows, ...counted, ...told, ...order.attachments(doneBy(deps.chart, order))],
    };
  });
  return posted;
}

/** Counts it as what it corrects (product and channel), or gives it back where it was counted (Q12). */
function countedRows(deps: PaymentsDeps, { original, done }: CorrectionOrder, now: Date): Promise<Attachment[]> {
  return done === 'rejected' ? useRows(deps, original, now) : returnRows(deps, original, original.createdAt);
}

async function postOurs(deps: PaymentsDeps, order: CorrectionOrder, legs: readonly Leg[]): Promise<Posted> {
  const attachments = [...(await smsRows(deps, order, undefined)), ...order.attachments(doneBy(deps.chart, order))];
  const [posted] = await deps.ledger.post([{ kind: 'transfer', transferId: order.correctionId, legs, attachments }]);
  assert(posted, 'every transfer has an outcome');
  return posted;
}

/** What the customer is told; nothing where they keep what came to them by mistake. `payment`: of their account, where it is. */
async function smsRows(
  deps: PaymentsDeps,
  order: CorrectionOrder,
  payment: Payment | undefined,
): Promise<Attachment[]> {
  const { original } = order;
  const text = smsOf(order);
  const customer = await deps.identity.byId(deps.db, original.payerId ?? original.payeeId ?? '');
  if (!text || !customer) return [];
  const { reference, currency } = original;
  const named = { ...original, reference: payment?.reference ?? reference ?? '' };
  const values = {
    ...paymentValues(deps.market, named, undefined),
    original: reference ?? '',
    amount: formatMoney(movedBy(deps.chart, order), currency),
  };
  const balanceOf = { transferId: order.correctionId, accountId: accountOf(original), currency };
  return deps.notifications.attachments(customer, text, values, payment && balanceOf);
}

function smsOf(order: CorrectionOrder): SmsKey | undefined {
  const { done, side } = order;
  const isGain = gains(order);
  if (side === 'provider')
    return isGain ? 'sms.correctionKept' : done === 'rejected' ? 'sms.correctionBorne' : undefined;
  if (isGain) return done === 'completed' ? 'sms.correctionBack' : 'sms.correctionPaid';
  return done === 'completed' ? 'sms.correctionReclaimed' : 'sms.correctionTaken';
}

function refusedFor(
  deps: PaymentsDeps,
  order: CorrectionOrder,
  posted: Extract<Posted, { ok: false }>,
): Result<never, CorrectionError> {
  if (posted.error !== 'attachment_refused') return err(refusalOf(posted, correctionQuote(deps, order)));
  const reason = String(posted.detail?.['reason']);
  const limit = limitRefusal(reason);
  return limit ? err(limit) : err('attachment_refused', { reason });
}
