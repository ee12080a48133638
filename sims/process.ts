/** A simulator that works. */
interface Working {
  /** What its parent is told, beside that it is ready. */
  readonly told: object;
  /** What somebody at a terminal reads. */
  readonly said: string;
  readonly close: () => Promise<void>;
}

const exitWithinMs = 2_000;

/**
 * Runs a simulator as a process: on its own, or as a child that tells its parent over IPC when it is ready.
 * `start` is given what ends the process at once: for a disk that refuses, say.
 */
export function runProcess(name: string, start: (fail: (why: string) => void) => Promise<Working>): void {
  const fail = (why: string): void => {
    console.error(`${name}: ${why}`);
    process.exit(1);
  };
  // Without its parent it would keep the ports from the next start; the parent may be gone before we listen.
  if (process.send !== undefined && !process.connected) process.exit(0);
  process.once('disconnect', () => process.exit(0));
  // `start` may throw before it promises anything: settings are read there.
  Promise.resolve(fail)
    .then(start)
    .then(tell)
    .catch((error: unknown) => fail(reasonOf(error)));
}

function tell({ told, said, close }: Working): void {
  if (process.send === undefined) console.log(said);
  if (process.connected) process.send?.({ ready: true, ...told }, undefined, undefined, () => undefined);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      setTimeout(() => process.exit(0), exitWithinMs).unref();
      void close().then(() => process.exit(0));
    });
  }
}

export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : 'unknown error');
