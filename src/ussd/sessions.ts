import type { Result } from '../platform';
import type { UssdReply } from './port';
import type { Language } from './texts';

/**
 * Where conversations live between two hops: a lock, and small JSON values that may be thrown away. Losing all of it
 * costs a caller their place in a menu and nothing else. Every implementation passes test/contract/session-store.ts.
 */
export interface SessionStore {
  /**
   * Runs `work` while nobody else holds `key`; callers are served in the order they came.
   * Errors: `session_busy` when the lock was not free within `waitMs`, or too many wait for it; `work` did not run then.
   */
  locked<T>(key: string, waitMs: number, work: () => Promise<T>): Promise<Result<T, 'session_busy'>>;
  get(key: string): Promise<string | undefined>;
  /** Keeps `value` for `ttlMs` from now. */
  set(key: string, value: string, ttlMs: number): Promise<void>;
  delete(key: string): Promise<void>;
}

/** One settled screen of the conversation. The snapshot is a machine's, as JSON; never a busy one, never a secret in it. */
export interface Frame {
  readonly flow: string;
  /** Of the tree that made the snapshot: another version of the tree cannot show it. */
  readonly version: string;
  readonly state: string;
  readonly snapshot: unknown;
}

/** What was already read of the cumulative text: enough to know what is new, not enough to know what was typed. */
export interface Seen {
  readonly length: number;
  readonly digest: string;
}

export interface SessionRecord {
  readonly msisdn: string;
  readonly serviceCode: string;
  readonly language: Language;
  /** Who is calling, once the first tree has found out. */
  readonly personId?: string;
  readonly trail: readonly Frame[];
  readonly page: number;
  readonly seen: Seen;
  /** The last hops and what they were answered: a hop that comes again gets the same screen. */
  readonly answered: readonly Answered[];
  readonly ended: boolean;
}

export interface Answered {
  readonly hopKey: string;
  readonly reply: UssdReply;
  /** The reply says what became of a payment. */
  readonly tellsOutcome: boolean;
}

/** What a person may go back to after a dropped call. */
export interface ResumeOffer {
  readonly trail: readonly Frame[];
}
