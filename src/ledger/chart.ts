import { createHash } from 'node:crypto';
import type { Currency, Tx } from '../platform';
import type { Ledger } from './port';

/** The house's own accounts in one currency, by their ids. */
export interface Chart {
  /** What customers paid in fees. */
  readonly feeIncome: string;
  /** What was paid to agents in commissions; its balance is zero or negative. */
  readonly commissionExpense: string;
  /** The mirror of the money at the bank: minus what all the others hold. */
  readonly trust: string;
}

/** The ids of the house's own accounts: the same on every machine, so that nothing has to look them up. */
export function chartOf(currency: Currency): Chart {
  return {
    feeIncome: namedUuid(currency, 'fee_income'),
    commissionExpense: namedUuid(currency, 'commission_expense'),
    trust: namedUuid(currency, 'trust'),
  };
}

/** Opens the house's own accounts in a currency, without bounds. Does nothing where they are open. */
export async function openChart(ledger: Ledger, tx: Tx, currency: Currency): Promise<Chart> {
  const chart = chartOf(currency);
  const unbounded = { currency, floorMinor: null, ceilingMinor: null };
  await ledger.openAccount(tx, { accountId: chart.feeIncome, kind: 'fee_income', ...unbounded });
  await ledger.openAccount(tx, { accountId: chart.commissionExpense, kind: 'commission_expense', ...unbounded });
  await ledger.openAccount(tx, { accountId: chart.trust, kind: 'trust', ...unbounded });
  return chart;
}

/** A UUIDv8 (RFC 9562, section 5.8): the first bits of the name's SHA-256. Changing the name loses the accounts. */
function namedUuid(currency: Currency, kind: 'fee_income' | 'commission_expense' | 'trust'): string {
  const bytes = createHash('sha256').update(`starhash:ledger:${currency}:${kind}`).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
