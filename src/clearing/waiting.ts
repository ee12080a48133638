import { EventEmitter, once } from 'node:events';

/**
 * Somebody on a line waits for what another process may write. What is waited for is a row; in this process it is told
 * at once, from others it is looked for.
 */
export interface Waiting {
  /** What was waited for may be there. */
  wake(key: string): void;
  /** Looks until `look` finds something, or time is up: undefined then. */
  until<T>(key: string, patienceMs: number, look: () => Promise<T | undefined>): Promise<T | undefined>;
}

const lookEveryMs = 100;

export function createWaiting(): Waiting {
  const woken = new EventEmitter().setMaxListeners(0);
  return {
    wake: (key) => woken.emit(key),
    until: async (key, patienceMs, look) => {
      const end = performance.now() + patienceMs;
      for (;;) {
        const next = nap(woken, key);
        const found = await look();
        if (found !== undefined || performance.now() >= end) {
          next.stop();
          return found;
        }
        await next.over;
      }
    },
  };
}

function nap(woken: EventEmitter, key: string): { over: Promise<unknown>; stop: () => void } {
  const stopping = new AbortController();
  // A timer, which holds what it stops. What AbortSignal.any makes of AbortSignal.timeout does not: Node 20 may collect that
  // timeout before it comes, and whoever waits here would wait for ever.
  const timer = setTimeout(() => stopping.abort(), lookEveryMs);
  const over = once(woken, key, { signal: stopping.signal })
    .catch(() => undefined)
    .finally(() => clearTimeout(timer));
  return { over, stop: () => stopping.abort() };
}
