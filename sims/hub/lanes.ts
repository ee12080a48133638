import { setTimeout as sleep } from 'node:timers/promises';

/** Does what is to be done for each participant, again and again until it is done; one that is away is asked by one attempt at a time. */
export interface Lanes {
  /** `attempt` says whether it is done. */
  add(participant: string, attempt: () => Promise<boolean>): void;
  /** Nothing is being attempted: all is done, or waits for a participant that is away. */
  idle(): Promise<void>;
  /** Lets what is under way come to its end, and tries nothing more. */
  close(): Promise<void>;
}

interface Lane {
  readonly waiting: (() => Promise<boolean>)[];
  attempts: number;
  /** Nought while it answers. */
  pauseMs: number;
}

const attemptsMax = 16;
const firstPauseMs = 100;

/** `pauseMaxMs`: so long it is waited at most between two attempts at a participant that is away. */
export function createLanes(pauseMaxMs: number): Lanes {
  const lanes = new Map<string, Lane>();
  const underWay = new Set<Promise<boolean>>();
  const closing = new AbortController();
  const begin = (lane: Lane): void => {
    const most = lane.pauseMs > 0 ? 1 : attemptsMax;
    while (lane.attempts < most && !closing.signal.aborted) {
      const attempt = lane.waiting.shift();
      if (!attempt) return;
      lane.attempts += 1;
      void go(lane, attempt);
    }
  };
  const go = async (lane: Lane, attempt: () => Promise<boolean>): Promise<void> => {
    const way = attempt();
    underWay.add(way);
    const isDone = await way;
    underWay.delete(way);
    if (isDone) lane.pauseMs = 0;
    else {
      lane.waiting.push(attempt); // behind the others: whoever refuses one may take the next
      lane.pauseMs = Math.min(Math.max(2 * lane.pauseMs, firstPauseMs), pauseMaxMs);
      await sleep(lane.pauseMs, undefined, { signal: closing.signal }).catch(() => undefined);
    }
    lane.attempts -= 1;
    begin(lane);
  };
  const idle = async (): Promise<void> => {
    while (underWay.size > 0) await Promise.all(underWay);
  };
  return {
    add: (participant, attempt) => {
      const lane = lanes.get(participant) ?? { waiting: [], attempts: 0, pauseMs: 0 };
      lanes.set(participant, lane);
      lane.waiting.push(attempt);
      begin(lane);
    },
    idle,
    close: () => {
      closing.abort();
      return idle();
    },
  };
}
