import type { PinError } from '../identity';
import type { Actor, LedgerError, Outcome } from '../ledger';
import { assert, err, ok, type Attachment, type Result } from '../platform';
import { companionRows, type PaymentsDeps } from './deps';
import type { PaymentError } from './errors';
import { eventOf } from './events';
import { returnRows } from './limits';
import { isByCode, isOfBulk, type Payment } from './payment';
import { partiesOf, paymentValues, receiptsOf } from './receipts';
import { decisionAttachment, overdueAfter, paymentById, type Decision } from './store';

export interface Approval {
  readonly paymentId: string;
  readonly customerId: string;
  readonly pin: string;
  readonly hopKey: string;
}

/** Who acts when nobody calls. */
export const sweeper: Actor = { kind: 'system', id: 'sweeper' };
const sweepMax = 100;

/**
 * The customer approves a held cash-out with the PIN: it is posted, both are told. The same hop again answers the same.
 * Errors: `pin_wrong`, `pin_locked`, `pin_busy`, `request_gone`, `not_signatory`, `account_blocked`, `payee_refused`.
 */
export async function approve(
  deps: PaymentsDeps,
  approval: Approval,
): Promise<Result<Payment, PaymentError | PinError>> {
  const { customerId, pin, hopKey, paymentId } = approval;
  const verified = await deps.identity.verifyPin({ customerId, pin, attemptKey: hopKey });
  if (!verified.ok) return verified;
  return decideAs(deps, { paymentId, customerId, hopKey }, 'completed');
}

/** The customer refuses: the money is free again, the agent is told. Errors: `request_gone`, `not_signatory`. */
export async function reject(
  deps: PaymentsDeps,
  { paymentId, customerId, hopKey }: Omit<Approval, 'pin'>,
): Promise<Result<Payment, PaymentError>> {
  return decideAs(deps, { paymentId, customerId, hopKey }, 'rejected');
}

/** What the customer decided, or, where that was decided before, whether it was the same. */
async function decideAs(
  deps: PaymentsDeps,
  { paymentId, customerId, hopKey }: Omit<Approval, 'pin'>,
  state: 'completed' | 'rejected',
): Promise<Result<Payment, PaymentError>> {
  const payment = await paymentById(deps.db, paymentId);
  if (payment?.askedAs !== 'payee') return err('request_gone');
  const account = await deps.accounts.find(deps.db, customerId, payment.payerAccountId);
  if (!account) return err('request_gone');
  if (account.rank === 'viewer') return err('not_signatory');
  return settleAs(deps, payment, { state, decidedBy: customerId, hopKey, debits: state === 'completed' });
}

/** A decision, and what comes with it where a refund is decided over. */
type Deciding = Omit<Decision, 'paymentId'> & {
  /** Default: whoever decides, or the sweeper. */
  readonly by?: Actor;
  readonly attachments?: (decided: Payment) => Promise<readonly Attachment[]>;
  /** Constraints of these rows that say no, and leave everything as it was. */
  readonly refusals?: readonly string[];
};

/** A decision that somebody was found entitled to; the same again answers the same. */
export async function settleAs(
  deps: PaymentsDeps,
  payment: Payment,
  decision: Omit<Deciding, 'now'> & { state: 'completed' | 'rejected' },
): Promise<Result<Payment, PaymentError>> {
  const now = deps.clock.now();
  const mayDecide = payment.state === 'pending' && (decision.state === 'rejected' || !isOver(payment, now));
  const decided = mayDecide ? await decide(deps, payment, { ...decision, now }) : payment;
  if (typeof decided === 'string') return err(decided);
  return decided.state === decision.state ? ok(decided) : err('request_gone');
}

/**
 * Completes or gives up a payment that the payer had held, on the word of a room that found whoever asks entitled to it
 * (an agent who shows its code; the payer who wants it back). Errors: `request_gone`, `customer_cannot_pay`, `payee_refused`.
 */
export async function settle(
  deps: PaymentsDeps,
  { paymentId, state, by, hopKey }: Settlement,
): Promise<Result<Payment, PaymentError>> {
  const payment = await paymentById(deps.db, paymentId);
  if (payment?.askedAs !== 'payer') return err('request_gone');
  if (payment.outside && payment.expiresAt === null) return err('request_gone'); // it waits for the scheme
  const settled = await settleAs(deps, payment, { state, decidedBy: by, hopKey, debits: false });
  // Whose account it is that is blocked is nothing that an agent learns.
  return !settled.ok && settled.error === 'account_blocked' ? err('customer_cannot_pay') : settled;
}

export interface Settlement {
  readonly paymentId: string;
  readonly state: 'completed' | 'rejected';
  /** The customer who decides. */
  readonly by: string;
  readonly hopKey: string;
}

/** Past its time a request can be refused, not approved: the sweeper releases it and tells the agent. */
function isOver({ expiresAt }: Payment, now: Date): boolean {
  return expiresAt !== null && expiresAt <= now;
}

/**
 * Voids what nobody decided in time, each on its own: one that fails keeps no other waiting. Returns how many; throws
 * the first failure at the end.
 */
export async function expireDue(deps: PaymentsDeps): Promise<number> {
  const now = deps.clock.now();
  const results: PromiseSettledResult<Payment>[] = [];
  for (let after: Payment | undefined; ;) {
    const page = await overdueAfter(deps.db, { now, after, limit: sweepMax });
    const expiry = { state: 'expired', decidedBy: null, hopKey: null, debits: false, now } as const;
    results.push(
      ...(await Promise.allSettled(page.map((payment) => decide(deps, payment, expiry).then(assertDecided)))),
    );
    after = page.at(-1);
    if (page.length < sweepMax) break;
  }
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  return results.length;
}

function assertDecided(payment: Payment | Undecided): Payment {
  assert(typeof payment !== 'string', 'nobody decides over what expires');
  // A code may have been told right in the last moment: its money waits for the scheme.
  const isOpen = payment.state === 'pending' && payment.expiresAt !== null;
  assert(!isOpen, `the money of the pending payment ${payment.paymentId} is held`);
  return payment;
}

const actions = {
  completed: 'payment.approved',
  rejected: 'payment.rejected',
  expired: 'payment.expired',
} as const;

/** Somebody else was first, or time was up. */
const lost: ReadonlySet<LedgerError> = new Set(['pending_gone', 'pending_unknown', 'transfer_expired']);

/**
 * Carries out a decision over a pending payment: money, row, messages and event at once. Where the database says that
 * it comes too late, gives the payment as it is now.
 */
async function decide(
  deps: PaymentsDeps,
  payment: Payment,
  { attachments: more, refusals = [], ...deciding }: Deciding,
): Promise<Payment | Undecided> {
  const { by = deciderOf(deciding), ...decision } = deciding;
  const { paymentId } = payment;
  const { amountMinor = payment.amountMinor, feeBackMinor = payment.feeBackMinor } = decision;
  const decided: Payment = { ...payment, state: decision.state, updatedAt: decision.now, amountMinor, feeBackMinor };
  const transferId = deps.ids.uuid();
  const traceId = decision.hopKey ?? undefined;
  const attachments = [
    decisionAttachment({ paymentId, ...decision }),
    ...(await messagesOf(deps, decided, transferId)),
    ...(await returnedRows(deps, decided)),
    ...(await companionRows(deps, decided, transferId)),
    ...((await more?.(decided)) ?? []),
    deps.audit.attachment(eventOf(actions[decision.state], decided, { by, transferId, traceId })),
  ];
  const resolved = { transferId, pendingId: paymentId, attachments };
  const kind = decision.state === 'completed' ? 'post' : 'void';
  const [posted] = await deps.ledger.post([{ kind, ...resolved, ...partOf(payment, decided) }]);
  assert(posted, 'every transfer has an outcome');
  if (posted.ok) return decided;
  return refusals.includes(String(posted.detail?.['reason']))
    ? asItIs(deps, payment)
    : afterRefusal(deps, payment, posted);
}

/** Q12: what does not move goes back to the limits. */
async function returnedRows(deps: PaymentsDeps, decided: Payment): Promise<readonly Attachment[]> {
  return decided.state === 'completed' ? [] : returnRows(deps, decided, decided.createdAt);
}

function deciderOf({ decidedBy }: Pick<Decision, 'decidedBy'>): Actor {
  return decidedBy === null ? sweeper : { kind: 'customer', id: decidedBy };
}

/** What of a refund's legs is posted, where that is not all: the amount, and the fee that was to come back with it. */
function partOf(held: Payment, decided: Payment): { amountsMinor?: readonly bigint[] } {
  if (held.amountMinor === decided.amountMinor && held.feeBackMinor === decided.feeBackMinor) return {};
  return { amountsMinor: [decided.amountMinor, ...(held.feeBackMinor > 0n ? [decided.feeBackMinor] : [])] };
}

/** Why a decision changes nothing: it is still to be made. */
type Undecided = Extract<PaymentError, 'not_signatory' | 'account_blocked' | 'payee_refused'>;

/** By the constraint that the decision's row violates. */
const undecided: ReadonlyMap<unknown, Undecided> = new Map([
  ['payment_signatory', 'not_signatory'],
  ['payment_payer_frozen', 'account_blocked'],
  ['payment_payee_frozen', 'payee_refused'],
]);

async function afterRefusal(deps: PaymentsDeps, payment: Payment, posted: Refused): Promise<Payment | Undecided> {
  const why = undecided.get(posted.detail?.['reason']);
  if (why) return why;
  if (lost.has(posted.error) || posted.detail?.['reason'] === 'payment_decided_once') return asItIs(deps, payment);
  throw new Error(
    `the ledger refused to settle ${payment.paymentId}: ${posted.error} ${posted.detail?.['reason'] ?? ''}`,
  );
}

type Refused = Extract<Outcome, { ok: false }>;

async function messagesOf(deps: PaymentsDeps, decided: Payment, transferId: string): Promise<Attachment[]> {
  const parties = await partiesOf(deps, decided);
  if (decided.state === 'completed') {
    const payeeTold = await deps.companions[decided.product]?.receipt?.(decided);
    return receiptsOf(deps, decided, transferId, { ...parties, payeeTold });
  }
  return isOfBulk(decided) ? [] : failureOf(deps, decided, transferId, parties);
}

/** What is said of a payment that came to nothing. */
function failureOf(
  deps: PaymentsDeps,
  decided: Payment,
  transferId: string,
  { payer, payee }: Awaited<ReturnType<typeof partiesOf>>,
): Attachment[] {
  if (decided.outside) {
    // Who was to be paid from another provider has heard of nothing yet; of a code that has ended its own room tells.
    if (!payer || isByCode(decided)) return [];
    const balanceOf = { transferId, accountId: decided.payerAccountId, currency: decided.currency };
    return deps.notifications.attachments(
      payer,
      'sms.notDelivered',
      paymentValues(deps.market, decided, undefined),
      balanceOf,
    );
  }
  if (decided.askedAs !== 'payee' || !payee) return [];
  const text = decided.state === 'rejected' ? 'sms.cashOutRejected' : 'sms.cashOutExpired';
  return deps.notifications.attachments(payee, text, paymentValues(deps.market, decided, payer));
}

async function asItIs(deps: PaymentsDeps, { paymentId }: Payment): Promise<Payment> {
  const payment = await paymentById(deps.db, paymentId);
  assert(payment, 'payments are never deleted');
  return payment;
}
