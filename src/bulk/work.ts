import { plusMs } from '../platform';
import { checkSome } from './check';
import type { BulkDeps } from './deps';
import { paySome } from './pay';
import { finish, lockBulk, openRows, putOff, takeDue, type Bulk } from './store';

const leaseMs = 120_000;
const bulksAtOnce = 4;
/** How often it is looked whether the scheme has decided. */
const lookEveryMs = 2_000;

/** Looks at rows that nobody has looked at, and pays what is to be paid. Returns of how many bulks. */
export async function work(deps: BulkDeps): Promise<number> {
  const bulks = await takeDue(deps.db, { now: deps.clock.now(), leaseMs, limit: bulksAtOnce });
  await Promise.all(bulks.map((bulk) => workOn(deps, bulk)));
  return bulks.length;
}

async function workOn(deps: BulkDeps, bulk: Bulk): Promise<void> {
  await (bulk.state === 'draft' ? checkSome : paySome)(deps, bulk);
  const now = deps.clock.now();
  await deps.db.tx(async (tx) => {
    // Its maker may have changed a row meanwhile, or a second person begun it.
    const { bulkId, state } = (await lockBulk(tx, bulk.number)) ?? bulk;
    const { states, dueAt } = await openRows(tx, bulkId, state === 'draft' ? 'new' : 'payable');
    if (state === 'paying' && states.length === 0) return finish(tx, bulkId, now);
    const isUnderway = states.includes('pending') || states.includes('refused');
    const look = plusMs(now, lookEveryMs);
    return putOff(tx, bulkId, isUnderway && (dueAt === null || look < dueAt) ? look : dueAt);
  });
}
