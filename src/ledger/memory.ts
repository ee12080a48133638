import type { Leg } from './port';

/** What this process has seen lately. Losing it costs a look into the database, never a wrong answer. */
export interface Memory {
  /** Whether this id came here before, and notes it. */
  seen(transferId: string): boolean;
  /** The legs of reservations that this process made, by their ids. */
  readonly holds: {
    get(transferId: string): readonly Leg[] | undefined;
    set(transferId: string, legs: readonly Leg[]): void;
    delete(transferId: string): void;
  };
}

const idsMax = 200_000;
const holdsMax = 100_000;

export function createMemory(): Memory {
  let [newer, older] = [new Set<string>(), new Set<string>()];
  const holds = new Map<string, readonly Leg[]>();
  return {
    seen: (transferId) => {
      if (newer.has(transferId) || older.has(transferId)) return true;
      if (newer.size >= idsMax) [newer, older] = [new Set(), newer];
      newer.add(transferId);
      return false;
    },
    holds: {
      get: (transferId) => holds.get(transferId),
      set: (transferId, legs) => {
        const [oldest] = holds.size >= holdsMax ? holds.keys() : [];
        if (oldest !== undefined) holds.delete(oldest);
        holds.set(transferId, legs);
      },
      delete: (transferId) => void holds.delete(transferId),
    },
  };
}
