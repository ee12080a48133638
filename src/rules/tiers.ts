import { assert, err, ok, plusMs, type Clock, type Db, type Result, type Sql, type Tx } from '../platform';
import type { Book } from './book';
import type { Recorder, RuleEvent } from './changes';
import type { RuleError } from './errors';
import { capsOf, type Exceeding } from './exceeding';
import { deleteOverride, dueFor, exceedingOf, insertOverride, setTier, tierForUpdate } from './store';

/** Says it to the person, before it is written to the forensic log; in the transaction of the change. */
export type TierTold = (tx: Tx, customerId: string, tier: string) => Promise<void>;

export interface TierDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly timeZone: string;
  readonly book: () => Book;
  readonly record: Recorder;
  readonly onTier: TierTold;
}

export interface Override {
  readonly customerId: string;
  readonly tier: string;
  readonly reason: string;
  /** A member of the staff. */
  readonly by: string;
}

const dayMs = 86_400_000;
const pageSize = 200;

/**
 * Everybody who has what the next tier asks for comes into it, one step at a time, and is told (R170). Who was put into a
 * tier by hand stays there. Returns how many.
 */
export async function promoteDue(deps: TierDeps): Promise<number> {
  const now = deps.clock.now();
  const tiers = deps.book().current('tiers', now).body;
  let promoted = 0;
  // From the top: who comes up one step now is not looked at for the next one until the next run.
  for (let step = tiers.length - 1; step > 0; step -= 1) {
    const [below, above] = [tiers[step - 1], tiers[step]];
    if (!below || !above?.promotion) continue;
    const { accountAgeDays, balanceMinMinor, paymentsMin } = above.promotion;
    const asked = {
      ...{ tier: below.tier, balanceMinMinor, paymentsMin, limit: pageSize },
      createdBefore: plusMs(now, -accountAgeDays * dayMs),
    };
    for (let page = pageSize; page === pageSize;) {
      const due = await dueFor(deps.db, asked);
      for (const customerId of due) if (await promote(deps, customerId, below.tier, above.tier)) promoted += 1;
      page = due.length;
    }
  }
  return promoted;
}

async function promote(deps: TierDeps, customerId: string, from: string, to: string): Promise<boolean> {
  return deps.db.tx(async (tx) => {
    const found = await tierForUpdate(tx, customerId);
    if (found?.tier !== from || found.overridden) return false; // somebody was faster
    await change(deps, tx, { customerId, from, to }, { actor: { kind: 'system', id: 'promotion' }, reason: 'due' });
    return true;
  });
}

/**
 * A member of the staff puts somebody into a tier: it holds at once and until it is lifted (R173). The caller has made
 * sure that they may. Errors: `customer_unknown`, `tier_unknown`, `reason_missing`.
 */
export async function overrideTier(
  deps: TierDeps,
  tx: Tx,
  { customerId, tier, reason, by }: Override,
): Promise<Result<{ before: string }, RuleError>> {
  const known = deps
    .book()
    .current('tiers', deps.clock.now())
    .body.some((one) => one.tier === tier);
  if (!known) return err('tier_unknown');
  const found = await reasoned(tx, customerId, reason);
  if (!found.ok) return found;
  const { tier: before } = found.value;
  await deleteOverride(tx, customerId);
  const tierBefore = found.value.overridden ?? before;
  await insertOverride(tx, { customerId, tierBefore, reason, by, at: deps.clock.now() });
  await change(deps, tx, { customerId, from: before, to: tier }, { actor: { kind: 'staff', id: by }, reason });
  return ok({ before });
}

/**
 * Back to the tier before, from where promotion goes on. Errors: `customer_unknown`, `not_overridden`, `reason_missing`.
 */
export async function liftTier(
  deps: TierDeps,
  tx: Tx,
  { customerId, reason, by }: Omit<Override, 'tier'>,
): Promise<Result<{ tier: string }, RuleError>> {
  const found = await reasoned(tx, customerId, reason);
  if (!found.ok) return found;
  const { tier: from, overridden: to } = found.value;
  if (to === undefined) return err('not_overridden');
  await deleteOverride(tx, customerId);
  await change(deps, tx, { customerId, from, to }, { actor: { kind: 'staff', id: by }, reason });
  return ok({ tier: to });
}

async function reasoned(
  tx: Tx,
  customerId: string,
  reason: string,
): Promise<Result<{ tier: string; overridden: string | undefined }, RuleError>> {
  if (reason.trim() === '' || reason.length > 500) return err('reason_missing');
  const found = await tierForUpdate(tx, customerId);
  return found ? ok(found) : err('customer_unknown');
}

async function change(
  { onTier, record }: TierDeps,
  tx: Tx,
  { customerId, from, to }: { customerId: string; from: string; to: string },
  { actor, reason }: { actor: RuleEvent['actor']; reason: string },
): Promise<void> {
  if (from !== to) {
    assert(await setTier(tx, customerId, to), 'who is locked is there');
    await onTier(tx, customerId, to);
  }
  const subject = { kind: 'customer', id: customerId };
  await record(tx, [{ action: 'tier.changed', actor, subject, old: { tier: from }, new: { tier: to, reason } }]);
}

/** Who has used or holds more at a moment than their tier allows, for the auditor's daily report (R172). */
export async function exceedingAt({ book, timeZone }: TierDeps, sql: Sql, at: Date): Promise<Exceeding[]> {
  const tiers = book()
    .current('tiers', at)
    .body.map(({ tier }) => tier);
  return exceedingOf(sql, { tiers, ...capsOf(book().current('limits', at).body, tiers, { at, timeZone }) });
}
