import { openAccount, setStatus } from './open';
import type { Ledger } from './port';
import { settle } from './settle';
import * as store from './store';
import { transfer } from './transfer';
import { verify } from './verify';

/** The ledger over PostgreSQL: one database function an operation, in the caller's transaction. */
export function createLedger(): Ledger {
  return {
    openAccount,
    setStatus,
    transfer,
    post: (tx, transferId, now) => settle(tx, transferId, 'posted', now),
    void: (tx, transferId, now) => settle(tx, transferId, 'voided', now),
    expired: store.readExpired,
    balance: store.readBalance,
    entries: store.readEntries,
    verify,
  };
}
