import { setTimeout as sleep } from 'node:timers/promises';
import { err, type Clock, type Log } from '../platform';
import type { Lane, Sent } from './lane';
import type { Work } from './pack';
import type { Leg, Outcome } from './port';
import type { Posted } from './store';

/** A transfer that somebody waits for. */
export interface Task extends Work {
  legs: readonly Leg[];
  /** Whether its id may have been there before. */
  known: boolean;
  /** Whether it was sent and no answer came. */
  inDoubt?: boolean;
  /** Of the same reservation, and asked for earlier: goes first. */
  readonly after?: Promise<unknown> | undefined;
  readonly settle: (outcome: Outcome) => void;
  readonly fail: (error: Error) => void;
}

export interface DispatchDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** Milliseconds that no clock setting changes; absent: the clock is believed (tests). */
  readonly monotonicMs?: () => number;
  /** Asked before every batch; false stops money. */
  readonly moneyAllowed?: () => boolean;
  /** Tells who waits what came of a batch. */
  readonly deliver: (batch: readonly Task[], posted: Posted, lane: number) => void;
}

/** The way to the database: what waits, and the lanes that take it there. */
export interface Dispatch {
  readonly deps: DispatchDeps;
  readonly free: Lane[];
  readonly busy: Set<Promise<void>>;
  /** What carries out a promise goes before what makes a new one: under load, held money moves on first (R199). */
  readonly urgent: Task[];
  readonly waiting: Task[];
  /** Of the wall clock over the one that nobody sets, when we began. */
  readonly offsetAtStartMs: number;
  pumping: boolean;
  closed: boolean;
  waitMs: number;
}

const batchMax = 1_000;
/** One jump must not carry the numbers of rows beyond the partitions that are made ahead, for good. */
const clockJumpMaxMs = 3_600_000;
const shortestWaitMs = 20;
const longestWaitMs = 1_000;

export function createDispatch(deps: DispatchDeps, lanes: readonly Lane[]): Dispatch {
  return {
    deps,
    free: [...lanes],
    busy: new Set(),
    urgent: [],
    waiting: [],
    offsetAtStartMs: offsetMs(deps),
    pumping: false,
    closed: false,
    waitMs: 0,
  };
}

/**
 * Queues a task. As soon as a lane is free it takes its share of all that waits, up to a thousand, in one call of the
 * database. Nobody waits for a timer: alone, a transfer leaves at once; under load, batches grow by themselves, and what
 * a batch costs once (a commit, a row of a hot account, a link of the log) is shared.
 */
export function enqueue(to: Dispatch, task: Task): void {
  ('pendingId' in task.transfer ? to.urgent : to.waiting).push(task);
  pumpSoon(to);
}

/** Waits for what is under way and gives the lanes back. */
export async function endLanes(of: Dispatch): Promise<void> {
  await Promise.allSettled(of.busy);
  await Promise.all(of.free.map((lane) => lane.end()));
}

/** After whoever is to be told has been told: what they ask for next goes with this batch, not one by one. */
function pumpSoon(on: Dispatch): void {
  if (on.pumping) return;
  on.pumping = true;
  setImmediate(() => {
    on.pumping = false;
    pump(on);
  });
}

function pump(on: Dispatch): void {
  for (let lane = on.free.pop(); lane; lane = on.free.pop()) {
    const share = Math.min(batchMax, Math.ceil((on.urgent.length + on.waiting.length) / (on.free.length + 1)));
    if (share === 0) {
      on.free.push(lane);
      return;
    }
    const batch = on.urgent.splice(0, share);
    batch.push(...on.waiting.splice(0, share - batch.length));
    start(on, lane, batch);
  }
}

function start(on: Dispatch, lane: Lane, batch: Task[]): void {
  const run = carry(on, lane, batch).finally(() => {
    on.busy.delete(run);
    on.free.push(lane);
    pumpSoon(on);
  });
  on.busy.add(run);
}

async function carry(on: Dispatch, lane: Lane, batch: readonly Task[]): Promise<void> {
  const known = batch.some((task) => task.known);
  const sent = stopped(on) ?? (await lane.send(batch, known, on.deps.clock.now()));
  switch (sent.outcome) {
    case 'posted':
      on.waitMs = 0;
      on.deps.deliver(batch, sent.posted, sent.lane);
      return;
    case 'known':
      for (const task of batch) task.known = true;
      return carry(on, lane, batch);
    case 'in_doubt':
      return askAgain(on, batch, sent.error);
    case 'faulty':
      return batch.length > 1 ? bisect(on, lane, batch) : blame(on, batch, sent);
    case 'impossible':
      return giveUp(on, batch, sent.error);
  }
}

/** Nothing of it could be written now. What is in doubt may have been written before: it must not be called failed. */
async function giveUp(on: Dispatch, batch: readonly Task[], error: Error): Promise<void> {
  for (const task of batch) if (!task.inDoubt) task.fail(error);
  const inDoubt = batch.filter((task) => task.inDoubt);
  if (inDoubt.length > 0) await askAgain(on, inDoubt, error);
}

/** One of them is to blame: halve until it stands alone. The others go through. */
async function bisect(on: Dispatch, lane: Lane, batch: readonly Task[]): Promise<void> {
  const half = Math.ceil(batch.length / 2);
  await carry(on, lane, batch.slice(0, half));
  await carry(on, lane, batch.slice(half));
}

/** A row that came with it is refused; without one, the transfer itself cannot be written. */
async function blame(
  on: Dispatch,
  batch: readonly Task[],
  { error, reason }: Extract<Sent, { outcome: 'faulty' }>,
): Promise<void> {
  const attached = batch.filter(({ transfer }) => (transfer.attachments?.length ?? 0) > 0);
  for (const task of attached) task.settle(err('attachment_refused', { reason }));
  await giveUp(
    on,
    batch.filter((task) => !attached.includes(task)),
    error,
  );
}

/** Nobody knows what became of it: it goes to the front again, to be looked for, as soon as somebody answers. */
export async function askAgain(on: Dispatch, batch: readonly Task[], error: Error): Promise<void> {
  if (on.closed) {
    for (const task of batch) task.fail(error);
    return;
  }
  for (const task of batch) task.known = task.inDoubt = true;
  await waitOut(on, error, 'a batch is in doubt; it is asked again');
  on.urgent.unshift(...batch);
  pumpSoon(on);
}

/** Each time longer, until somebody answers. */
export async function waitOut(on: Dispatch, error: Error, what: string): Promise<void> {
  on.waitMs = Math.min(longestWaitMs, Math.max(shortestWaitMs, on.waitMs * 2));
  on.deps.log.warn({ err: error }, what);
  await sleep(on.waitMs);
}

/** Why no batch may leave; undefined when it may. */
function stopped({ deps, offsetAtStartMs }: Dispatch): Sent | undefined {
  const jumped = Math.abs(offsetMs(deps) - offsetAtStartMs) > clockJumpMaxMs;
  if (!jumped && deps.moneyAllowed?.() !== false) return undefined;
  const why = jumped
    ? "this machine's clock jumped by more than an hour: set it right, or start again"
    : 'the heads of the forensic log were not published for too long';
  deps.log.error(`no money moves: ${why}`);
  return { outcome: 'impossible', error: new Error(why) };
}

function offsetMs({ clock, monotonicMs }: DispatchDeps): number {
  return monotonicMs ? clock.now().getTime() - monotonicMs() : 0;
}
