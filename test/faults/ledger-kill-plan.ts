import { createHash } from 'node:crypto';
import type { NewTransfer } from '../../src/ledger';

/** The n-th thing to do, the same in every process that knows the seed: that is how the same id comes again. */
export interface Job {
  readonly index: number;
  readonly transfer: NewTransfer;
  /** How a reservation ends; undefined posts at once. */
  readonly settle?: 'post' | 'void';
}

/** What the parent hands to a child as its one argument, in JSON. */
export interface ChildOrder {
  readonly url: string;
  readonly seed: number;
  /** Jobs that were begun by a child that was killed. */
  readonly inDoubt: readonly number[];
  readonly next: number;
  /** True: go on with new jobs for ever. False: stop when nothing is in doubt. */
  readonly endless: boolean;
}

export const planNow = new Date('2026-03-01T12:00:00.000Z');
const planExpiry = new Date('2026-03-02T12:00:00.000Z');
const accounts = 8;

/** The accounts that a run moves money between; the last one takes the fees. */
export function accountIds(seed: number): string[] {
  return Array.from({ length: accounts }, (_, n) => uuidOf(digest(`${seed} account ${n}`)));
}

export function jobOf(seed: number, index: number): Job {
  const bytes = digest(`${seed} job ${index}`);
  const ids = accountIds(seed);
  const customers = accounts - 1;
  const from = bytes.readUInt8(16) % customers;
  const to = (from + 1 + (bytes.readUInt8(17) % (customers - 1))) % customers;
  const legOf = (credit: number, amountMinor: bigint, code: 'principal' | 'fee') => ({
    debitAccountId: ids[from] ?? '',
    creditAccountId: ids[credit] ?? '',
    amountMinor,
    code,
  });
  const legs = [legOf(to, BigInt(bytes.readUInt32BE(18) % 4_000) + 1n, 'principal'), legOf(customers, 1n, 'fee')];
  const transferId = uuidOf(bytes);
  switch (bytes.readUInt8(22) % 4) {
    case 0:
      return { index, transfer: { transferId, legs, expiresAt: planExpiry }, settle: 'post' };
    case 1:
      return { index, transfer: { transferId, legs, expiresAt: planExpiry }, settle: 'void' };
    default:
      return { index, transfer: { transferId, legs } };
  }
}

/** How long the n-th child lives after it said its first word: 0.1 s to 0.9 s. */
export function killAfterMs(seed: number, kill: number): number {
  return 100 + (digest(`${seed} kill ${kill}`).readUInt16BE(0) % 800);
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function uuidOf(bytes: Buffer): string {
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}
