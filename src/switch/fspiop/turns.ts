import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * Callbacks go out after the 202 to what they answer. An answer may be made while its request is still being taken, and a
 * client that has no 202 yet may take the callback for nobody's (Mojaloop's Testing Toolkit does).
 */
export interface Turns {
  /** Takes a message; whatever is to follow it waits for `answered`. */
  take(work: () => Promise<void>, answered: Promise<unknown>): Promise<void>;
  /**
   * Does what follows: one after another once the message in hand is answered, or at once where there is none. Undefined: it
   * waits.
   */
  follow<T>(work: () => Promise<T>): Promise<T> | undefined;
}

export function createTurns(background: (work: Promise<unknown>) => void): Turns {
  const inHand = new AsyncLocalStorage<{ isOver: boolean; last: Promise<unknown> }>();
  return {
    take: (work, answered) => {
      const turn = { isOver: false, last: answered };
      void answered.then(() => (turn.isOver = true));
      return inHand.run(turn, work);
    },
    follow: (work) => {
      const turn = inHand.getStore();
      if (!turn || turn.isOver) return work();
      turn.last = turn.last.then(work);
      background(turn.last);
      return undefined;
    },
  };
}
