import { assert, err, ok, type Clock, type Db, type Log } from '../platform';
import { faultOf } from './check';
import { wholeAccount } from './chart';
import { knownCode, otherLegsCode, refusalOfCode } from './codes';
import { askAgain, createDispatch, endLanes, enqueue, waitOut, type Dispatch, type Task } from './dispatch';
import { createLane } from './lane';
import { createMemory, type Memory } from './memory';
import type { Leg, Outcome, Transfer } from './port';
import { recall, sameContent } from './recall';
import { readHolds, type Posted } from './store';

export interface EngineDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Log;
  /** How many batches may be on their way at once. */
  readonly lanes: number;
  /** 0 to 1; spreads connections over lanes when there are more of them than lanes. */
  readonly random: () => number;
  /** Milliseconds that no clock setting changes; absent: the clock is believed (tests). */
  readonly monotonicMs?: () => number;
  /** Asked before every batch; false stops money. */
  readonly moneyAllowed?: () => boolean;
}

export interface Engine {
  post(transfers: readonly Transfer[]): Promise<Outcome[]>;
  close(): Promise<void>;
}

interface InFlight {
  readonly transfer: Transfer;
  readonly outcome: Promise<Outcome>;
}

interface State {
  readonly deps: EngineDeps;
  readonly dispatch: Dispatch;
  readonly memory: Memory;
  /** By the transfer's id. */
  readonly inFlight: Map<string, InFlight>;
  /** By the reservation's id, the last one that is under way to post or void it. */
  readonly resolving: Map<string, Promise<Outcome>>;
}

/** The heart of the ledger: from transfers that are asked for to batches in the database, and back to whoever asked. */
export function createEngine(deps: EngineDeps): Engine {
  const lanes = Array.from({ length: deps.lanes }, () => createLane(deps));
  const deliver = (batch: readonly Task[], posted: Posted, lane: number) => deliverTo(state, batch, { posted, lane });
  const state: State = {
    deps,
    dispatch: createDispatch({ ...deps, deliver }, lanes),
    memory: createMemory(),
    inFlight: new Map(),
    resolving: new Map(),
  };
  return {
    post: (transfers) => {
      assert(!state.dispatch.closed, 'the ledger is open');
      return Promise.all(transfers.map((transfer) => begin(state, transfer)));
    },
    close: async () => {
      state.dispatch.closed = true;
      const { inFlight } = state;
      while (inFlight.size > 0) await Promise.allSettled([...inFlight.values()].map(({ outcome }) => outcome));
      await endLanes(state.dispatch);
    },
  };
}

function begin(state: State, transfer: Transfer): Promise<Outcome> {
  const { inFlight, resolving } = state;
  const fault = faultOf(transfer, state.deps.clock.now());
  if (fault !== undefined) return Promise.resolve(err('transfer_invalid', { field: fault }));
  const same = inFlight.get(transfer.transferId);
  // Whether it is another content or the same in other words is seen from what is written of the first.
  if (same && !sameContent(same.transfer, transfer)) {
    return same.outcome.catch(() => undefined).then(() => begin(state, transfer));
  }
  if (same) return same.outcome.then((first) => (first.ok ? ok({ ...first.value, repeated: true }) : first));
  const outcome = setOut(state, transfer).finally(() => {
    inFlight.delete(transfer.transferId);
    if ('pendingId' in transfer && resolving.get(transfer.pendingId) === outcome) resolving.delete(transfer.pendingId);
  });
  inFlight.set(transfer.transferId, { transfer, outcome });
  if ('pendingId' in transfer) resolving.set(transfer.pendingId, outcome);
  return outcome;
}

function setOut(state: State, transfer: Transfer): Promise<Outcome> {
  const seen = state.memory.seen(transfer.transferId);
  const after = 'pendingId' in transfer ? lastOf(state, transfer.pendingId) : undefined;
  return new Promise<Outcome>((settle, fail) => {
    const legs = 'legs' in transfer ? transfer.legs : [];
    const task: Task = { transfer, known: false, after, settle, fail, legs };
    // What was here before is looked up by itself: a batch that looks for all its ids costs everybody in it more.
    if (seen) void tellAgain(state, [task]);
    else goOn(state, task);
  });
}

function goOn(state: State, task: Task): void {
  const { transfer } = task;
  if ('legs' in transfer) {
    enqueue(state.dispatch, task);
    return;
  }
  void Promise.resolve(task.after)
    .catch(() => undefined)
    .then(() => resolve(state, task, state.memory.holds.get(transfer.pendingId)));
}

/** What makes a reservation and what resolves it go one after the other: a batch takes each only once. */
function lastOf({ resolving, inFlight }: State, pendingId: string): Promise<Outcome> | undefined {
  return resolving.get(pendingId) ?? inFlight.get(pendingId)?.outcome;
}

/** What posts or voids states the legs of its reservation, and the database holds them against what it has. */
async function resolve(state: State, task: Task, remembered: readonly Leg[] | undefined): Promise<void> {
  const { transfer } = task;
  assert('pendingId' in transfer, 'only a reservation is resolved');
  const held = remembered ?? (await heldLegs(state, transfer.pendingId));
  if (held instanceof Error) {
    task.fail(held);
    return;
  }
  const amounts = transfer.kind === 'post' ? transfer.amountsMinor : undefined;
  if (amounts && held.length > 0 && amounts.length !== held.length) {
    task.settle(err('transfer_invalid', { field: 'amountsMinor' }));
    return;
  }
  task.legs = held.map((leg, index) => ({ ...leg, amountMinor: amounts?.[index] ?? leg.amountMinor }));
  enqueue(state.dispatch, task);
}

/** None when nothing is reserved (any more); an error only when the ledger is closed meanwhile. */
async function heldLegs({ deps, dispatch }: State, pendingId: string): Promise<readonly Leg[] | Error> {
  for (;;) {
    try {
      return (await readHolds(deps.db, [pendingId]))[0]?.legs ?? [];
    } catch (error) {
      if (dispatch.closed) return error as Error;
      await waitOut(dispatch, error as Error, 'a reservation could not be read; it is read again');
    }
  }
}

function deliverTo(state: State, batch: readonly Task[], { posted, lane }: { posted: Posted; lane: number }): void {
  const repeated: Task[] = [];
  for (const [index, task] of batch.entries()) {
    const code = posted.results[index];
    assert(code !== undefined, 'every transfer of a batch has a result');
    if (code === knownCode) repeated.push(task);
    else if (code === otherLegsCode) void resolve(state, task, undefined);
    else if (code === 0) {
      remember(state.memory, task);
      const micros = posted.base + BigInt(index);
      task.settle(ok({ repeated: false, seq: (micros << 4n) | BigInt(lane), at: new Date(Number(micros / 1000n)) }));
    } else {
      const accountId = posted.refused?.[index];
      task.settle(err(refusalOfCode(code), accountId ? { accountId: wholeAccount(accountId) } : undefined));
    }
  }
  // The lane goes on meanwhile; whoever closes the ledger waits for these as for all others.
  if (repeated.length > 0) void tellAgain(state, repeated);
}

function remember({ holds }: Memory, { transfer, legs }: Task): void {
  if (transfer.kind === 'reserve') holds.set(transfer.transferId, legs);
  else if ('pendingId' in transfer) holds.delete(transfer.pendingId);
}

/** The first outcome of ids that were here before; what the database has never seen goes on its way. */
async function tellAgain(state: State, tasks: readonly Task[]): Promise<void> {
  try {
    const outcomes = await recall(
      state.deps.db,
      tasks.map(({ transfer }) => transfer),
    );
    for (const [index, task] of tasks.entries()) {
      const outcome = outcomes[index];
      if (outcome) task.settle(outcome);
      else goOn(state, task);
    }
  } catch (error) {
    await askAgain(state.dispatch, tasks, error as Error);
  }
}
