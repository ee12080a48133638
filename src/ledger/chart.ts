import { currencyNumber, type Currency, type Tx } from '../platform';
import type { AccountId, Actor, Ledger } from './port';

/** The house's own accounts in one currency. */
export interface Chart {
  /** What customers paid in fees. */
  readonly feeIncome: AccountId;
  /** What was paid to agents in commissions; its balance is zero or negative. */
  readonly commissionExpense: AccountId;
  /** The mirror of the money at the bank: minus what all the others hold. */
  readonly trust: AccountId;
  /** What is owed to other providers; below zero: what they owe. Settled by the scheme. */
  readonly clearing: AccountId;
  /** What people gave up when they left, because it was less than it costs to send. */
  readonly remainders: AccountId;
  /** What the provider bears itself, because whose it was to bear could not; its balance is zero or negative. */
  readonly losses: AccountId;
  /** What is a customer's and their account could not take. */
  readonly suspense: AccountId;
}

/** House accounts take part in nearly every transfer; each lane has its own stripe of them: number + lane. */

export const stripes = 16;
const housePerCurrency = 32;
const house = {
  feeIncome: 1,
  commissionExpense: 2,
  trust: 3,
  clearing: 4,
  remainders: 5,
  losses: 6,
  suspense: 7,
} as const satisfies Record<keyof Chart, number>;

/** The numbers of the house's own accounts: the same on every machine, so that nothing has to look them up. */
export function chartOf(currency: Currency): Chart {
  const number = (account: keyof Chart): AccountId =>
    String((currencyNumber(currency) * housePerCurrency + house[account]) * stripes);
  return {
    feeIncome: number('feeIncome'),
    commissionExpense: number('commissionExpense'),
    trust: number('trust'),
    clearing: number('clearing'),
    remainders: number('remainders'),
    losses: number('losses'),
    suspense: number('suspense'),
  };
}

/** Whether an account belongs to the house. Numbers below the end have at most six digits. */
export function isHouse(accountId: AccountId): boolean {
  return accountId.length < 7;
}

/** The account that a stripe belongs to; any other account is its own. */
export function wholeAccount(accountId: AccountId): AccountId {
  return isHouse(accountId) ? String(Number(accountId) & -stripes) : accountId;
}

/** Opens the house's own accounts in a currency, without bounds. Does nothing where they are open. */
export async function openChart(ledger: Ledger, tx: Tx, currency: Currency): Promise<Chart> {
  const chart = chartOf(currency);
  const actor: Actor = { kind: 'system', id: 'ledger' };
  const unbounded = { currency, floorMinor: null, ceilingMinor: null, limitProfile: null };
  await ledger.openAccount(tx, { accountId: chart.feeIncome, kind: 'fee_income', ...unbounded }, actor);
  await ledger.openAccount(tx, { accountId: chart.commissionExpense, kind: 'commission_expense', ...unbounded }, actor);
  await ledger.openAccount(tx, { accountId: chart.trust, kind: 'trust', ...unbounded }, actor);
  await ledger.openAccount(tx, { accountId: chart.clearing, kind: 'transit', ...unbounded }, actor);
  await ledger.openAccount(tx, { accountId: chart.remainders, kind: 'remainder', ...unbounded }, actor);
  await ledger.openAccount(tx, { accountId: chart.losses, kind: 'loss', ...unbounded }, actor);
  await ledger.openAccount(tx, { accountId: chart.suspense, kind: 'suspense', ...unbounded }, actor);
  return chart;
}
