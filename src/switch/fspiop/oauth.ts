import type { Clock } from '../../platform';
import type { HttpClient } from '../http';
import { watchedFile } from '../watched-file';

export interface OAuthOptions {
  readonly tokenUrl: string;
  readonly clientId: string;
  /** Holds the secret and nothing else; read again when it changes. */
  readonly clientSecretFile: string;
}

export interface Tokens {
  /** A token that is good for a while; undefined where none is to be had. */
  token(): Promise<string | undefined>;
  /** The switch doesn't take this one: the next call asks for another. */
  discard(token: string): void;
}

/** A token is asked for anew this long before it ends. */
const marginMs = 15_000;
const lifeMsDefault = 60_000;

/** Client credentials (RFC 6749, section 4.4). One request at a time, however many wait for its token. */
export function createTokens(
  options: OAuthOptions,
  deps: { readonly http: HttpClient; readonly clock: Clock; readonly timeoutMs: number },
): Tokens {
  const secret = watchedFile(options.clientSecretFile, (content) => content.trim());
  let held: { readonly token: string; readonly goodUntilMs: number } | undefined;
  let asking: Promise<string | undefined> | undefined;

  const ask = async (): Promise<string | undefined> => {
    const credentials = `${encodeURIComponent(options.clientId)}:${encodeURIComponent(await secret())}`;
    const askedAtMs = deps.clock.now().getTime();
    const answer = await deps.http.exchange({
      method: 'POST',
      url: options.tokenUrl,
      headers: {
        authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
        'content-type': 'application/x-www-form-urlencoded',
        accept: 'application/json',
      },
      body: 'grant_type=client_credentials',
      timeoutMs: deps.timeoutMs,
    });
    if (answer.kind !== 'answered' || answer.status !== 200) return undefined;
    const { access_token: token, expires_in: lifeS } = parsed(answer.text);
    if (typeof token !== 'string' || token === '') return undefined;
    const lifeMs = typeof lifeS === 'number' ? lifeS * 1_000 : lifeMsDefault;
    held = { token, goodUntilMs: askedAtMs + Math.max(lifeMs - marginMs, lifeMs / 2) };
    return token;
  };

  return {
    token: async () => {
      if (held && deps.clock.now().getTime() < held.goodUntilMs) return held.token;
      asking ??= ask().finally(() => (asking = undefined));
      return asking;
    },
    discard: (token) => {
      if (held?.token === token) held = undefined;
    },
  };
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
