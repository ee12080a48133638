import { type Direction, type Limit, type LimitRow, type Party, type Product, type Channel, type Scope } from './types';

/** Between somebody's own accounts, and what comes back to them: neither counts toward any limit. A correction counts as what it corrects. */
const uncounted: ReadonlySet<Product> = new Set<Product>(['own', 'sweep', 'refund', 'correction']);

export function isCounted(product: Product): boolean {
  return !uncounted.has(product);
}

/** What is counted together with this payment: with all others, with those of its product, with those of its channel. */
export function scopesOf({ product, channel }: { product: Product; channel: Channel }): readonly Scope[] {
  return ['all', `product_${product}`, `channel_${channel}`];
}

export function scopeOf({ product, channel }: Pick<LimitRow, 'product' | 'channel'>): Scope {
  if (product !== undefined) return `product_${product}`;
  return channel === undefined ? 'all' : `channel_${channel}`;
}

/**
 * What holds for one side of a payment: in each scope the row that names the most of role and tier, among equals the one
 * that stands first. All scopes hold at the same time.
 */
export function limitsOf(
  rows: readonly LimitRow[],
  request: { direction: Direction; party: Required<Party>; product: Product; channel: Channel },
): Limit[] {
  if (!isCounted(request.product)) return [];
  return scopesOf(request).flatMap((scope) => {
    const { direction: way, party } = request;
    const row = mostSpecificLimit(rows, { direction: way, scope, party });
    if (!row) return [];
    const { direction, transferMinMinor, transferMaxMinor, day, week, month, year, balanceMaxMinor } = row;
    return [{ scope, direction, transferMinMinor, transferMaxMinor, day, week, month, year, balanceMaxMinor }];
  });
}

/** The row that binds somebody in one scope. */
export function mostSpecificLimit(
  rows: readonly LimitRow[],
  { direction, scope, party: { role, tier } }: { direction: Direction; scope: Scope; party: Party },
): LimitRow | undefined {
  const named = (row: LimitRow) => Number(row.role !== undefined) + Number(row.tier !== undefined);
  let best: LimitRow | undefined;
  for (const row of rows) {
    if (row.direction !== direction || scopeOf(row) !== scope) continue;
    const fits = (row.role ?? role) === role && (row.tier ?? tier) === tier;
    if (fits && (best === undefined || named(row) > named(best))) best = row;
  }
  return best;
}
