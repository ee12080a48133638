import type { Actor } from '../ledger';
import { assert, inSlices, plusMs, type Result } from '../platform';
import type { BulkDeps } from './deps';
import { isSameName } from './names';
import { findPayee, isTemporary, type Found } from './payee';
import { dueRows, noteTried, type Bulk, type Row } from './store';

/**
 * Pays what is due of a bulk that two people stand for. Every try of a row is a payment of its own, with a fresh id; the row
 * itself moves on with the money, so that of two tries at once, or of one that nobody remembers, one pays at most.
 */
const rowsAtATime = 100;
const atOnce = 8;
const [firstMs, laterMs] = [60_000, 3_600_000];

type There = Extract<Found, { there: unknown }>['there'];
interface Paying {
  readonly bulk: Bulk;
  readonly by: Actor;
  readonly traceId: string;
}

export async function paySome(deps: BulkDeps, bulk: Bulk): Promise<void> {
  const { payActId, paidBy } = bulk;
  assert(payActId !== null && paidBy !== null, 'somebody stands for what is paid');
  const paying: Paying = { bulk, by: { kind: 'staff', id: paidBy }, traceId: payActId };
  await takeRefused(deps, bulk);
  const rows = await dueRows(deps.db, bulk.bulkId, { state: 'payable', now: deps.clock.now(), limit: rowsAtATime });
  if (deps.clock.now() >= bulk.retryUntil) {
    for (const row of rows) await fail(deps, row, row.problem ?? 'quote_expired');
    return;
  }
  const elsewhere: { row: Row; there: There }[] = [];
  await inSlices(rows, atOnce, async (row) => {
    const found = await findPayee(deps, bulk, row.payee);
    if (!found.ok) return tried(deps, bulk, row, found.error);
    const { value } = found;
    if (!isSameName(value.name, row.foundName ?? '')) return fail(deps, row, 'payee_changed');
    if ('there' in value) elsewhere.push({ row, there: value.there });
    else await payOne(deps, paying, { row, to: value.here, paymentId: deps.ids.uuid() });
  });
  for (const dfspId of new Set(elsewhere.map(({ there }) => there.outside.dfspId))) {
    await payThere(deps, paying, { dfspId, rows: elsewhere.filter(({ there }) => there.outside.dfspId === dfspId) });
  }
}

/** Rows of one provider travel together: asked together, held each by its own offer, and sent together. */
async function payThere(
  deps: BulkDeps,
  paying: Paying,
  { dfspId, rows }: { dfspId: string; rows: readonly { row: Row; there: There }[] },
): Promise<void> {
  const items = rows.map(({ row, there }) => ({ row, there, paymentId: deps.ids.uuid() }));
  const { bulkId, offers } = await deps.scheme.offersFor({
    ...{ customerId: paying.bulk.ownerId, dfspId },
    items: items.map(({ row: { amountMinor, note }, there: { party: payee }, paymentId }) => ({
      ...{ paymentId, payee, amountMinor, note },
    })),
  });
  await inSlices(items, atOnce, async ({ row, there: { outside }, paymentId }) => {
    const offer = offers.get(paymentId);
    assert(offer, 'whatever is asked for is answered, or it is said that it is not');
    if (!offer.ok) return tried(deps, paying.bulk, row, offer.error);
    return payOne(deps, paying, { row, to: { outside, offerExpiresAt: offer.value.expiresAt }, paymentId });
  });
  await deps.scheme.sealBulk(bulkId);
}

type To = Parameters<BulkDeps['payments']['payOne']>[0]['to'];

async function payOne(
  deps: BulkDeps,
  { bulk, by, traceId }: Paying,
  { row, to, paymentId }: { row: Row; to: To; paymentId: string },
): Promise<void> {
  const { ownerId, accountId } = bulk;
  const { rowId, amountMinor } = row;
  const paid: Result<unknown, string> = await deps.payments.payOne({
    ...{ paymentId, ownerId, accountId, to, amountMinor, rowId, by, traceId },
  });
  if (!paid.ok) await tried(deps, bulk, row, paid.error);
}

/** What the scheme gave up is tried again, or not. */
async function takeRefused(deps: BulkDeps, bulk: Bulk): Promise<void> {
  const refused = { state: 'refused', now: deps.clock.now(), limit: rowsAtATime } as const;
  for (const row of await dueRows(deps.db, bulk.bulkId, refused)) {
    assert(row.paymentId, 'what was refused had a payment');
    await tried(deps, bulk, row, await deps.scheme.whyRefused(row.paymentId));
  }
}

/** R263: what may be otherwise later is tried again until the bulk's end, each time after longer. */
async function tried(deps: BulkDeps, bulk: Bulk, row: Row, problem: string): Promise<void> {
  const dueAt = plusMs(deps.clock.now(), Math.min(firstMs * 4 ** row.attempts, laterMs));
  if (!isTemporary(problem)) return fail(deps, row, problem);
  await noteTried(deps.db, row, {
    state: 'payable',
    problem,
    dueAt: dueAt < bulk.retryUntil ? dueAt : bulk.retryUntil,
  });
}

async function fail(deps: BulkDeps, row: Row, problem: string): Promise<void> {
  await noteTried(deps.db, row, { state: 'failed', problem, dueAt: deps.clock.now() });
}
