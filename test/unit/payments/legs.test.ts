import fc from 'fast-check';
import { legsOf } from '../../../src/payments/lifecycle';
import type { Quote } from '../../../src/payments';
import { priceOf, type Known } from '../../../src/rules/price';
import type { CommissionRow, FeeRow, Step } from '../../../src/rules/types';

/** R95, R97: whatever the fees are, each is taken once, and nobody's coin comes from nowhere. */
const step = fc.record({
  flatMinor: fc.bigInt(0n, 10_000n),
  basisPoints: fc.nat(10_000),
  baseMinor: fc.constant(0n),
});
const steps = fc
  .tuple(fc.bigInt(1n, 10n ** 7n), step, step)
  .map(([upToMinor, low, high]): Step[] => [{ ...low, upToMinor }, high]);
const fee = fc.record({
  product: fc.constant('cash_out' as const),
  side: fc.constantFrom('payer', 'payee', 'centre'),
  steps,
});
const commission = fc.record({ product: fc.constant('cash_out' as const), steps });
const house = { feeIncome: 'fees', commissionExpense: 'expense' };

function quoteFor(amountMinor: bigint, fees: FeeRow[], commissions: CommissionRow[]): Quote {
  const known: Known = {
    ...{ product: 'cash_out', channel: 'ussd', path: 'same', amountMinor },
    ...{ payerRole: 'customer', payerTier: 'basic', payeeRole: 'agent', payeeTier: 'basic' },
  };
  const price = priceOf({ fees, commissions }, known);
  return {
    ...{ quoteId: 'quote', product: 'cash_out', channel: 'ussd', initiatorId: 'agent', askedAs: 'payee', held: true },
    ...{ payerId: 'customer', payeeId: 'agent', payerAccountId: 'payer', payeeAccountId: 'payee' },
    ...{
      commissionAccountId: 'commission',
      currency: 'KES',
      amountMinor,
      subjectId: null,
      outside: null,
      ruleVersion: '',
    },
    feeMinor: price.payerFeeMinor,
    payeeFeeMinor: price.payeeFeeMinor,
    commissionMinor: price.commissionMinor,
    feeBackMinor: 0n,
    ...{ createdAt: new Date(0), expiresAt: new Date(0) },
  };
}

test('R95, R97, R99: the sum of all accounts stays what it was, and each side pays and gets what the price says', () => {
  fc.assert(
    fc.property(
      fc.bigInt(1n, 10n ** 9n),
      fc.array(fee, { maxLength: 4 }),
      fc.array(commission, { maxLength: 2 }),
      (amountMinor, fees, commissions) => {
        const quote = quoteFor(amountMinor, fees, commissions);
        const balances = new Map<string, bigint>();
        const book = (account: string, change: bigint) => balances.set(account, (balances.get(account) ?? 0n) + change);
        const legs = legsOf(quote, house);
        for (const leg of legs) {
          expect(leg.amountMinor).toBeGreaterThan(0n);
          book(leg.debitAccountId, -leg.amountMinor);
          book(leg.creditAccountId, leg.amountMinor);
        }
        expect(legs.length).toBeLessThanOrEqual(8);
        expect([...balances.values()].reduce((sum, one) => sum + one, 0n)).toBe(0n);
        const { feeMinor, payeeFeeMinor, commissionMinor } = quote;
        expect(balances.get('payer')).toBe(-amountMinor - feeMinor);
        expect(balances.get('payee')).toBe(amountMinor - payeeFeeMinor);
        expect(balances.get('fees') ?? 0n).toBe(feeMinor + payeeFeeMinor);
        expect(balances.get('commission') ?? 0n).toBe(commissionMinor);
        expect(balances.get('expense') ?? 0n).toBe(-commissionMinor);
        expect(balances.get('payee')).toBeGreaterThanOrEqual(0n); // R78: nobody pays to be paid
      },
    ),
  );
});
