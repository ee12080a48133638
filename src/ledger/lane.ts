import { setTimeout as sleep } from 'node:timers/promises';
import { sqlState, violatedConstraint, type Db, type Log, type Session } from '../platform';
import { pack, type Packed, type Work } from './pack';
import { leaseLane, postBatch, releaseLane, type Posted } from './store';

/** What came of a batch that was sent. */
export type Sent =
  /** It is on the disk. */
  | { readonly outcome: 'posted'; readonly posted: Posted; readonly lane: number }
  /** Nothing of it is: one of the transfers, or a row that came with one, is to blame. */
  | { readonly outcome: 'faulty'; readonly error: Error; readonly reason: string }
  /** Nothing of it is, and no transfer is to blame. */
  | { readonly outcome: 'impossible'; readonly error: Error }
  /** An id of it was there before, and nobody had looked for it: look, and send it again. */
  | { readonly outcome: 'known' }
  /** Nobody knows: no answer came. Send it again, looking for known ids. */
  | { readonly outcome: 'in_doubt'; readonly error: Error };

/** A connection that posts one batch at a time. Leases a number of its own where one is free, and gives it back. */
export interface Lane {
  send(works: readonly Work[], known: boolean, now: Date): Promise<Sent>;
  end(): Promise<void>;
}

const laneNumbers = 15;
const attemptsMax = 10;
/** Deadlock, serialization failure, lock not available: nothing happened, the same again may work. */
const retried = new Set(['40P01', '40001', '55P03']);
/** Of one row: data exceptions, constraints, names and raised errors. */
const blamesARow = /^(22|23|42|P0)/;

export function createLane({ db, log, random }: { db: Db; log: Log; random: () => number }): Lane {
  let held: { readonly session: Session; readonly number: number; readonly leased: boolean } | undefined;

  const connect = async (): Promise<NonNullable<typeof held>> => {
    const session = await db.session();
    try {
      const number = await leaseLane(session, laneNumbers);
      // With more connections than lanes some share one: they wait for one another, and nothing else is different.
      held = { session, number: number ?? 1 + Math.floor(random() * laneNumbers), leased: number !== undefined };
      return held;
    } catch (error) {
      session.end(error as Error);
      throw error;
    }
  };

  const attempt = async (works: readonly Work[], known: boolean, now: Date): Promise<Sent> => {
    let lane: typeof held;
    try {
      lane = held ?? (await connect());
    } catch (error) {
      return { outcome: 'in_doubt', error: error as Error };
    }
    let packed: Packed;
    try {
      packed = pack(works, { lane: lane.number, nowMs: now.getTime(), known });
    } catch (error) {
      return { outcome: 'faulty', error: error as Error, reason: 'unwritable' }; // a row that is no JSON
    }
    try {
      return { outcome: 'posted', posted: await postBatch(lane.session, packed), lane: lane.number };
    } catch (error) {
      const sent = verdictOn(error as Error);
      if (sent.outcome === 'in_doubt') {
        held = undefined;
        lane.session.end(error as Error);
      }
      return sent;
    }
  };

  return {
    send: async (works, known, now) => {
      for (let tried = 1; ; tried += 1) {
        const sent = await attempt(works, known, now);
        const again = sent.outcome === 'impossible' && retried.has(sqlState(sent.error) ?? '') && tried < attemptsMax;
        if (!again) return sent;
        log.info({ tried, state: sqlState(sent.error) }, 'a batch is posted again');
        await sleep(tried * tried);
      }
    },
    end: async () => {
      const ending = held;
      held = undefined;
      if (!ending) return;
      if (ending.leased) await releaseLane(ending.session, ending.number).catch(() => undefined);
      ending.session.end();
    },
  };
}

function verdictOn(error: Error): Sent {
  const state = sqlState(error);
  // The server's own words have five characters and never begin with E; ECONNRESET, EPIPE and the like are the socket's.
  // 57P: it is shutting down.
  if (state?.length !== 5 || /^(08|57P|E)/.test(state)) return { outcome: 'in_doubt', error };
  const constraint = violatedConstraint(error);
  if (state === '23505' && constraint?.startsWith('ledger_transfer') === true) return { outcome: 'known' };
  const noPartition = state === '23514' && constraint === undefined;
  if (!blamesARow.test(state) || noPartition || state === '42501') return { outcome: 'impossible', error };
  return { outcome: 'faulty', error, reason: constraint ?? state };
}
