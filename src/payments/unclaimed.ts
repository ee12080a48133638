import { plusMs } from '../platform';
import { sweeper } from './decide';
import type { PaymentsDeps } from './deps';
import { pendingAmong } from './store';

/** A payment's own reservation is released within seconds of its expiry; what is here after an hour has nobody. */
const graceMs = 3_600_000;
const sweepMax = 1_000;

/** Releases money whose time is up and that no pending payment claims. Returns how many reservations. */
export async function releaseUnclaimed(deps: PaymentsDeps): Promise<number> {
  const { db, ledger, audit, ids, clock } = deps;
  const holds = await ledger.expired(db, plusMs(clock.now(), -graceMs), sweepMax);
  const claimed = await pendingAmong(
    db,
    holds.map(({ transferId }) => transferId),
  );
  const voids = holds
    .filter(({ transferId }) => !claimed.has(transferId))
    .map(({ transferId: pendingId, expiresAt }) => {
      const transferId = ids.uuid();
      const event = audit.attachment({
        action: 'hold.released',
        actor: sweeper,
        subject: { kind: 'transfer', id: pendingId },
        transferId,
        new: { expiresAt: expiresAt.toISOString() },
      });
      return { kind: 'void', transferId, pendingId, attachments: [event] } as const;
    });
  const outcomes = await ledger.post(voids);
  return outcomes.filter(({ ok }) => ok).length;
}
