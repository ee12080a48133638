import { assert, err, ok, type Result, type Tx } from '../platform';
import { isAccountStatusError, type AccountStatusError } from './errors';
import type { AccountStatus, NewAccount } from './port';
import * as store from './store';

const boundMinorMax = 1_000_000_000_000_000_000n; // 10^18: far from where a bigint column ends

/** See `Ledger.openAccount`. */
export async function openAccount(tx: Tx, account: NewAccount): Promise<void> {
  const { accountId, floorMinor, ceilingMinor } = account;
  assert(
    floorMinor === null || (floorMinor <= 0n && floorMinor >= -boundMinorMax),
    'a floor lies between -10^18 and 0, where every account begins',
  );
  assert(
    ceilingMinor === null || (ceilingMinor >= 0n && ceilingMinor <= boundMinorMax),
    'a ceiling lies between 0, where every account begins, and 10^18',
  );
  const opened = await store.openAccount(tx, account);
  assert(opened, `account ${accountId} is already open with other content`);
}

/** See `Ledger.setStatus`. */
export async function setStatus(
  tx: Tx,
  accountId: string,
  status: AccountStatus,
): Promise<Result<void, AccountStatusError>> {
  const refusal = await store.setStatus(tx, accountId, status);
  if (refusal === null) return ok(undefined);
  assert(isAccountStatusError(refusal), `the database refused with an unknown code: ${refusal}`);
  return err(refusal);
}
