import { fullName, type PinError } from '../identity';
import type { Payment } from '../payments';
import { assert, err, ok, type Attachment, type Result } from '../platform';
import { undecided, type Case } from './case';
import { decision } from './decide';
import type { RedressDeps } from './deps';
import type { RedressError } from './errors';
import { answerKeeps, caseById, decidedTrace, unansweredOn } from './store';
import { caseEvent, caseValues, decisionStep, stepAttachments, tellStep } from './telling';

/** What waits for the word of whoever got it: somebody calls it a mistake. */
export interface Claim {
  readonly case: Case;
  /** The payment that is called a mistake. */
  readonly payment: Payment;
  readonly held: Payment;
  readonly senderName: string;
}

export interface ClaimAnswer {
  readonly caseId: string;
  readonly customerId: string;
  readonly pin: string;
  readonly hopKey: string;
}

const claimsMax = 9;

/** Held on accounts that this person may take from, and not answered yet, the oldest first. */
export async function claimsOn(deps: RedressDeps, customerId: string): Promise<Claim[]> {
  const accounts = await deps.accounts.of(deps.db, customerId);
  const accountIds = accounts.filter(({ rank }) => rank !== 'viewer').map(({ accountId }) => accountId);
  const cases = await unansweredOn(deps.db, accountIds, claimsMax);
  return Promise.all(cases.map((one) => claimOf(deps, one)));
}

async function claimOf(deps: RedressDeps, one: Case): Promise<Claim> {
  const [payment, held] = await Promise.all(
    [one.paymentId, one.holdPaymentId ?? ''].map((id) => deps.payments.find(id)),
  );
  assert(payment && held, 'a case that holds money names two payments');
  const sender = payment.payerId === null ? undefined : await deps.identity.byId(deps.db, payment.payerId);
  return { case: one, payment, held, senderName: sender ? fullName(sender) : '' };
}

/**
 * Whoever got it gives back what is held, with the PIN: it goes at once, nobody else need decide.
 * Errors: `pin_wrong`, `pin_locked`, `pin_busy`, `case_gone`.
 */
export async function giveBack(
  deps: RedressDeps,
  answer: ClaimAnswer,
): Promise<Result<Payment, RedressError | PinError>> {
  const claim = await provenClaim(deps, answer);
  if (!claim.ok) return claim;
  const { case: one, payment, held } = claim.value;
  if (one.answer === 'keeps') return err('case_gone');
  const { customerId, hopKey } = answer;
  const by = { kind: 'customer', id: customerId } as const;
  const settled = await deps.payments.settleRefund({
    paymentId: held.paymentId,
    state: 'completed',
    by,
    traceId: hopKey,
    refusals: ['redress_answered_once'], // somebody else who holds the account was first, and keeps it
    attachments: async (refund): Promise<readonly Attachment[]> => [
      decision(deps, one, { outcome: 'agreed', by, trace: hopKey, answer: 'gives_back' }),
      ...(await stepAttachments(
        deps,
        await decisionStep(deps, one, { payment, held: refund, outcome: 'agreed', by, traceId: hopKey }),
      )),
    ],
  });
  const isOurs = (await decidedTrace(deps.db, one.caseId)) === hopKey;
  return settled.ok && isOurs ? settled : err('case_gone');
}

/**
 * Whoever got it says that it is theirs, with the PIN. It stays on hold: the staff decide.
 * Errors: `pin_wrong`, `pin_locked`, `pin_busy`, `case_gone`.
 */
export async function keep(
  deps: RedressDeps,
  answer: ClaimAnswer,
): Promise<Result<undefined, RedressError | PinError>> {
  const claim = await provenClaim(deps, answer);
  if (!claim.ok) return claim;
  const { case: one, payment, held } = claim.value;
  if (one.answer === 'keeps') return ok(undefined);
  const by = { kind: 'customer', id: answer.customerId } as const;
  const values = await caseValues(deps, one, { payment, held, other: payment.payeeId });
  const kept = await deps.db.tx(async (tx) => {
    if (!(await answerKeeps(tx, one.caseId))) return false;
    const event = caseEvent('case.answered', one, { by, traceId: answer.hopKey, answer: 'keeps' });
    await tellStep(deps, tx, { words: [{ to: one.customerId, text: 'sms.caseKept', values }], event });
    return true;
  });
  return kept ? ok(undefined) : err('case_gone');
}

/** The claim, for whoever may take from the account on which it holds money, and has just shown the PIN. */
async function provenClaim(
  deps: RedressDeps,
  { caseId, customerId, pin, hopKey }: ClaimAnswer,
): Promise<Result<Claim, RedressError | PinError>> {
  const verified = await deps.identity.verifyPin({ customerId, pin, attemptKey: hopKey });
  if (!verified.ok) return verified;
  const one = await caseById(deps.db, caseId);
  if (!one?.holdPaymentId) return err('case_gone');
  const claim = await claimOf(deps, one);
  const account = await deps.accounts.find(deps.db, customerId, claim.held.payerAccountId);
  if (!account || account.rank === 'viewer') return err('case_gone');
  const isAgain = one.outcome === 'agreed';
  return undecided.includes(one.state) || isAgain ? ok(claim) : err('case_gone');
}
