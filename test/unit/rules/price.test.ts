import fc from 'fast-check';
import { mostSpecific, priceOf, stepFee } from '../../../src/rules/price';
import type { CommissionRow, FeeRow, Path, Product, Step } from '../../../src/rules/types';

const flat = (flatMinor: bigint): Step[] => [{ flatMinor, basisPoints: 0, baseMinor: 0n }];
const sides = {
  channel: 'ussd',
  payerRole: 'customer',
  payerTier: 'basic',
  payeeRole: 'customer',
  payeeTier: 'basic',
} as const;

describe('stair-step fees', () => {
  // 1 to 100.00: 1.00; above 100.00 to 1,000.00: 2.00 and 1.5 % of what is above 100.00, at least 2.50; above: 1 %, at most 40.00
  const stairs: Step[] = [
    { upToMinor: 10_000n, flatMinor: 100n, basisPoints: 0, baseMinor: 0n },
    { upToMinor: 100_000n, flatMinor: 200n, basisPoints: 150, baseMinor: 10_000n, minMinor: 250n },
    { flatMinor: 0n, basisPoints: 100, baseMinor: 0n, maxMinor: 4_000n },
  ];

  test.each([
    [1n, 100n],
    [10_000n, 100n], // the edge belongs to the range below
    [10_001n, 250n], // 2.00 and nothing, raised to the least
    [13_333n, 250n], // 2.00 and 0.49995, which rounds to 0.50
    [13_400n, 251n],
    [100_000n, 1_550n], // the other edge
    [100_001n, 1_000n],
    [100_049n, 1_000n], // 10.0049
    [100_050n, 1_001n], // 10.005: half a minor unit rounds up
    [400_000n, 4_000n],
    [400_001n, 4_000n],
    [10n ** 15n, 4_000n],
  ])('R83: %s costs %s: flat and percent of the range, edges exact, half a unit up, clamped', (amountMinor, fee) => {
    expect(stepFee(stairs, amountMinor)).toBe(fee);
  });

  test('R84: a fee of zero is a fee, and so is none', () => {
    expect(stepFee(flat(0n), 5_000n)).toBe(0n);
    expect(stepFee([], 5_000n)).toBe(0n);
  });

  const amount = fc.bigInt(1n, 10n ** 15n);
  const stepAt = fc.record({
    flatMinor: fc.bigInt(0n, 10n ** 9n),
    basisPoints: fc.nat(10_000),
    width: fc.bigInt(1n, 10n ** 12n),
    back: fc.bigInt(0n, 10n ** 6n),
  });
  const anyStairs = fc.array(stepAt, { minLength: 1, maxLength: 6 }).map((drawn): Step[] => {
    let from = 0n;
    return drawn.map(({ flatMinor, basisPoints, width, back }, index) => {
      const baseMinor = from > back ? from - back : 0n;
      from += width;
      return {
        ...(index < drawn.length - 1 && { upToMinor: from }),
        flatMinor,
        basisPoints,
        baseMinor,
      };
    });
  });

  test('R83: at every edge the range below holds, one unit above it the next one does', () => {
    fc.assert(
      fc.property(anyStairs, (steps) => {
        for (const [index, { upToMinor }] of steps.entries()) {
          if (upToMinor === undefined) continue;
          expect(stepFee(steps, upToMinor)).toBe(stepFee(steps.slice(index, index + 1), upToMinor));
          expect(stepFee(steps, upToMinor + 1n)).toBe(stepFee(steps.slice(index + 1), upToMinor + 1n));
        }
      }),
    );
  });

  test('Q7: ten thousand times the fee is within half a unit of the exact one, never below by more', () => {
    fc.assert(
      fc.property(anyStairs, amount, (steps, amountMinor) => {
        const step = steps.find(({ upToMinor }) => upToMinor === undefined || amountMinor <= upToMinor);
        if (!step) throw new Error('the last step has no end');
        const exact = step.flatMinor * 10_000n + (amountMinor - step.baseMinor) * BigInt(step.basisPoints);
        const error = stepFee(steps, amountMinor) * 10_000n - exact;
        expect(error > -5_000n && error <= 5_000n).toBe(true);
      }),
    );
  });

  test('Q7: whatever the share, the fee stays between min and max', () => {
    fc.assert(
      fc.property(
        anyStairs,
        amount,
        fc.bigInt(0n, 10n ** 6n),
        fc.bigInt(0n, 10n ** 6n),
        (steps, amountMinor, one, two) => {
          const [minMinor, maxMinor] = one < two ? [one, two] : [two, one];
          const fee = stepFee(
            steps.map((step) => ({ ...step, minMinor, maxMinor })),
            amountMinor,
          );
          expect(fee >= minMinor && fee <= maxMinor).toBe(true);
        },
      ),
    );
  });
});

/** Path, then what is set at source, receiver, centre, cash-in and cash-out; SS = stair-step, * = either. */
const ss: Step[] = [
  { upToMinor: 10_000n, flatMinor: 100n, basisPoints: 0, baseMinor: 0n },
  { flatMinor: 100n, basisPoints: 200, baseMinor: 10_000n },
];
const zero = flat(0n);
const either = [ss, zero];
const matrix: readonly [string, readonly Path[], ...(readonly Step[][])[]][] = [
  ['R85 ① cross, receiver and cash-in', ['cross'], [zero], [ss], [zero], [ss], [zero]],
  ['R86 ② cross, source, centre and cash-out', ['cross'], [ss], [zero], [ss], [zero], [ss]],
  ['R87 ③ same, source, receiver and cash-out', ['same'], [ss], [ss], [zero], [zero], [ss]],
  ['R88 ④ same, centre and cash-in: the centre must not apply', ['same'], [zero], [zero], [ss], [ss], [zero]],
  ['R89 ⑤ either path, centre and cash-out', ['same', 'cross'], [zero], either, [ss], [zero], [ss]],
  ['R90 ⑥ either path, source and cash-in', ['same', 'cross'], [ss], either, [zero], [ss], [zero]],
  ['R91 ⑦ cross, cash-in and cash-out', ['cross'], either, either, either, [ss], [ss]],
  ['R92 ⑧ either path, no fee on cash', ['same', 'cross'], either, either, either, [zero], [zero]],
];

const none = { payerFeeMinor: 0n, payeeFeeMinor: 0n, centreFeeMinor: 0n, commissionMinor: 0n };
const costs = (steps: readonly Step[]) => (steps === ss ? 900n : 0n);
const combinations = ([first, ...rest]: readonly (readonly Step[][])[]): (readonly Step[])[][] =>
  first ? first.flatMap((one) => combinations(rest).map((others) => [one, ...others])) : [[]];

describe('the matrix of fees', () => {
  test.each(matrix)('%s', (_, paths, ...columns) => {
    let cases = 0;
    for (const path of paths) {
      for (const [source = [], receiver = [], centre = [], cashIn = [], cashOut = []] of combinations(columns)) {
        const fees: FeeRow[] = [
          { product: 'send', side: 'payer', steps: source },
          { product: 'send', side: 'payee', steps: receiver },
          { product: 'send', side: 'centre', steps: centre },
          { product: 'cash_in', side: 'payee', steps: cashIn },
          { product: 'cash_out', side: 'payer', steps: cashOut },
        ];
        const price = (product: Product) =>
          priceOf({ fees, commissions: [] }, { ...sides, product, path, amountMinor: 50_000n });
        expect(price('send')).toEqual({
          ...none,
          payerFeeMinor: costs(source),
          payeeFeeMinor: costs(receiver),
          centreFeeMinor: path === 'cross' ? costs(centre) : 0n, // R81, R82
        });
        expect(price('cash_in')).toEqual({ ...none, payeeFeeMinor: costs(cashIn) });
        expect(price('cash_out')).toEqual({ ...none, payerFeeMinor: costs(cashOut) });
        cases += 1;
      }
    }
    expect(cases).toBeGreaterThan(0);
  });
});

describe('who pays what is data', () => {
  const row = (criteria: Partial<CommissionRow>, minor: bigint): CommissionRow => ({
    product: 'cash_out',
    ...criteria,
    steps: flat(minor),
  });
  const known = { ...sides, product: 'cash_out', path: 'same', amountMinor: 1_000n } as const;
  const rows = [
    row({}, 1n),
    row({ channel: 'ussd' }, 2n),
    row({ payerTier: 'basic' }, 3n),
    row({ channel: 'ussd', payerTier: 'premium' }, 4n),
    row({ channel: 'ussd', payerTier: 'premium', payeeRole: 'agent' }, 5n),
    row({ product: 'send' }, 6n),
  ];
  const found = (change: Partial<typeof known> | object) =>
    mostSpecific(rows, { ...known, ...change })?.steps[0]?.flatMinor;

  test('the row that names the most holds; among equals the one that stands first', () => {
    expect(found({})).toBe(2n);
    expect(found({ channel: 'api' })).toBe(3n);
    expect(found({ channel: 'api', payerTier: 'premium' })).toBe(1n);
    expect(found({ payerTier: 'premium' })).toBe(4n);
    expect(found({ payerTier: 'premium', payeeRole: 'agent' })).toBe(5n);
    expect(found({ product: 'send' })).toBe(6n);
    expect(found({ product: 'purchase' })).toBeUndefined();
  });

  test('R78: the payee never pays more than they get', () => {
    const fees: FeeRow[] = [{ product: 'cash_out', side: 'payee', steps: flat(2_000n) }];
    expect(priceOf({ fees, commissions: [] }, known).payeeFeeMinor).toBe(1_000n);
  });
});
