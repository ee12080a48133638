import { assert, err, ok, type Clock, type Db, type Log } from '../platform';
import { createEngine } from './engine';
import { readBalanceAt, readEntries } from './history';
import { closePeriod, readPeriods } from './periods';
import { readBooksBegin } from './periods-store';
import type { Ledger } from './port';
import * as store from './store';
import { verify } from './verify';

export interface LedgerDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Log;
  /** Batches on their way at once, each on a connection of its own; default 2. More cores, more lanes, up to 15. */
  readonly lanes?: number;
  /** Milliseconds since any moment, unmoved by whoever sets the clock: a jump of more than an hour then stops money. */
  readonly monotonicMs?: () => number;
  /** Asked before every batch; false stops money. Default: always true. */
  readonly moneyAllowed?: () => boolean;
}

/** The ledger on PostgreSQL. Opens its connections when they are first needed; `close` gives them back. */
export function createLedger({ lanes = 2, ...deps }: LedgerDeps): Ledger {
  const { db, clock } = deps;
  const engine = createEngine({ ...deps, lanes, random: Math.random });
  const nowMicros = (): bigint => BigInt(clock.now().getTime()) * 1000n;
  return {
    post: (transfers) => engine.post(transfers),
    newAccountIds: store.nextAccountIds,
    openAccount: async (tx, account, actor) => {
      const opened = await store.openAccount(tx, account, actor, nowMicros());
      assert(opened, `account ${account.accountId} was opened before with other content`);
    },
    setStatus: async (tx, accountId, status, actor) => {
      const refusal = await store.setStatus(tx, status, { accountId, actor, nowMicros: nowMicros() });
      return refusal === null ? ok(undefined) : err(refusal);
    },
    setBounds: async (tx, accountId, bounds, actor) => {
      const refusal = await store.setBounds(tx, bounds, { accountId, actor, nowMicros: nowMicros() });
      return refusal === null ? ok(undefined) : err(refusal);
    },
    setLimits: (tx, profile, actor) => store.setLimits(tx, profile, actor, nowMicros()),
    setTimeZone: (tx, timeZone, actor) => store.setTimeZone(tx, timeZone, actor, nowMicros()),
    balance: store.readBalance,
    balanceAt: readBalanceAt,
    entries: readEntries,
    find: async (sql, transferId) => (await store.readTransfers(sql, [transferId]))[0],
    expired: store.readExpired,
    prepare: (now) => store.makePartitions(db, now),
    verify,
    closePeriod: (tx, month, actor) => closePeriod(tx, month, actor, clock.now()),
    periods: readPeriods,
    booksBegin: readBooksBegin,
    close: () => engine.close(),
  };
}
