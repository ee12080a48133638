import type { Window, SettlementDeps } from './deps';
import { readPositions, type PositionRow } from './store';

/** What one provider and this one sent each other, by our own books. */
export interface Position extends PositionRow {
  /** D10: received less sent; below zero: we owe it. */
  readonly netMinor: bigint;
}

/** R206 to R208: the net by provider of what was committed in a window, settled or not, with the fees of each kind apart. */
export async function positions(
  { db, currency }: Pick<SettlementDeps, 'db' | 'currency'>,
  window: Window,
): Promise<Position[]> {
  const rows = await readPositions(db, currency, window);
  return rows.map((row) => ({ ...row, netMinor: row.inMinor - row.outMinor }));
}
