import { assert, err, ok, type Result, type Tx } from '../platform';
import { isLedgerError, type LedgerError } from './errors';
import type { NewTransfer, TransferOutcome } from './port';
import * as store from './store';

const legsMax = 8;
const amountMinorMax = 1_000_000_000_000_000n; // 10^15, the table's own limit

/** See `Ledger.transfer`. */
export async function transfer(
  tx: Tx,
  newTransfer: NewTransfer,
  now: Date,
): Promise<Result<TransferOutcome, LedgerError>> {
  assertWellFormed(newTransfer);
  return outcomeOf(newTransfer.transferId, await store.move(tx, newTransfer, now));
}

/** Turns what a database function returned into a result; shared by both phases. */
export function outcomeOf(transferId: string, verdict: store.Verdict): Result<TransferOutcome, LedgerError> {
  const { refusal, refusedAccountId, state, repeated } = verdict;
  if (refusal === null) {
    assert(state !== null && repeated !== null, `transfer ${transferId} was neither accepted nor refused`);
    return ok({ transferId, state, repeated });
  }
  assert(isLedgerError(refusal), `the database refused with an unknown code: ${refusal}`);
  return refusedAccountId === null ? err(refusal) : err(refusal, { accountId: refusedAccountId });
}

function assertWellFormed({ legs, expiresAt }: NewTransfer): void {
  assert(legs.length >= 1 && legs.length <= legsMax, `a transfer has 1 to ${legsMax} legs, not ${legs.length}`);
  assert(expiresAt === undefined || !Number.isNaN(expiresAt.getTime()), 'an expiry is a valid date');
  for (const { debitAccountId, creditAccountId, amountMinor } of legs) {
    assert(debitAccountId !== creditAccountId, `a leg debits and credits ${debitAccountId}`);
    assert(amountMinor > 0n && amountMinor <= amountMinorMax, `an amount lies between 1 and 10^15, not ${amountMinor}`);
  }
}
