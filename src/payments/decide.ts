import type { PinError } from '../identity';
import { assert, err, ok, type Result, type Tx } from '../platform';
import type { PaymentsDeps } from './deps';
import type { PaymentError } from './errors';
import type { Payment } from './payment';
import { paymentValues, sendReceipts } from './receipts';
import { lockPayment, overdueIds, settlePayment, type Decision } from './store';
import { partiesOf } from './submit';

export interface Approval {
  readonly paymentId: string;
  readonly customerId: string;
  readonly pin: string;
  readonly hopKey: string;
}

const sweepMax = 100;

/**
 * The customer approves a held cash-out with the PIN: it is posted, both are told. The same hop again answers the same.
 * Errors: `pin_wrong`, `pin_locked`, `pin_busy`, `request_gone`.
 */
export async function approve(
  deps: PaymentsDeps,
  approval: Approval,
): Promise<Result<Payment, PaymentError | PinError>> {
  const { customerId, pin, hopKey, paymentId } = approval;
  const verified = await deps.identity.verifyPin({ customerId, pin, attemptKey: hopKey });
  if (!verified.ok) return verified;
  return deps.db.tx(async (tx) => {
    const payment = await lockPayment(tx, paymentId);
    if (payment?.payerId !== customerId) return err('request_gone');
    if (payment.state === 'completed') return ok(payment);
    if (payment.state !== 'pending') return err('request_gone');
    const now = deps.clock.now();
    const posted = await deps.ledger.post(tx, paymentId, now);
    if (!posted.ok) return err('request_gone'); // its time ran out; the sweeper voids it and tells the agent
    const completed = await settle(tx, payment, { state: 'completed', decidedBy: customerId, hopKey, now });
    await sendReceipts(deps, tx, completed, await partiesOf(deps, tx, completed));
    return ok(completed);
  });
}

/** The customer refuses: the money is free again, the agent is told. Errors: `request_gone`. */
export async function reject(
  deps: PaymentsDeps,
  { paymentId, customerId, hopKey }: Omit<Approval, 'pin'>,
): Promise<Result<Payment, PaymentError>> {
  return deps.db.tx(async (tx) => {
    const payment = await lockPayment(tx, paymentId);
    if (payment?.payerId !== customerId) return err('request_gone');
    if (payment.state === 'rejected') return ok(payment);
    if (payment.state !== 'pending') return err('request_gone');
    const rejection = { state: 'rejected', decidedBy: customerId, hopKey, now: deps.clock.now() } as const;
    return ok(await release(deps, tx, payment, rejection));
  });
}

/** Voids what nobody decided in time, each on its own: one that fails keeps no other waiting. Returns how many; throws the first failure at the end. */
export async function expireDue(deps: PaymentsDeps): Promise<number> {
  const ids = await overdueIds(deps.db, deps.clock.now(), sweepMax);
  const results = [];
  for (const paymentId of ids) results.push(...(await Promise.allSettled([expire(deps, paymentId)])));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  return ids.length;
}

async function expire(deps: PaymentsDeps, paymentId: string): Promise<void> {
  await deps.db.tx(async (tx) => {
    const payment = await lockPayment(tx, paymentId);
    if (payment?.state !== 'pending') return; // somebody decided in the last moment
    await release(deps, tx, payment, { state: 'expired', decidedBy: null, hopKey: null, now: deps.clock.now() });
  });
}

async function release(
  deps: PaymentsDeps,
  tx: Tx,
  payment: Payment,
  decision: Omit<Decision, 'paymentId'>,
): Promise<Payment> {
  const voided = await deps.ledger.void(tx, payment.paymentId, decision.now);
  assert(voided.ok, `a pending payment holds its money: ${voided.ok ? '' : voided.error}`);
  const released = await settle(tx, payment, decision);
  const { payer, payee } = await partiesOf(deps, tx, payment);
  const text = decision.state === 'rejected' ? 'sms.cashOutRejected' : 'sms.cashOutExpired';
  await deps.notifications.tell(tx, payee, text, paymentValues(deps.market, released, payer));
  return released;
}

async function settle(tx: Tx, payment: Payment, decision: Omit<Decision, 'paymentId'>): Promise<Payment> {
  const settled = await settlePayment(tx, { paymentId: payment.paymentId, ...decision });
  assert(settled, 'a locked pending payment can be settled');
  return { ...payment, state: decision.state, updatedAt: decision.now };
}
