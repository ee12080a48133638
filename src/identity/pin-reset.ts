import { err, ok, plusMs, type CodeDigests, type Ids, type Msisdn, type Result, type Sql, type Tx } from '../platform';
import type { ResetError } from './errors';
import * as resets from './reset-store';
import { holdOf, type SimDeps } from './sim';
import { customerById, type StoredPin } from './store';

export interface ResetDeps extends SimDeps {
  readonly ids: Ids;
  readonly resetCodes: CodeDigests;
}

export const resetTtlMs = 10 * 60_000;
/** So long a code that was told right allows to set a PIN: longer than a session. */
const proofTtlMs = 5 * 60_000;
const triesMax = 3;
const resetsPerDayMax = 5;
const dayMs = 86_400_000;

export interface StartedReset {
  /** For the SMS and nothing else. */
  readonly code: string;
  readonly msisdn: Msisdn;
  readonly expiresAt: Date;
}

/**
 * A fresh code for the person's contact phone, in the place of any before it.
 * Errors: `sim_swapped`, `sim_unknown`, `phone_missing`, `pin_missing`, `resets_too_many`.
 */
export async function startPinReset(
  deps: ResetDeps,
  tx: Tx,
  { customerId, by }: { customerId: string; by: string },
): Promise<Result<StartedReset, 'sim_swapped' | 'sim_unknown' | 'phone_missing' | 'pin_missing' | 'resets_too_many'>> {
  const customer = await customerById(tx, customerId);
  if (customer?.msisdn === undefined || customer.status !== 'active') return err('phone_missing');
  const { msisdn } = customer;
  const held = await holdOf(deps, msisdn);
  if (held) return err(held);
  if (!(await resets.lockPinRow(tx, customerId))) return err('pin_missing');
  const now = deps.clock.now();
  if ((await resets.countResetsSince(tx, customerId, plusMs(now, -dayMs))) >= resetsPerDayMax)
    return err('resets_too_many');
  await resets.endResets(tx, customerId, { outcome: 'replaced', now });
  const [resetId, code] = [deps.ids.uuid(), deps.ids.code()];
  const digest = deps.resetCodes.of(resetId, code);
  const expiresAt = plusMs(now, resetTtlMs);
  await resets.insertReset(tx, {
    ...{ resetId, customerId, msisdn, digest, startedBy: by },
    triesLeft: triesMax,
    now,
    expiresAt,
  });
  return ok({ code, msisdn, expiresAt });
}

/** Whether a code of this person's may be typed now. */
export async function isResetOpen({ clock }: ResetDeps, sql: Sql, customerId: string): Promise<boolean> {
  return (await resets.openReset(sql, customerId, clock.now())) !== undefined;
}

export interface ResetAttempt {
  readonly customerId: string;
  readonly code: string;
  /** Names the hop, keyed: the same hop delivered again takes no further try. */
  readonly hopKey: string;
  /** The last of the transaction in which the third wrong code, or another SIM, ended the reset. */
  readonly onEnded: (tx: Tx, why: 'failed' | 'swapped') => Promise<void>;
}

/**
 * Tries a code. Told right it may be told again until a PIN is set, for a call that was cut; the hop before proves
 * nothing then. The network is asked first, outside any transaction: a new SIM learns not even whether a code is right.
 */
export async function proveReset(deps: ResetDeps, attempt: ResetAttempt): Promise<Result<undefined, ResetError>> {
  const { db, clock } = deps;
  const { customerId, onEnded } = attempt;
  const open = await resets.openReset(db, customerId, clock.now());
  if (!open) return err('reset_over');
  const held = await holdOf(deps, open.msisdn);
  if (held === 'sim_swapped') {
    await db.tx(async (tx) => {
      if (!(await resets.lockReset(tx, customerId, clock.now()))) return;
      await resets.endResets(tx, customerId, { outcome: 'swapped', now: clock.now() });
      await onEnded(tx, 'swapped');
    });
  }
  if (held) return err(held);
  return db.tx((tx) => tryCode(deps, tx, { ...attempt, asked: open.resetId }));
}

async function tryCode(
  deps: ResetDeps,
  tx: Tx,
  { customerId, code, hopKey, onEnded, asked }: ResetAttempt & { readonly asked: string },
): Promise<Result<undefined, ResetError>> {
  const now = deps.clock.now();
  const reset = await resets.lockReset(tx, customerId, now);
  if (reset?.resetId !== asked) return err('reset_over'); // it ended, or another took its place, whose phone was not asked about
  if (deps.resetCodes.match(reset.digest, reset.resetId, code)) {
    await resets.proveReset(tx, reset.resetId, hopKey, now);
    return ok(undefined);
  }
  if (reset.triedBy === hopKey) return err('reset_code_wrong', { left: reset.triesLeft });
  await resets.takeResetTry(tx, reset.resetId, hopKey);
  const left = reset.triesLeft - 1;
  if (left > 0) return err('reset_code_wrong', { left });
  await resets.endResets(tx, customerId, { outcome: 'failed', now });
  await onEnded(tx, 'failed');
  return err('reset_over');
}

/** Sets a PIN that was typed twice, for whoever told the code by the hop `proof` a moment ago. */
export async function finishPinReset(
  { clock }: ResetDeps,
  tx: Tx,
  change: { customerId: string; pin: StoredPin; proof: string },
): Promise<Result<undefined, 'reset_over'>> {
  const now = clock.now();
  const set = await resets.setResetPin(tx, { ...change, provenSince: plusMs(now, -proofTtlMs), now });
  return set ? ok(undefined) : err('reset_over');
}
