import { isPassing } from '../switch';
import type { ClearingDeps } from './deps';
import { dueFor, markTold, takeUntold, type Entry } from './directory-store';
import { contextOf } from './outgoing';

/**
 * Tells the scheme's directory who is reached here and who no more (R240, Q1). A phone that changes hands and a profile that
 * opens or closes leave their row in the same transaction; here it is sent until it is taken, or refused for good.
 */

const laterMs = 600_000;
const atOnce = 50;

type DirectoryDeps = Pick<ClearingDeps, 'db' | 'clock' | 'log' | 'terms' | 'adapter'>;

/** Tells what is due, and returns how many; at first, all whom this scheme was never told of. */
export function createDirectory(deps: DirectoryDeps): () => Promise<number> {
  const { db, clock, adapter } = deps;
  let isNew = true;
  return async () => {
    if (isNew) await dueFor(db, adapter.name);
    isNew = false;
    const due = await takeUntold(db, { now: clock.now(), laterMs, limit: atOnce });
    await Promise.all(due.map((entry) => tell(deps, entry)));
    return due.length;
  };
}

async function tell(deps: DirectoryDeps, entry: Entry): Promise<void> {
  const { idType, id, isHere } = entry;
  const told = await deps.adapter.registerParty({ idType, id }, isHere ? 'add' : 'remove', contextOf(deps));
  if (told.status === 'refused') {
    if (isPassing(told.error)) return;
    deps.log.warn({ idType, isHere, code: told.error.code }, 'the directory does not take who is reached here');
  }
  await markTold(deps.db, entry, deps.adapter.name);
}
