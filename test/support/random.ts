/** mulberry32: small, and the same everywhere. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Chance with the few questions that a walk asks it. */
export interface Chance {
  /** True with this probability. */
  readonly is: (probability: number) => boolean;
  /** A whole number from 0 to below `end`. */
  readonly below: (end: number) => number;
  /** Throws where there is nothing to choose from. */
  readonly of: <T>(choices: readonly T[]) => T;
  /** So many digits, the first none of zero. */
  readonly digits: (length: number) => string;
}

export function chanceOf(seed: number): Chance {
  const random = randomOf(seed);
  const below = (end: number) => Math.floor(random() * end);
  return {
    is: (probability) => random() < probability,
    below,
    of: <T>(choices: readonly T[]): T => {
      const chosen = choices[below(choices.length)];
      if (chosen === undefined) throw new Error('there is nothing to choose from');
      return chosen;
    },
    digits: (length) => String(below(9 * 10 ** (length - 1)) + 10 ** (length - 1)),
  };
}
