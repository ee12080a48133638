import type { ClearingDeps } from './deps';
import { insertContradiction, type Contradiction } from './journal-store';

/**
 * The scheme says otherwise than what was done here, by the scheme's own earlier word or by two of the staff. Nothing moves:
 * it is kept as a finding for whoever reconciles, and the log is told.
 */
export async function contradicted(
  { db, clock, log, audit }: Pick<ClearingDeps, 'db' | 'clock' | 'log' | 'audit'>,
  found: Contradiction,
): Promise<void> {
  const { dfspId, transferId, ours, theirs } = found;
  log.error({ dfspId, transferId, ours, theirs }, 'the scheme decided otherwise than we did: to be reconciled');
  await db.tx(async (tx) => {
    if (!(await insertContradiction(tx, found, clock.now()))) return;
    await audit.record(tx, [
      {
        action: 'transfer.contradicted',
        actor: { kind: 'provider', id: dfspId },
        subject: { kind: 'scheme_transfer', id: transferId },
        old: { state: ours },
        new: { state: theirs },
      },
    ]);
  });
}
