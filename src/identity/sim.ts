import type { SimSwaps } from '../mno/port';
import { plusMs, type Clock, type Db, type Msisdn, type Tx } from '../platform';
import { noteSwap } from './reset-store';

export interface SimDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly simSwaps: SimSwaps;
  /** So long after its SIM was changed a number proves nothing of whoever holds it. */
  readonly simSwapHoldMs: number;
  /** The last of the transaction that notes that a SIM was changed. */
  readonly onSimSwapped: (tx: Tx, swap: SeenSwap) => Promise<void>;
}

/** A change of SIM that was not known before, for one of the phone's people. */
export interface SeenSwap {
  readonly msisdn: Msisdn;
  readonly customerIds: readonly string[];
  readonly swappedAt: Date;
}

export type SimHold = 'sim_swapped' | 'sim_unknown';

/** Why a number proves nothing now, if it does not. What the network tells for the first time is kept, whatever becomes of the caller. */
export async function holdOf(deps: SimDeps, msisdn: Msisdn): Promise<SimHold | undefined> {
  const known = await deps.simSwaps.check(msisdn);
  if (!known.ok) return 'sim_unknown';
  const { swappedAt } = known.value;
  if (swappedAt === null) return undefined;
  await deps.db.tx(async (tx) => {
    const news = await noteSwap(tx, msisdn, swappedAt);
    if (news.length === 0) return;
    await deps.onSimSwapped(tx, { msisdn, swappedAt, customerIds: news.map(({ customerId }) => customerId).sort() });
  });
  return plusMs(swappedAt, deps.simSwapHoldMs) > deps.clock.now() ? 'sim_swapped' : undefined;
}
