import type { PinError } from '../identity';
import { assert, ok, type Currency, type Result } from '../platform';
import type { PaymentsDeps } from './deps';

export interface AccountBalance {
  readonly kind: 'main' | 'float' | 'commission';
  readonly currency: Currency;
  /** What can be spent. */
  readonly availableMinor: bigint;
  /** What is held for open requests. */
  readonly heldMinor: bigint;
}

/** All of a customer's accounts, after the PIN. Errors: `pin_wrong`, `pin_locked`, `pin_busy`. */
export async function balances(
  deps: PaymentsDeps,
  { customerId, pin, hopKey }: { customerId: string; pin: string; hopKey: string },
): Promise<Result<AccountBalance[], PinError>> {
  const verified = await deps.identity.verifyPin({ customerId, pin, attemptKey: hopKey });
  if (!verified.ok) return verified;
  const customer = await deps.identity.byId(deps.db, customerId);
  const accounts = new Map((await deps.accounts.of(deps.db, customerId)).map((a) => [a.purpose, a.accountId]));
  const main = customer?.role === 'agent' ? 'float' : 'main';
  const kinds = { main, commission: 'commission' } as const;
  const list = await Promise.all(
    (['main', 'commission'] as const).map(async (purpose) => {
      const accountId = accounts.get(purpose);
      if (accountId === undefined) return [];
      const balance = await deps.ledger.balance(deps.db, accountId);
      assert(balance, 'an account of a customer is in the ledger');
      const { currency, availableMinor, pendingOutMinor: heldMinor } = balance;
      return [{ kind: kinds[purpose], currency, availableMinor, heldMinor }];
    }),
  );
  return ok(list.flat());
}
