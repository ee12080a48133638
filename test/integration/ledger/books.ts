import { randomUUID } from 'node:crypto';
import {
  chartOf,
  createLedger,
  openChart,
  type Balance,
  type Chart,
  type Ledger,
  type LedgerError,
  type Leg,
  type NewAccount,
  type NewTransfer,
  type TransferOutcome,
} from '../../../src/ledger';
import type { Db, Result } from '../../../src/platform';
import { createTestDatabase } from '../../support/database';

/** A day on which nothing else happens. */
export const noon = new Date('2026-03-01T12:00:00.000Z');

export function afterNoon(ms: number): Date {
  return new Date(noon.getTime() + ms);
}

/** A ledger in a database of its own, with the chart of KES open, and short words for what the tests do with it. */
export interface Books {
  readonly db: Db;
  readonly url: string;
  readonly ledger: Ledger;
  readonly chart: Chart;
  /** Opens a customer's account, floor 0 unless it says otherwise, and pays `openingMinor` into it. */
  open(account?: Partial<NewAccount> & { openingMinor?: bigint }): Promise<string>;
  transfer(transfer: Partial<NewTransfer> & Pick<NewTransfer, 'legs'>, now?: Date): Promise<Moved>;
  /** A transfer of these legs, pending until a minute after noon. */
  reserve(...legs: Leg[]): Promise<string>;
  post(transferId: string, now?: Date): Promise<Moved>;
  void(transferId: string, now?: Date): Promise<Moved>;
  balance(accountId: string): Promise<Balance>;
  close(): Promise<void>;
}

export type Moved = Result<TransferOutcome, LedgerError>;

export async function openBooks(): Promise<Books> {
  const { db, url, drop } = await createTestDatabase();
  const ledger = createLedger();
  const chart = chartOf('KES');
  await db.tx((tx) => openChart(ledger, tx, 'KES'));
  const transfer: Books['transfer'] = (moved, now = noon) =>
    db.tx((tx) => ledger.transfer(tx, { transferId: randomUUID(), ...moved }, now));
  return {
    db,
    url,
    ledger,
    chart,
    open: async ({ openingMinor = 0n, ...account } = {}) => {
      const opened = { ...customer(), ...account };
      await db.tx((tx) => ledger.openAccount(tx, opened));
      if (openingMinor > 0n) {
        expectOk(await transfer({ legs: [leg(chart.trust, opened.accountId, openingMinor, 'opening')] }));
      }
      return opened.accountId;
    },
    transfer,
    reserve: async (...legs) => expectOk(await transfer({ legs, expiresAt: afterNoon(60_000) })).transferId,
    post: (transferId, now = noon) => db.tx((tx) => ledger.post(tx, transferId, now)),
    void: (transferId, now = noon) => db.tx((tx) => ledger.void(tx, transferId, now)),
    balance: async (accountId) => {
      const balance = await ledger.balance(db, accountId);
      if (!balance) throw new Error(`no account ${accountId}`);
      return balance;
    },
    close: drop,
  };
}

export function customer(): NewAccount {
  return { accountId: randomUUID(), kind: 'customer', currency: 'KES', floorMinor: 0n, ceilingMinor: null };
}

export function leg(
  debitAccountId: string,
  creditAccountId: string,
  amountMinor: bigint,
  code: Leg['code'] = 'principal',
): Leg {
  return { debitAccountId, creditAccountId, amountMinor, code };
}

export function expectOk(moved: Moved): TransferOutcome {
  if (!moved.ok) throw new Error(`refused: ${moved.error}`);
  return moved.value;
}

/** The message with which the database refuses a statement; throws when it does not refuse. */
export async function refusalOf(statement: Promise<unknown>): Promise<string> {
  return statement.then(
    () => {
      throw new Error('the database allowed it');
    },
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}
