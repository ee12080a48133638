import { err, ok, type Clock, type Db, type Result, type Tx } from '../platform';
import type { PinError } from './errors';
import type { PinHasher } from './pin-hash';
import {
  attemptOf,
  lockAttemptsLeft,
  lockPin,
  consumeAttempt,
  insertAttempt,
  pinOf,
  replaceHash,
  resetAttempts,
  settleAttempt,
  type StoredPin,
} from './store';

const pinAttemptsMax = 3;

export interface VerifyDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly pins: PinHasher;
  /** The last of the transaction that locks: the owner is told. */
  readonly onLocked: (tx: Tx, customerId: string) => Promise<void>;
}

export interface PinAttempt {
  readonly customerId: string;
  readonly pin: string;
  /** Names the hop, keyed and with the PIN in it: the same hop delivered again consumes nothing. */
  readonly attemptKey: string;
  /** Runs in the transaction that finds the PIN right. */
  readonly onRight?: (tx: Tx) => Promise<void>;
}

/**
 * One attempt is taken and committed before the hash is computed, outside any transaction: no rollback, crash or
 * parallel guess gives an attempt back, and no row stays locked while argon2 runs. A right PIN resets the counter.
 */
export async function verifyPin(deps: VerifyDeps, attempt: PinAttempt): Promise<Result<undefined, PinError>> {
  const admitted = await deps.pins.admit(async (verify) => {
    const counted = await deps.db.tx((tx) => countAttempt(deps, tx, attempt));
    if (!counted.ok) return counted;
    const stored = await pinOf(deps.db, attempt.customerId);
    const right = await verify(stored, attempt.pin);
    const settled = await deps.db.tx((tx) =>
      right ? settleRight(tx, attempt) : settleWrong(deps, tx, attempt, counted.value),
    );
    if (settled.ok) await renewStaleHash(deps, attempt, stored);
    return settled;
  });
  return admitted.ok ? admitted.value : admitted;
}

/** The attempts that remain after this one; or the outcome that this very hop had before. */
async function countAttempt({ clock }: VerifyDeps, tx: Tx, attempt: PinAttempt): Promise<Result<number, PinError>> {
  const { attemptKey, customerId } = attempt;
  if (await insertAttempt(tx, attemptKey, customerId, clock.now())) {
    const left = await consumeAttempt(tx, customerId, pinAttemptsMax);
    if (left !== undefined) return ok(left);
    await settleAttempt(tx, attemptKey, { outcome: 'locked', left: 0 });
    return err('pin_locked');
  }
  const before = await attemptOf(tx, attemptKey, customerId);
  if (!before || before.outcome === 'locked') return err('pin_locked'); // a key of somebody else's attempt opens nothing
  if (before.outcome === 'wrong') return wrong(before.left ?? 0);
  // Right before, or cut short before it was known: verified again, consumed no more.
  return ok(await lockAttemptsLeft(tx, customerId, pinAttemptsMax));
}

async function settleRight(
  tx: Tx,
  { attemptKey, customerId, onRight }: PinAttempt,
): Promise<Result<undefined, PinError>> {
  if (!(await resetAttempts(tx, customerId))) {
    await settleAttempt(tx, attemptKey, { outcome: 'locked', left: 0 });
    return err('pin_locked');
  }
  await settleAttempt(tx, attemptKey, { outcome: 'right', left: null });
  await onRight?.(tx);
  return ok(undefined);
}

/** The last attempt locks, unless a right PIN came in between and gave all attempts back. */
async function settleWrong(
  deps: VerifyDeps,
  tx: Tx,
  { attemptKey, customerId }: PinAttempt,
  leftThen: number,
): Promise<Result<undefined, PinError>> {
  const left = leftThen > 0 ? leftThen : await lockAttemptsLeft(tx, customerId, pinAttemptsMax);
  await settleAttempt(tx, attemptKey, { outcome: 'wrong', left });
  if (left <= 0) {
    await lockPin(tx, customerId, deps.clock.now());
    await deps.onLocked(tx, customerId);
  }
  return wrong(left);
}

function wrong(left: number): Result<never, PinError> {
  return left > 0 ? err('pin_wrong', { left }) : err('pin_locked');
}

/** The pepper was rotated: the PIN has just been proven, so its hash can be made anew, unless it was changed meanwhile. */
async function renewStaleHash(
  { db, pins }: VerifyDeps,
  { customerId, pin }: PinAttempt,
  proven: StoredPin,
): Promise<void> {
  if (!pins.isStale(proven)) return;
  const renewed = await pins.hash(pin);
  if (renewed.ok) await replaceHash(db, customerId, proven, renewed.value);
}
