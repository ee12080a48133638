import { fullName, type PinError } from '../identity';
import { isByCode, type Payment, type PaymentError, type Quote, type Submission, type Target } from '../payments';
import { assert, err, ok, plusMs, type Result } from '../platform';
import { agentOfCode, needsId } from './companions';
import { proveCode, type Shown } from './codes';
import type { AgentsDeps } from './deps';
import type { AgentError } from './errors';
import { codeHeldBy, isIdSeen, isProven, openCode, type CodePurpose } from './store';
import { agentOf, type Caller, type PinCaller } from './who';

export interface Withdrawal extends Caller {
  /** The agent, by user number or phone. */
  readonly to: Target;
  readonly amountMinor: bigint;
  /** Held for a code instead of moved at once. */
  readonly held: boolean;
}

/**
 * What it would cost a customer to take cash out at an agent. Above the amount from which an ID is looked at only a code
 * will do: at once, nobody would look. Errors: those of `payments.quote`, `id_needed`, `code_open`.
 */
export async function quoteWithdrawal(
  deps: AgentsDeps,
  { customerId, accountId, to, amountMinor, held }: Withdrawal,
): Promise<Result<Quote, PaymentError | AgentError>> {
  if (!held && needsId(deps, amountMinor)) return err('id_needed');
  if (held && (await codeHeldBy(deps.db, customerId, 'cash_out')) !== undefined) return err('code_open');
  return deps.payments.quote({
    ...{ product: 'cash_out', as: 'payer', initiatorId: customerId, accountId, to, amountMinor, held },
  });
}

/** Carries it out. With a code, an open request of the agent's stands in its way. Errors: those of `payments.submit`, `code_open`. */
export async function submitWithdrawal(
  { payments }: AgentsDeps,
  submission: Submission,
): Promise<Result<Payment, PaymentError | PinError | AgentError>> {
  const submitted = await payments.submit(submission);
  return !submitted.ok && submitted.error === 'request_open' ? err('code_open') : submitted;
}

/** A code that waits: what for, where, and until when. The code itself is in the SMS and nowhere else. */
export interface HeldCode {
  readonly payment: Payment;
  /** Empty where it is good at any machine or shop. */
  readonly agentName: string;
  /** Where the agent is; undefined: here. Empty: as above. */
  readonly provider: string | undefined;
}

export async function codeOf(
  deps: AgentsDeps,
  customerId: string,
  purpose: CodePurpose = 'cash_out',
): Promise<HeldCode | undefined> {
  const paymentId = await codeHeldBy(deps.db, customerId, purpose);
  const payment = paymentId === undefined ? undefined : await deps.payments.find(paymentId);
  if (payment?.state !== 'pending') return undefined;
  const agentName = fullName(await agentOfCode(deps, payment)).trim();
  return { payment, agentName, provider: payment.outside?.dfspId };
}

/** The customer wants the money back. Errors: `request_gone`, also for a code that is somebody else's. */
export async function cancelCode(
  { payments }: AgentsDeps,
  { customerId, paymentId, hopKey }: { customerId: string; paymentId: string; hopKey: string },
): Promise<Result<Payment, PaymentError>> {
  const payment = await payments.find(paymentId);
  const hasCode = payment?.product === 'cash_out' || (payment && isByCode(payment));
  if (payment?.initiatorId !== customerId || !hasCode) return err('request_gone');
  return payments.settle({ paymentId, state: 'rejected', by: customerId, hopKey });
}

/** What an agent is shown when the code was right. */
export interface Presented {
  readonly payment: Payment;
  readonly customerName: string;
  /** An ID is to be looked at before it is paid out. */
  readonly needsId: boolean;
}

/**
 * An agent tells a customer's code. Right, it opens the way to `redeem` for a few minutes; wrong too often, the money is
 * free again. Errors: those of `payments.lookup`, `code_unknown`, `code_wrong` (detail `left`), `code_spent`.
 */
export async function presentCode(
  deps: AgentsDeps,
  { customerId, accountId, customer, code, hopKey }: Caller & Shown & { customer: Target },
): Promise<Result<Presented, PaymentError | AgentError>> {
  const found = await deps.payments.lookup({
    ...{ product: 'cash_out', as: 'payee', initiatorId: customerId, accountId, to: customer },
  });
  if (!found.ok) return found;
  const { payee, other } = found.value;
  const open = await openCode(deps.db, {
    ...{ customerId: other.customerId, agentId: payee.owner.customerId, now: deps.clock.now() },
  });
  if (!open) return err('code_unknown');
  const { paymentId } = open;
  const by = { kind: 'customer', id: payee.owner.customerId } as const;
  const proven = await proveCode(deps, { paymentId, agentId: by.id, code, hopKey, by });
  if (!proven.ok) {
    if (proven.error === 'code_spent') await release(deps, { paymentId, by: customerId, hopKey });
    return proven;
  }
  const payment = await deps.payments.find(paymentId);
  assert(payment, 'a code is written with its payment');
  return ok({ payment, customerName: fullName(other), needsId: needsId(deps, payment.amountMinor) });
}

/** Also when this fails the code is worth nothing: the money is free when its time is up. */
async function release(
  { payments, log }: AgentsDeps,
  { paymentId, by, hopKey }: { paymentId: string; by: string; hopKey: string },
): Promise<void> {
  const released = await payments.settle({ paymentId, state: 'rejected', by, hopKey });
  if (!released.ok) log.warn({ paymentId, error: released.error }, 'a spent code was decided by somebody else');
}

/** So long a code that was told right may be paid out: longer than a session. */
const provenTtlMs = 5 * 60_000;

/**
 * Pays out a cash-out whose code this agent has just told, with the agent's PIN.
 * Errors: `pin_…`, `not_allowed`, `code_needed`, `id_needed`, `request_gone`.
 */
export async function redeem(
  deps: AgentsDeps,
  { customerId, accountId, pin, hopKey, paymentId }: PinCaller & { paymentId: string },
): Promise<Result<Payment, PaymentError | PinError | AgentError>> {
  const { db, identity, payments, clock } = deps;
  const verified = await identity.verifyPin({ customerId, pin, attemptKey: hopKey });
  if (!verified.ok) return verified;
  const allowed = await agentOf(deps, { customerId, accountId });
  if (!allowed.ok) return allowed;
  const { agent } = allowed.value;
  const since = plusMs(clock.now(), -provenTtlMs);
  if (!(await isProven(db, { paymentId, agentId: agent.customerId, since }))) return err('code_needed');
  const payment = await payments.find(paymentId);
  if (payment?.product !== 'cash_out') return err('request_gone');
  if (needsId(deps, payment.amountMinor) && !(await isIdSeen(db, paymentId))) return err('id_needed');
  return payments.settle({ paymentId, state: 'completed', by: customerId, hopKey });
}
