import type { ClearingDeps } from './deps';
import { hearWord, type Word } from './correction-store';

/**
 * The scheme says what it has decided over a transfer that is decided here. Where that is otherwise than what was done, by the
 * scheme's own earlier word or by two of the staff, nothing moves: it is kept for whoever reconciles and corrects (correction.ts), and
 * the log is told. What is known, or agrees, is nothing new.
 */
export async function heardAgain(
  { db, clock, log, audit }: Pick<ClearingDeps, 'db' | 'clock' | 'log' | 'audit'>,
  word: Word,
): Promise<void> {
  const { dfspId, transferId, theirs } = word;
  await db.tx(async (tx) => {
    const ours = await hearWord(tx, word, clock.now());
    if (ours === undefined) return;
    const told = { dfspId, transferId, ours, theirs };
    if (ours !== theirs) log.error(told, 'the scheme decided otherwise than we did: to be corrected');
    else log.warn(told, 'the scheme decided as we did after all');
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
