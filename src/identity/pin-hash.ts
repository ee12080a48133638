import argon2 from 'argon2';
import { assert, createGate, err, ok, type Keyring, type Result } from '../platform';
import type { StoredPin } from './store';

/**
 * argon2id at OWASP's minimum (19 MiB, 2 passes, 1 lane): about 20 ms of CPU. A PIN has ten thousand values, so what
 * protects a stolen hash is the pepper, which no database holds; what protects a live one is the counter.
 */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** Below libuv's four threads, so that a crowd of PINs starves neither the file system nor DNS. */
const hashingMax = 2;
/** PIN checks under way at once, waiting for rows or for their turn to hash: about three seconds of work on two cores, within a hop. */
const admittedMax = 64;

export interface PinHasher {
  hash(pin: string): Promise<Result<StoredPin, 'pin_busy'>>;
  matches(stored: StoredPin, pin: string): Promise<Result<boolean, 'pin_busy'>>;
  /** True when the hash was made with a pepper that is no longer the one in use. */
  isStale(stored: StoredPin): boolean;
  /** Runs `work` when there is room to hash; `pin_busy` otherwise, before anything was consumed. */
  admit<T>(
    work: (verify: (stored: StoredPin, pin: string) => Promise<boolean>) => Promise<T>,
  ): Promise<Result<T, 'pin_busy'>>;
}

export function createPinHasher(peppers: Keyring): PinHasher {
  // Two gates: who waits for a locked row must not keep others from hashing.
  const admission = createGate({ runningMax: admittedMax, waitingMax: 0 });
  const hashing = createGate({ runningMax: hashingMax, waitingMax: admittedMax });
  const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
    const result = await hashing.pass(async () => ({ value: await work() }));
    assert(result !== 'full', 'whoever was admitted finds a place to wait');
    return result.value;
  };
  const verify = ({ hash, pepperId }: StoredPin, pin: string): Promise<boolean> =>
    inTurn(() => argon2.verify(hash, pin, { secret: peppers.get(pepperId) }));
  const admit: PinHasher['admit'] = async (work) => {
    const result = await admission.pass(async () => ({ value: await work(verify) }));
    return result === 'full' ? err('pin_busy') : ok(result.value);
  };
  return {
    admit,
    hash: (pin) =>
      admit(async () => ({
        hash: await inTurn(() => argon2.hash(pin, { ...cost, type: argon2.argon2id, secret: peppers.current })),
        pepperId: peppers.currentId,
      })),
    matches: (stored, pin) => admit(() => verify(stored, pin)),
    isStale: ({ pepperId }) => pepperId !== peppers.currentId,
  };
}
