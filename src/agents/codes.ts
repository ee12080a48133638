import type { AuditEvent } from '../audit';
import { fullName } from '../identity';
import { assert, err, formatMoney, ok, type Result } from '../platform';
import { codeTriesMax, drawCode, isCode } from './code';
import type { AgentsDeps } from './deps';
import type { AgentError } from './errors';
import { insertDepositCode, markProven, takeTry } from './store';

/** A code as an agent types it, and the hop that brought it. */
export interface Shown {
  readonly code: string;
  readonly hopKey: string;
}

/**
 * Sends the customer of a quoted cash-in a code to tell the agent: money that somebody far away pays in for them is
 * stopped by it. Again for the same quote sends none. Errors: `not_allowed`, `code_needed` where there is no such quote.
 */
export async function sendDepositCode(
  deps: AgentsDeps,
  { customerId, quoteId }: { customerId: string; quoteId: string },
): Promise<Result<undefined, AgentError>> {
  const { db, clock, identity, notifications, audit } = deps;
  const quote = await deps.payments.findQuote(quoteId);
  if (quote?.product !== 'cash_in' || quote.initiatorId !== customerId) return err('not_allowed');
  const { payerId, payeeId, amountMinor, currency, expiresAt } = quote;
  assert(payerId !== null && payeeId !== null, 'a cash-in has an agent and a customer');
  const [agent, customer] = await Promise.all([identity.byId(db, payerId), identity.byId(db, payeeId)]);
  assert(agent && customer, 'customers are never deleted');
  const { code, sealed } = drawCode(deps, quoteId);
  await db.tx(async (tx) => {
    const row = { paymentId: quoteId, customerId: payeeId, agentId: payerId, sealed, triesLeft: codeTriesMax };
    if (!(await insertDepositCode(tx, { ...row, now: clock.now(), expiresAt }))) return;
    await notifications.tell(tx, customer, 'sms.depositCode', {
      ...{ code, name: { name: fullName(agent) }, amount: formatMoney(amountMinor, currency) },
    });
    const subject = { kind: 'payment', id: quoteId };
    await audit.record(tx, [{ action: 'code.issued', actor: { kind: 'customer', id: customerId }, subject }]);
  });
  return ok(undefined);
}

/** Of which payment, to which agent (null: one of another provider), and who tells us. */
interface Told {
  readonly paymentId: string;
  readonly agentId: string | null;
  readonly by: AuditEvent['actor'];
}

/**
 * Whether it is the code of that payment; a try is gone before anybody knows. Told right, it stays proven for what comes
 * next. Errors: `code_unknown`, `code_wrong` (detail `left`), `code_spent`.
 */
export async function proveCode(
  { db, clock, cipher, audit }: AgentsDeps,
  { paymentId, agentId, code, hopKey, by }: Shown & Told,
): Promise<Result<undefined, 'code_unknown' | 'code_wrong' | 'code_spent'>> {
  const open = await takeTry(db, { paymentId, agentId, hopKey, now: clock.now() });
  if (!open) return err('code_unknown');
  if (isCode(cipher, open.sealed, paymentId, code)) {
    await markProven(db, paymentId, clock.now());
    return ok(undefined);
  }
  if (open.triesLeft > 0) return err('code_wrong', { left: open.triesLeft });
  await db.tx((tx) =>
    audit.record(tx, [
      {
        ...{ action: 'code.spent', actor: by, traceId: hopKey },
        subject: { kind: 'payment', id: paymentId },
      },
    ]),
  );
  return err('code_spent');
}

/** The same for a cash-in that this agent has quoted. Errors: those of `proveCode`, `not_allowed`. */
export async function proveDepositCode(
  deps: AgentsDeps,
  { customerId, quoteId, ...shown }: Shown & { customerId: string; quoteId: string },
): Promise<Result<undefined, AgentError>> {
  const quote = await deps.payments.findQuote(quoteId);
  if (quote?.initiatorId !== customerId || quote.payerId === null) return err('not_allowed');
  const by = { kind: 'customer', id: customerId } as const;
  return proveCode(deps, { paymentId: quoteId, agentId: quote.payerId, by, ...shown });
}
