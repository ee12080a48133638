import { err, ok, plusMs, type Clock } from '../platform';
import type { SessionStore } from './sessions';

export interface MemorySessionsOptions {
  readonly clock: Clock;
  /** How many values are kept; the oldest written goes first. */
  readonly valuesMax: number;
  /** How many callers may wait for one lock. */
  readonly waitersMax: number;
}

/** Sessions in this process: for one instance, and gone with it. */
export function createMemorySessions({ clock, valuesMax, waitersMax }: MemorySessionsOptions): SessionStore {
  const values = new Map<string, { value: string; expiresAt: Date }>();
  const locks = new Map<string, Waiting[]>();

  return {
    locked: async (key, waitMs, work) => {
      if (!(await acquire(locks, key, { waitMs, waitersMax }))) return err('session_busy');
      try {
        return ok(await work());
      } finally {
        release(locks, key);
      }
    },
    get: (key) => {
      const entry = values.get(key);
      if (entry && entry.expiresAt <= clock.now()) values.delete(key);
      return Promise.resolve(values.get(key)?.value);
    },
    set: (key, value, ttlMs) => {
      values.delete(key); // written again: now the youngest
      values.set(key, { value, expiresAt: plusMs(clock.now(), ttlMs) });
      evict(values, valuesMax, clock.now());
      return Promise.resolve();
    },
    delete: (key) => {
      values.delete(key);
      return Promise.resolve();
    },
  };
}

type Waiting = (granted: boolean) => void;

/** The list under a key exists while somebody holds its lock; it holds those who wait. */
function acquire(
  locks: Map<string, Waiting[]>,
  key: string,
  { waitMs, waitersMax }: { waitMs: number; waitersMax: number },
): Promise<boolean> {
  const waiting = locks.get(key);
  if (!waiting) {
    locks.set(key, []);
    return Promise.resolve(true);
  }
  if (waiting.length >= waitersMax) return Promise.resolve(false);
  return new Promise((resolve) => {
    const settle: Waiting = (granted) => {
      clearTimeout(timer);
      resolve(granted);
    };
    const timer = setTimeout(() => {
      waiting.splice(waiting.indexOf(settle), 1);
      resolve(false);
    }, waitMs);
    waiting.push(settle);
  });
}

function release(locks: Map<string, Waiting[]>, key: string): void {
  const next = locks.get(key)?.shift();
  if (next) next(true);
  else locks.delete(key);
}

/** Map keeps the order of writing, so what is first is oldest: expired ones go, then whatever is too much. */
function evict(values: Map<string, { expiresAt: Date }>, valuesMax: number, now: Date): void {
  for (const [key, { expiresAt }] of values) {
    if (expiresAt > now && values.size <= valuesMax) return;
    values.delete(key);
  }
}
