import type { Clock } from '../platform';

/** Counts by name within windows of a fixed length; in this process only. */
export interface RateLimit {
  count(name: string): void;
  isOver(name: string): boolean;
}

const namesMax = 10_000;

export function createRateLimit({ clock, max, windowMs }: { clock: Clock; max: number; windowMs: number }): RateLimit {
  let counts = new Map<string, number>();
  let window = -1;
  const turn = (): void => {
    const now = Math.floor(clock.now().getTime() / windowMs);
    if (now === window && counts.size < namesMax) return;
    counts = new Map();
    window = now;
  };
  return {
    count: (name) => {
      turn();
      counts.set(name, (counts.get(name) ?? 0) + 1);
    },
    isOver: (name) => {
      turn();
      return (counts.get(name) ?? 0) >= max;
    },
  };
}
