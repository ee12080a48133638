import type { Clock, Log } from '../../platform';
import type { HttpClient } from '../http';
import type { Accepted, Context, SchemeError } from '../port';
import { schemeError } from '../scheme-errors';
import { continued } from '../trace';
import { refusalOf } from './errors';

/** HTTP Basic: how the central services know us. */
export interface Credentials {
  readonly name: string;
  readonly secret: string;
}

export interface Asking {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: string;
  /** An object goes as JSON, text as text. */
  readonly body?: object | string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * What a service made of a request. `taken`: 2xx. `refused`: 4xx, and nothing was done. `nowhere`: it has certainly reached
 * nobody. `doubt`: anything else.
 */
export type Reply =
  | { readonly kind: 'taken'; readonly status: number; readonly body: unknown }
  | { readonly kind: 'refused'; readonly status: number; readonly id: string; readonly error: SchemeError }
  | { readonly kind: 'nowhere' | 'doubt'; readonly error: SchemeError };

export type Ask = (asking: Asking, context?: Partial<Context>) => Promise<Reply>;

export interface ClientDeps {
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly log: Log;
  readonly timeoutMs: number;
}

/** Asks a service within the time that there is. Never throws. */
export function createAsk({ http, clock, log, timeoutMs }: ClientDeps): Ask {
  return async ({ method, url, body, headers = {} }, { deadline, traceparent } = {}) => {
    const leftMs = deadline ? deadline.getTime() - clock.now().getTime() : timeoutMs;
    if (leftMs <= 0) return { kind: 'nowhere', error: schemeError('2004', 'the deadline was over before it was sent') };
    const exchange = await http.exchange({
      method,
      url,
      headers: { ...typeOf(body), traceparent: continued(traceparent), ...headers },
      body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
      timeoutMs: Math.min(leftMs, timeoutMs),
    });
    if (exchange.kind === 'unanswered') {
      log.warn({ host: new URL(url).host, why: exchange.why }, 'a service of the scheme does not answer');
      return exchange.left
        ? { kind: 'doubt', error: schemeError('1001', exchange.why, 'unknown') }
        : { kind: 'nowhere', error: schemeError('1001', exchange.why) };
    }
    return replyOf(exchange.status, exchange.text);
  };
}

function typeOf(body: object | string | undefined): Readonly<Record<string, string>> {
  if (body === undefined) return {};
  return { 'content-type': typeof body === 'string' ? 'text/plain' : 'application/json' };
}

const requestTimeout = 408;

/** 4xx says that nothing was taken; 5xx and a timeout may come from anywhere on the way, before or after. */
function replyOf(status: number, text: string): Reply {
  if (status >= 200 && status < 300) return { kind: 'taken', status, body: parsed(text) };
  if (status >= 400 && status < 500 && status !== requestTimeout)
    return { kind: 'refused', status, ...refusalOf(status, parsed(text)) };
  return { kind: 'doubt', error: schemeError('1001', `HTTP ${status}`, 'unknown') };
}

/** JSON, or the text itself: fulfilments are plain. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

export function basic({ name, secret }: Credentials): Readonly<Record<string, string>> {
  return { authorization: `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}` };
}

export function refused(error: SchemeError): Accepted {
  return { status: 'refused', error };
}

/** What moves no money may be asked again at will: doubt is as good as a no. */
export function accepted(reply: Reply): Accepted {
  return reply.kind === 'taken' ? { status: 'accepted' } : refused({ ...reply.error, moneyMoved: 'no' });
}
