import type { Answered, SessionRecord, SessionStore } from './sessions';

/** What a session was last answered; undefined when nobody knows it any more. */
export async function lastAnswer(
  sessions: SessionStore,
  { provider, sessionId }: { provider: string; sessionId: string },
): Promise<Answered | undefined> {
  const stored = await sessions.get(sessionKey(provider, sessionId));
  return stored === undefined ? undefined : (JSON.parse(stored) as SessionRecord).answered.at(-1);
}

export function sessionKey(provider: string, sessionId: string): string {
  return `session:${provider}:${sessionId}`;
}
