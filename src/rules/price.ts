import type { CommissionRow, Criteria, FeeRow, Price, PriceRequest, Step } from './types';

/** Pure: a price is a function of the rows and of what is asked, and of nothing else. Integers only. */

const basisPointsOfOne = 10_000n;

/**
 * What an amount costs on these stairs: flat plus a share of what it is above the base, of the range that holds it, then
 * kept between min and max. Half a minor unit is rounded up. Zero where no range holds it.
 */
export function stepFee(steps: readonly Step[], amountMinor: bigint): bigint {
  const step = steps.find(({ upToMinor }) => upToMinor === undefined || amountMinor <= upToMinor);
  if (!step) return 0n;
  const { flatMinor, basisPoints, baseMinor, minMinor, maxMinor } = step;
  const above = amountMinor > baseMinor ? amountMinor - baseMinor : 0n;
  const share = (above * BigInt(basisPoints) + basisPointsOfOne / 2n) / basisPointsOfOne;
  const fee = flatMinor + share;
  if (minMinor !== undefined && fee < minMinor) return minMinor;
  return maxMinor !== undefined && fee > maxMinor ? maxMinor : fee;
}

/** A request with its tiers and its path known. */
export type Known = Required<Omit<Criteria, 'product'>> & Pick<PriceRequest, 'product' | 'amountMinor'>;

/** Of the rows that fit, the one that names the most; among equals the one that stands first. */
export function mostSpecific<Row extends Criteria>(rows: readonly Row[], known: Known): Row | undefined {
  let best: Row | undefined;
  for (const row of rows) {
    if (fits(row, known) && (best === undefined || named(row) > named(best))) best = row;
  }
  return best;
}

const optional = ['channel', 'path', 'payerRole', 'payerTier', 'payeeRole', 'payeeTier'] as const;

function fits(row: Criteria, known: Known): boolean {
  return row.product === known.product && optional.every((key) => row[key] === undefined || row[key] === known[key]);
}

function named(row: Criteria): number {
  return optional.filter((key) => row[key] !== undefined).length;
}

/** All that one payment costs. The centre has no part in what stays inside one provider, whatever the rows say. */
export function priceOf(
  { fees, commissions }: { fees: readonly FeeRow[]; commissions: readonly CommissionRow[] },
  known: Known,
): Omit<Price, 'ruleVersion'> {
  const { amountMinor } = known;
  const fee = (side: FeeRow['side']): bigint => {
    const row = mostSpecific(
      fees.filter((one) => one.side === side),
      known,
    );
    return row ? stepFee(row.steps, amountMinor) : 0n;
  };
  const payeeFee = fee('payee');
  const commission = mostSpecific(commissions, known);
  return {
    payerFeeMinor: fee('payer'),
    payeeFeeMinor: payeeFee > amountMinor ? amountMinor : payeeFee,
    centreFeeMinor: known.path === 'same' ? 0n : fee('centre'),
    commissionMinor: commission ? stepFee(commission.steps, amountMinor) : 0n,
  };
}
