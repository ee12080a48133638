import { parseAmount, share } from './amounts';
import { type Charge, type Fee, LEDGER_ACCOUNT, type LedgerState, type Transfer } from './state';

/** A charge and what it comes to for one amount. */
interface Due {
  charge: Charge;
  units: bigint;
}

/** The active charges that apply to an amount, smallest id first. Charges are the seed's central fee (30.1.1). */
export function duesFor(state: LedgerState, amount: bigint, scale: number): Due[] {
  return [...state.charges.values()]
    .filter((charge) => charge.is_active && within(charge, amount, scale))
    .sort((one, other) => one.id - other.id)
    .map((charge) => ({ charge, units: dueOf(charge, amount, scale) }))
    .filter(({ units }) => units > 0n);
}

function within({ minimum, maximum }: Charge, amount: bigint, scale: number): boolean {
  const limit = (text: string | undefined): bigint | undefined =>
    text === undefined ? undefined : parseAmount(text, scale);
  return amount >= (limit(minimum) ?? 0n) && amount <= (limit(maximum) ?? amount);
}

const dueOf = ({ rate, rate_type }: Charge, amount: bigint, scale: number): bigint =>
  rate_type === 'flat' ? (parseAmount(rate, scale) ?? 0n) : share(amount, rate);

/** The fees of a transfer at the moment it executes; none between accounts of one DFSP (30.1.2). */
export function feesOf(state: LedgerState, { debits, credits }: Transfer, scale: number): Fee[] {
  const parties = { sender: debits[0]?.account ?? '', receiver: credits[0]?.account ?? '', ledger: LEDGER_ACCOUNT };
  if (parties.sender === parties.receiver) return [];
  const amount = debits.reduce((sum, { units }) => sum + units, 0n);
  return duesFor(state, amount, scale).map(({ charge, units }) => ({
    charge: charge.name,
    payer: parties[charge.payer],
    payee: parties[charge.payee],
    units: units.toString(),
  }));
}
