import { assert, err, ok, type Result } from '../platform';
import { codeTold, ownerOfCode } from './companions';
import { drawCode } from './code';
import { proveCode } from './codes';
import type { AgentsDeps } from './deps';
import { endSpent, replaceCode } from './store';

/** A code that a customer here has for somebody at another provider: what of it is the same wherever it is told. */
export interface ToldElsewhere {
  readonly paymentId: string;
  /** Who tells us. */
  readonly dfspId: string;
  readonly code: string;
  /** Of what was typed: the same again takes no further try. */
  readonly tryKey: string;
}

/** How often a customer is sent another code for the same money. */
const resentMax = 3;

/**
 * Whether it is the code of that payment; wrong too often, the money is free again.
 * Errors: `code_unknown`, `code_wrong` (detail `left`), `code_spent`.
 */
export async function proveCodeElsewhere(
  deps: AgentsDeps,
  { paymentId, dfspId, code, tryKey }: ToldElsewhere,
): Promise<Result<undefined, 'code_unknown' | 'code_wrong' | 'code_spent'>> {
  const by = { kind: 'provider', id: dfspId } as const;
  const proven = await proveCode(deps, { paymentId, agentId: null, code, hopKey: tryKey, by });
  if (!proven.ok && proven.error === 'code_spent') {
    await endSpent(deps.db, paymentId, deps.clock.now());
  }
  return proven;
}

/**
 * The customer gets another code, and the one before is worth nothing; tries are not given back by it.
 * Errors: `code_unknown`: it is over, or was sent too often.
 */
export async function resendCode(deps: AgentsDeps, paymentId: string): Promise<Result<undefined, 'code_unknown'>> {
  const { db, clock, audit, notifications, payments } = deps;
  const payment = await payments.find(paymentId);
  assert(payment, 'a code is written with its payment');
  if (payment.expiresAt === null) return err('code_unknown');
  const customer = await ownerOfCode(deps, payment);
  const { code, sealed } = drawCode(deps, paymentId);
  const { text, values } = await codeTold(deps, payment, code);
  const isReplaced = await db.tx(async (tx) => {
    if (!(await replaceCode(tx, { paymentId, sealed, resentMax, now: clock.now() }))) return false;
    await notifications.tell(tx, customer, text, values);
    const subject = { kind: 'payment', id: paymentId };
    await audit.record(tx, [{ action: 'code.issued', actor: { kind: 'system', id: 'resend' }, subject }]);
    return true;
  });
  return isReplaced ? ok(undefined) : err('code_unknown');
}
