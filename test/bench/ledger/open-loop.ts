import { once } from 'node:events';
import path from 'node:path';
import { PerformanceObserver } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { withParameters, type Books } from './books';
import { createRecorder, rounded } from './figures';
import type { Step } from './load';
import { episodesOf, explain, type Episode, type Late, type Pause } from './stalls';
import type { Trace } from './tracer';

/** Arrivals at random moments, whether or not the earlier ones have their answers. */
export interface OpenRound {
  readonly rate: number;
  readonly transfers: number;
  readonly p50Ms: number | undefined;
  readonly p99Ms: number | undefined;
  readonly p999Ms: number | undefined;
  readonly maxMs: number | undefined;
  readonly batch: number | undefined;
  readonly stalls: readonly Episode[];
}

const stallMs = 20;
const blockedMs = 5;
const settleMs = 1_000;
const outstandingMax = 100_000;

/**
 * Transfers arrive by Poisson at `rate` a second for `seconds`; each one's latency counts from when it was due, not
 * from when a loop that stood still came round to it.
 */
export async function openLoop(books: Books, step: Step, rate: number, seconds: number): Promise<OpenRound> {
  const recorder = createRecorder();
  const late: Late[] = [];
  const observer = observePauses();
  const tracer = await startTracer(books.url);
  const before = books.sent();
  const blocked = await arrivals({ step, rate, seconds }, (dueMs, doneMs) => {
    recorder.add(doneMs - dueMs);
    if (doneMs - dueMs > stallMs) late.push({ dueMs, doneMs });
  });
  const after = books.sent();
  await sleep(settleMs / 10);
  const trace = await tracer.stop();
  const { p50Ms, p99Ms, p999Ms, maxMs } = recorder.figures();
  const evidence = { trace, pauses: [...observer.stop(), ...blocked] };
  return {
    rate,
    transfers: recorder.count(),
    p50Ms: rounded(p50Ms),
    p99Ms: rounded(p99Ms),
    p999Ms: rounded(p999Ms),
    maxMs: rounded(maxMs),
    batch: rounded((after.transfers - before.transfers) / (after.batches - before.batches), 1),
    stalls: episodesOf(late).map((episode) => explain(episode, evidence)),
  };
}

interface Load {
  readonly step: Step;
  readonly rate: number;
  readonly seconds: number;
}

/** Returns when the loop stood still for longer than a moment. */
async function arrivals(
  { step, rate, seconds }: Load,
  arrived: (dueMs: number, doneMs: number) => void,
): Promise<Pause[]> {
  const blocked: Pause[] = [];
  const beginMs = performance.now();
  const endMs = beginMs + seconds * 1_000;
  const gapMs = (): number => (-Math.log(1 - Math.random()) * 1_000) / rate;
  let dueMs = beginMs + gapMs();
  let outstanding = 0;
  let failure: unknown;
  const arrive = (due: number): void => {
    outstanding += 1;
    step().then(
      () => {
        outstanding -= 1;
        arrived(due, performance.now());
      },
      (error: unknown) => {
        outstanding -= 1;
        failure ??= error;
      },
    );
  };
  while (dueMs < endMs) {
    const before = performance.now();
    const pauseMs = Math.max(1, dueMs - before);
    await sleep(pauseMs);
    const now = performance.now();
    if (now - before - pauseMs > blockedMs) {
      blocked.push({ what: 'the event loop stood still', fromMs: before + pauseMs, toMs: now });
    }
    for (; dueMs <= now && dueMs < endMs; dueMs += gapMs()) arrive(dueMs);
    if (failure !== undefined) throw failure as Error;
    if (outstanding > outstandingMax) throw new Error(`${rate} a second is more than it can do`);
  }
  while (outstanding > 0) await sleep(5);
  if (failure !== undefined) throw failure as Error;
  return blocked;
}

/** Pauses of the garbage collector that can be felt. */
function observePauses(): { stop(): Pause[] } {
  const pauses: Pause[] = [];
  const observer = new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) {
      if (duration > blockedMs)
        pauses.push({ what: 'garbage collection', fromMs: startTime, toMs: startTime + duration });
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  return {
    stop: () => {
      observer.disconnect();
      return pauses;
    },
  };
}

async function startTracer(url: string): Promise<{ stop(): Promise<Trace> }> {
  // A thread does not inherit what lets Node read TypeScript.
  const worker = new Worker(`require('tsx/cjs'); require(${JSON.stringify(path.join(__dirname, 'tracer.ts'))})`, {
    eval: true,
    workerData: { url: withParameters(url, { application_name: 'bench' }) },
  });
  await once(worker, 'online');
  await sleep(settleMs);
  return {
    stop: async () => {
      const told = once(worker, 'message');
      worker.postMessage('stop');
      const [trace] = (await told) as [Trace];
      await worker.terminate();
      return trace;
    },
  };
}
