/** Lets a bounded number of pieces of work run at once and a bounded number wait; turns the rest away. */
export interface Gate {
  /** Runs `work` in its turn, or returns `full` at once without running it. */
  pass<T>(work: () => Promise<T>): Promise<T | 'full'>;
}

export function createGate({ runningMax, waitingMax }: { runningMax: number; waitingMax: number }): Gate {
  let running = 0;
  const waiting: (() => void)[] = [];
  return {
    pass: async (work) => {
      if (running >= runningMax && waiting.length >= waitingMax) return 'full';
      if (running >= runningMax) await new Promise<void>((resolve) => waiting.push(resolve));
      else running += 1;
      try {
        return await work();
      } finally {
        const next = waiting.shift(); // hands its place on, so that nobody slips in between
        if (next) next();
        else running -= 1;
      }
    },
  };
}
