import { formatAmount } from './amounts';
import { type Account, LEDGER_ACCOUNT, type LedgerState } from './state';

/** What an account paid and got and is not settled yet, decimals as strings: 4.1.5. */
export interface Position {
  account: string;
  payments: string;
  receipts: string;
  net: string;
}

interface Names {
  scale: number;
  uri(this: void, account: string): string;
}

/** Net of what is not settled, transfers and fees together. */
export const netOf = ({ transfers, fees }: Account): bigint =>
  transfers.receipts - transfers.payments + fees.receipts - fees.payments;

/** Every account by name; the ledger's own only where a fee went through it, so that the nets sum to zero. */
export function positions(state: LedgerState, { scale, uri }: Names): Position[] {
  return participants(state).map((account) => ({
    account: uri(account.name),
    payments: formatAmount(account.transfers.payments + account.fees.payments, scale),
    receipts: formatAmount(account.transfers.receipts + account.fees.receipts, scale),
    net: formatAmount(netOf(account), scale),
  }));
}

export function participants(state: LedgerState): Account[] {
  const ledger = (account: Account): boolean => account.name === LEDGER_ACCOUNT;
  return [...state.accounts.values()]
    .filter((account) => !ledger(account) || account.fees.payments + account.fees.receipts > 0n)
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** One account's position, the fees apart: what scheme fees were part of it (30.11.10). */
export function positionOf(account: Account, { scale, uri }: Names): object {
  const shown = ({ payments, receipts }: Account['fees']): object => ({
    payments: formatAmount(payments, scale),
    receipts: formatAmount(receipts, scale),
    net: formatAmount(receipts - payments, scale),
  });
  return {
    account: uri(account.name),
    fees: shown(account.fees),
    transfers: shown(account.transfers),
    net: formatAmount(netOf(account), scale),
  };
}
