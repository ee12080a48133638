import type { AuditEvent } from '../audit';
import { err, ok, type Result } from '../platform';
import type { AgentsDeps } from './deps';
import type { AgentError } from './errors';
import { putIdCheck, type IdType } from './store';

export interface ShownId {
  /** Whoever looked at it. */
  readonly customerId: string;
  /** The quote, or the payment that a code holds. */
  readonly paymentId: string;
  readonly idType: IdType;
  /** The last four letters or digits of its number. */
  readonly digits: string;
}

/**
 * Notes that an agent looked at the customer's ID, for a payment that is about to be made. Kept encrypted; the end of a
 * national ID must be the one that the person registered with. Errors: `not_allowed`, `id_mismatch`.
 */
export async function noteId(
  deps: AgentsDeps,
  { customerId, paymentId, idType, digits }: ShownId,
): Promise<Result<undefined, AgentError>> {
  const { db, clock, cipher, identity, audit } = deps;
  const about = await peopleOf(deps, paymentId);
  if (!about || !(await isServing(deps, customerId, about))) return err('not_allowed');
  const { shownBy, agentId } = about;
  const matches = idType !== 'national_id' || (await identity.endsNationalId(db, shownBy, digits));
  const event: AuditEvent = {
    action: matches ? 'id.seen' : 'id.mismatched',
    actor: { kind: 'customer', id: customerId },
    subject: { kind: 'customer', id: shownBy },
    new: { paymentId, idType },
  };
  await db.tx(async (tx) => {
    const sealed = cipher.seal(digits, `${paymentId}:id`);
    if (matches) {
      await putIdCheck(tx, {
        ...{ paymentId, customerId: shownBy, agentId, idType, digits: sealed, now: clock.now() },
      });
    }
    await audit.record(tx, [event]);
  });
  return matches ? ok(undefined) : err('id_mismatch');
}

/**
 * The same for somebody of another provider, whom nobody here can compare it with. `subjectId`: of what they want cash for.
 */
export async function noteStrangersId(
  { db, clock, cipher, audit }: AgentsDeps,
  {
    customerId,
    agentId,
    subjectId,
    idType,
    digits,
  }: Omit<ShownId, 'paymentId'> & { agentId: string; subjectId: string },
): Promise<void> {
  await db.tx(async (tx) => {
    const sealed = cipher.seal(digits, `${subjectId}:id`);
    const seen = { paymentId: subjectId, customerId: null, agentId, idType, digits: sealed, now: clock.now() };
    await putIdCheck(tx, seen);
    const subject = { kind: 'counter_request', id: subjectId };
    await audit.record(tx, [
      { action: 'id.seen', actor: { kind: 'customer', id: customerId }, subject, new: { idType } },
    ]);
  });
}

interface About {
  /** The customer who stands there. */
  readonly shownBy: string;
  readonly agentId: string;
  readonly agentAccountId: string;
}

async function peopleOf({ payments }: AgentsDeps, paymentId: string): Promise<About | undefined> {
  const terms = (await payments.findQuote(paymentId)) ?? (await payments.find(paymentId));
  if (terms?.payerId == null || terms.payeeId === null) return undefined;
  const { payerId, payeeId, payerAccountId, payeeAccountId, askedAs, initiatorId } = terms;
  if (terms.product === 'cash_in') return { shownBy: payeeId, agentId: payerId, agentAccountId: payerAccountId };
  if (terms.product !== 'cash_out') return undefined;
  const shownBy = askedAs === 'payer' && initiatorId !== null ? initiatorId : payerId;
  return { shownBy, agentId: payeeId, agentAccountId: payeeAccountId };
}

async function isServing(
  { accounts, db }: AgentsDeps,
  customerId: string,
  { agentAccountId }: About,
): Promise<boolean> {
  const held = await accounts.find(db, customerId, agentAccountId);
  return held !== undefined && held.rank !== 'viewer';
}
