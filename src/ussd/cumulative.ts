import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Seen } from './sessions';

/**
 * Cumulative text: the provider sends everything typed in the session, joined by `*`, with every hop, earlier PINs
 * included. Only its length and a keyed digest are kept, so what is new is known exactly (a `*` inside an answer
 * survives) and what was typed cannot be found again from what is stored.
 */
export interface HopHasher {
  /** Names a hop: the same for every delivery of it, and says nothing of what was typed. */
  hopKey(provider: string, sessionId: string, cumulativeText: string): string;
  seen(sessionId: string, cumulativeText: string): Seen;
  /** The answer that is new in this text, or undefined when the text does not continue what was seen. */
  newAnswer(sessionId: string, seen: Seen, cumulativeText: string): string | undefined;
}

export function createHopHasher(key: Buffer): HopHasher {
  const digest = (...parts: string[]) => createHmac('sha256', key).update(JSON.stringify(parts)).digest('base64url');
  const seen = (sessionId: string, text: string): Seen => ({
    length: text.length,
    digest: digest('seen', sessionId, text),
  });
  return {
    hopKey: (provider, sessionId, text) => digest('hop', provider, sessionId, text),
    seen,
    newAnswer: (sessionId, before, text) => {
      const { digest: head } = seen(sessionId, text.slice(0, before.length));
      const known = timingSafeEqual(Buffer.from(head), Buffer.from(before.digest));
      if (!known || text.length <= before.length) return undefined;
      if (before.length === 0) return text;
      return text.charAt(before.length) === '*' ? text.slice(before.length + 1) : undefined;
    },
  };
}
