import { setTimeout as sleep } from 'node:timers/promises';
import { processorUs } from '../../support/processes';
import { createRecorder, type Sample } from './figures';

/** Does one thing that is counted; throws when it did not come out as it should. */
export type Step = () => Promise<void>;

/** Whose cost is measured: the server's processes that serve it, and what was sent to them. */
export interface Watched {
  backends(): Promise<number[]>;
  sent(): { batches: number; transfers: number };
}

/** How long a round is not counted, and then counted. */
export interface Timing {
  readonly warmUpMs: number;
  readonly measureMs: number;
}

/** `inFlight` callers, each again as soon as it has its answer. What ends in the measured time counts. */
export async function closedLoop(watched: Watched, step: Step, inFlight: number, timing: Timing): Promise<Sample> {
  const recorder = createRecorder();
  const beginAt = performance.now() + timing.warmUpMs;
  const endAt = beginAt + timing.measureMs;
  const caller = async (): Promise<void> => {
    for (let startedAt = performance.now(); startedAt < endAt;) {
      await step();
      const now = performance.now();
      if (now >= beginAt && now < endAt) recorder.add(now - startedAt);
      startedAt = now;
    }
  };
  const running = Promise.all(Array.from({ length: inFlight }, caller));
  running.catch(() => undefined); // it is awaited below; until then a failure must not end the process
  await sleep(timing.warmUpMs);
  const before = await reading(watched);
  await sleep(timing.measureMs);
  const after = await reading(watched);
  await running;
  const count = recorder.count();
  const { p50Ms, p99Ms, maxMs } = recorder.figures();
  // The readings lie a moment beside the window, so each is taken over what was done between them.
  const done = (count * (after.atMs - before.atMs)) / timing.measureMs;
  const batches = after.batches - before.batches;
  return {
    perSecond: (count / timing.measureMs) * 1_000,
    p50Ms,
    p99Ms,
    maxMs,
    nodeUs: (after.nodeUs - before.nodeUs) / done,
    ...(before.backendUs > 0 && { postgresUs: (after.backendUs - before.backendUs) / done }),
    ...(batches > 0 && { batch: (after.transfers - before.transfers) / batches }),
  };
}

interface Reading {
  readonly atMs: number;
  readonly nodeUs: number;
  /** Zero when the server's processes cannot be seen from here. */
  readonly backendUs: number;
  readonly batches: number;
  readonly transfers: number;
}

async function reading(watched: Watched): Promise<Reading> {
  const pids = await watched.backends();
  const backendUs = (await Promise.all(pids.map((pid) => processorUs(pid, 'postgres')))).reduce(
    (sum, us) => sum + us,
    0,
  );
  const { user, system } = process.cpuUsage();
  return { atMs: performance.now(), nodeUs: user + system, backendUs, ...watched.sent() };
}
