import { inSlices, plusMs } from '../platform';
import type { BulkDeps } from './deps';
import { isSameName } from './names';
import { findPayee, isTemporary } from './payee';
import { dueRows, noteSeen, type Bulk, type Row, type Seen } from './store';

/** Looks at rows before anybody pays: is the number somebody's, and whose (R257). */

const rowsAtATime = 100;
const atOnce = 8;
const againMs = 30_000;

export async function checkSome(deps: BulkDeps, bulk: Bulk): Promise<void> {
  const rows = await dueRows(deps.db, bulk.bulkId, { state: 'new', now: deps.clock.now(), limit: rowsAtATime });
  await inSlices(rows, atOnce, async (row) => noteSeen(deps.db, row, await look(deps, bulk, row)));
}

async function look(deps: BulkDeps, bulk: Bulk, { payee, expectedName }: Row): Promise<Seen> {
  const now = deps.clock.now();
  const found = await findPayee(deps, bulk, payee);
  if (!found.ok) {
    const again = isTemporary(found.error);
    return {
      ...{ state: again ? 'new' : 'invalid', foundName: null, dfspId: null, problem: found.error },
      dueAt: again ? plusMs(now, againMs) : now,
    };
  }
  const { name } = found.value;
  const dfspId = 'there' in found.value ? found.value.there.outside.dfspId : null;
  const differs = expectedName !== null && !isSameName(expectedName, name);
  const seen = { foundName: name, dfspId, dueAt: now };
  return differs
    ? { ...seen, state: 'mismatch', problem: 'name_differs' }
    : { ...seen, state: 'payable', problem: null };
}
