import type { AuditEvent } from '../audit';
import type { PinError } from '../identity';
import { err, ok, type Result, type Tx } from '../platform';
import type { HeldAccount } from './account';
import type { AccountsDeps, PinProof } from './deps';
import type { AccountsError } from './errors';
import * as store from './store';

export type Changed<T = undefined> = Result<T, AccountsError | PinError>;

/** Verifies the PIN, then changes something in one transaction. A refusal leaves nothing behind. */
export async function changeWithPin<T>(
  deps: AccountsDeps,
  { customerId, pin, hopKey }: PinProof,
  change: (tx: Tx) => Promise<Result<T, AccountsError>>,
): Promise<Changed<T>> {
  const verified = await deps.identity.verifyPin({ customerId, pin, attemptKey: hopKey });
  return verified.ok ? allOrNothing(deps, change) : verified;
}

/** Rolls back what was written before a refusal. */
export async function allOrNothing<T, E extends string>(
  { db }: Pick<AccountsDeps, 'db'>,
  change: (tx: Tx) => Promise<Result<T, E>>,
): Promise<Result<T, E>> {
  const refused = new Error('refused');
  let refusal: Result<T, E> | undefined;
  try {
    return await db.tx(async (tx) => {
      const outcome = await change(tx);
      if (outcome.ok) return outcome;
      refusal = outcome;
      throw refused;
    });
  } catch (error) {
    if (error === refused && refusal) return refusal;
    throw error;
  }
}

/**
 * The account for whoever may manage it, locked until the transaction ends, together with the people given: nobody's
 * rank changes meanwhile (R29). Errors: `account_gone`, `account_viewed`, `account_commission`.
 */
export async function lockManaged(
  tx: Tx,
  { customerId, accountId }: { customerId: string; accountId: string },
  others: readonly string[] = [],
): Promise<Result<HeldAccount, AccountsError>> {
  await store.lockAccount(tx, accountId);
  await store.lockPeople(tx, [customerId, ...others]);
  const held = await store.findHeld(tx, customerId, accountId);
  if (!held) return err('account_gone');
  if (held.rank === 'viewer') return err('account_viewed');
  return held.purpose === 'commission' ? err('account_commission') : ok(held);
}

/** What a holder did to an account, for the forensic log. */
export function eventAt(
  action: AuditEvent['action'],
  { customerId, hopKey }: { customerId: string; hopKey?: string },
  accountId: string,
  change: Pick<AuditEvent, 'old' | 'new'>,
): AuditEvent {
  const actor = { kind: 'customer', id: customerId } as const;
  return { action, actor, subject: { kind: 'account', id: accountId }, traceId: hopKey, ...change };
}
