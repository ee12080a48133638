import type { HeldAccount } from '../accounts';
import type { PinError } from '../identity';
import { assert, ok, type Currency, type Result } from '../platform';
import type { PaymentsDeps } from './deps';

export interface AccountBalance {
  readonly account: HeldAccount;
  readonly currency: Currency;
  /** What can be spent. */
  readonly availableMinor: bigint;
  /** What is held for open requests. */
  readonly heldMinor: bigint;
}

/** All accounts that a person holds, the current one first, after the PIN. Errors: `pin_wrong`, `pin_locked`, `pin_busy`. */
export async function balances(
  deps: PaymentsDeps,
  { customerId, pin, hopKey }: { customerId: string; pin: string; hopKey: string },
): Promise<Result<AccountBalance[], PinError>> {
  const verified = await deps.identity.verifyPin({ customerId, pin, attemptKey: hopKey });
  if (!verified.ok) return verified;
  const accounts = await deps.accounts.of(deps.db, customerId);
  return ok(await Promise.all(accounts.map((account) => balanceOf(deps, account))));
}

async function balanceOf({ ledger, db }: PaymentsDeps, account: HeldAccount): Promise<AccountBalance> {
  const balance = await ledger.balance(db, account.accountId);
  assert(balance, 'an account of a customer is in the ledger');
  return {
    account,
    currency: balance.currency,
    availableMinor: balance.availableMinor,
    heldMinor: balance.pendingOutMinor,
  };
}
