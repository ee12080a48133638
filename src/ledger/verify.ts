import type { Sql } from '../platform';
import type { VerifyReport } from './port';
import * as store from './store';

/** See `Ledger.verify`. */
export async function verify(sql: Sql): Promise<VerifyReport> {
  const trialBalance = await store.readTrialBalance(sql);
  const sizes = await store.readSizes(sql);
  for (const check of store.verifyChecks) {
    const deviation = await store.findDeviation(sql, check);
    if (deviation) return { clean: false, trialBalance, ...sizes, deviation };
  }
  return { clean: true, trialBalance, ...sizes };
}
