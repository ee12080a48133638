import type { Result, Tx } from '../platform';
import type { LedgerError } from './errors';
import type { TransferOutcome } from './port';
import * as store from './store';
import { outcomeOf } from './transfer';

/** Ends a reservation one way or the other. See `Ledger.post` and `Ledger.void`. */
export async function settle(
  tx: Tx,
  transferId: string,
  state: 'posted' | 'voided',
  now: Date,
): Promise<Result<TransferOutcome, LedgerError>> {
  return outcomeOf(transferId, await store.settle(tx, { transferId, state, now }));
}
