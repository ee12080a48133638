import type { KeyObject } from 'node:crypto';
import type { Clock, Log } from '../../platform';
import type { Exchange, HttpClient, HttpRequest } from '../http';
import type { Context, SchemeError } from '../port';
import { continued } from '../trace';
import { canonicalJson, type JsonObject } from './canonical';
import { readError, schemeError } from './errors';
import { signatureHeaders } from './jws';
import type { Tokens } from './oauth';
import { acceptHeader, contentType, type Resource, type Version } from './versions';

export interface Message {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** From the service on: `/transfers/…`. */
  readonly path: string;
  readonly resource: Resource;
  readonly version: Version;
  readonly destination: string | undefined;
  readonly body?: JsonObject;
}

/**
 * What became of a message. `taken`: the switch has it. `refused`: it answered that it doesn't take it. `nowhere`: it has
 * certainly reached nobody. `doubt`: anything else.
 */
export type Delivery =
  { readonly kind: 'taken' } | { readonly kind: 'refused' | 'nowhere' | 'doubt'; readonly error: SchemeError };

export interface ClientOptions {
  readonly dfspId: string;
  /** Without a slash at the end. Some schemes have a host a resource. */
  readonly endpoint: (resource: Resource) => string;
  readonly timeoutMs: number;
  /** Signs what has a body; undefined where the scheme doesn't sign. */
  readonly signingKey: (() => Promise<KeyObject>) | undefined;
}

export interface ClientDeps {
  readonly http: HttpClient;
  readonly tokens: Tokens | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

export type Send = (message: Message, context: Partial<Context>) => Promise<Delivery>;

/** Sends messages of FSPIOP. Never throws: whatever stands in the way is a `Delivery`. */
export function createSend(options: ClientOptions, deps: ClientDeps): Send {
  return async (message, context) => {
    try {
      return await send(options, deps, message, context);
    } catch (error) {
      // Before anything is sent: a key that can't be read, a secret that is not there.
      deps.log.error({ err: error, path: message.resource }, 'a message to the switch could not be made');
      return { kind: 'nowhere', error: schemeError('2001', 'the message could not be made') };
    }
  };
}

async function send(
  options: ClientOptions,
  deps: ClientDeps,
  message: Message,
  context: Partial<Context>,
): Promise<Delivery> {
  const now = deps.clock.now();
  const leftMs = context.deadline ? context.deadline.getTime() - now.getTime() : options.timeoutMs;
  if (leftMs <= 0) return { kind: 'nowhere', error: schemeError('2004', 'the deadline was over before it was sent') };
  const body = message.body && canonicalJson(message.body);
  const request = {
    method: message.method,
    url: `${options.endpoint(message.resource)}${message.path}`,
    headers: await headersOf(options, message, { body, date: now.toUTCString(), traceparent: context.traceparent }),
    body,
    timeoutMs: Math.min(leftMs, options.timeoutMs),
  };
  const exchange = await authorized(deps, request);
  if (exchange === undefined) return { kind: 'nowhere', error: schemeError('1000', 'the switch gives no token') };
  if (exchange.kind === 'answered') return deliveryOf(exchange.status, exchange.text);
  deps.log.warn({ resource: message.resource, why: exchange.why }, 'the switch does not answer');
  return exchange.left
    ? { kind: 'doubt', error: schemeError('1001', exchange.why, 'unknown') }
    : { kind: 'nowhere', error: schemeError('1001', exchange.why) };
}

/** Undefined: there is no token to be had. One that is no longer taken is asked for anew, once. */
async function authorized({ http, tokens }: ClientDeps, request: HttpRequest): Promise<Exchange | undefined> {
  if (!tokens) return http.exchange(request);
  for (let attempt = 1; ; attempt += 1) {
    const token = await tokens.token();
    if (token === undefined) return undefined;
    const headers = { ...request.headers, authorization: `Bearer ${token}` };
    const exchange = await http.exchange({ ...request, headers });
    if (exchange.kind !== 'answered' || exchange.status !== 401) return exchange;
    tokens.discard(token);
    if (attempt === 2) return exchange;
  }
}

async function headersOf(
  options: ClientOptions,
  message: Message,
  more: { readonly body: string | undefined; readonly date: string; readonly traceparent: string | undefined },
): Promise<Readonly<Record<string, string>>> {
  const { method, path, resource, version, destination } = message;
  const { body, date, traceparent } = more;
  const parts = { method, uri: path, source: options.dfspId, destination, date };
  const signature =
    body !== undefined && options.signingKey ? signatureHeaders(parts, body, await options.signingKey()) : {};
  return {
    'Content-Type': contentType(resource, version),
    // A callback is no request: it accepts nothing.
    ...(method !== 'PUT' && { Accept: acceptHeader(resource, version) }),
    Date: date,
    'FSPIOP-Source': options.dfspId,
    ...(destination !== undefined && { 'FSPIOP-Destination': destination }),
    traceparent: continued(traceparent),
    ...signature,
  };
}

/** 4xx says that nothing was taken; 5xx may come from anywhere on the way, before or after. */
function deliveryOf(status: number, text: string): Delivery {
  if (status >= 200 && status < 300) return { kind: 'taken' };
  const refused = status >= 400 && status < 500;
  const moneyMoved = refused ? 'no' : 'unknown';
  const error = readError(parsed(text), moneyMoved) ?? schemeError('1001', `HTTP ${status}`, moneyMoved);
  return { kind: refused ? 'refused' : 'doubt', error };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
