import type { KeyObject } from 'node:crypto';
import express, { type NextFunction, type Request, type Response, type Router } from 'express';
import type { Log } from '../../platform';
import { readTraceparent } from '../trace';
import { parseStrictly, type JsonObject } from './canonical';
import { Refusal, refusalOf } from '../refusal';
import { errorBody } from './errors';
import { isWireId } from './ids';
import { signatureFault } from './jws';
import { targetOf, type Target } from './routing';
import type { Turns } from './turns';
import type { Validate } from './validate';
import {
  contentType,
  isSpoken,
  negotiate,
  readContentType,
  spokenExtensions,
  type Resource,
  type Version,
} from './versions';

/** A message that came in, with everything about it checked but what only the trade knows. */
export interface Inbound {
  readonly target: Target;
  /** What stands behind the path. */
  readonly query: URLSearchParams;
  readonly source: string;
  /** In which version the other side wants its callback; of a callback, the one it came in. */
  readonly version: Version;
  readonly traceparent: string | undefined;
  readonly body: JsonObject;
}

export interface ServerOptions {
  readonly dfspId: string;
  /** Undefined: the scheme doesn't sign. */
  readonly signatures: SignaturePolicy | undefined;
  readonly preferredVersion: (resource: Resource, source: string) => Version;
  readonly validate: Validate;
  readonly log: Log;
}

export interface SignaturePolicy {
  readonly peerKey: (dfspId: string) => Promise<KeyObject | undefined>;
  /** Who may send without: some hubs don't sign what they write themselves. What is signed is always verified. */
  readonly unsigned: ReadonlySet<string>;
  /** Some hubs write `PUT /parties` anew, so that its signature can't hold. */
  readonly verifyParties: boolean;
}

const bodyMax = '5mb';

/**
 * The side of FSPIOP that others call. What is wrong by itself is refused at once, with a code that names the field;
 * `take` resolves once the message is kept, and only then is it answered: 202 for a request, 200 for a callback.
 */
export function createRoutes(options: ServerOptions, take: (message: Inbound) => Promise<void>, turns: Turns): Router {
  const router = express.Router();
  router.use(express.raw({ type: () => true, limit: bodyMax, inflate: false }));
  router.use(async (req: Request, res: Response) => {
    const target = targetOf(req.method, req.path);
    const message = await read(options, req, target);
    await turns.take(() => take(message), new Promise((resolve) => res.once('close', resolve)));
    res.status(isRequest(target) ? 202 : 200).set('Content-Type', contentType(target.resource, message.version));
    res.end();
  });
  router.use(refuse(options.log));
  return router;
}

function isRequest({ method }: Target): boolean {
  return method === 'GET' || method === 'POST';
}

async function read(options: ServerOptions, req: Request, target: Target): Promise<Inbound> {
  checkPresent(req, target);
  const source = header(req, 'fspiop-source', /^[!-~]{1,32}$/);
  if (isRequest(target)) checkDate(req);
  const sentIn = contentVersion(req, target);
  const destination = req.get('FSPIOP-Destination');
  if (destination !== undefined && destination !== '' && destination !== options.dfspId) {
    throw new Refusal(400, '3201', 'fspiop-destination is not this provider');
  }
  const version = isRequest(target) ? askedVersion(options, req, target, source) : sentIn;
  if (!byParty(target.resource) && target.method !== 'POST' && !isWireId(target.id)) {
    throw new Refusal(400, '3101', 'ID');
  }
  const body = target.operation === undefined ? {} : await readBody(options, req, { target, source, sentIn });
  const query = new URLSearchParams(req.originalUrl.split('?')[1]);
  return { target, query, source, version, traceparent: readTraceparent(req.get('traceparent')), body };
}

function byParty(resource: Resource): boolean {
  return resource === 'parties' || resource === 'participants';
}

/**
 * A header that is missing is said before one that is malformed. Refusals name a header in lower case, as Mojaloop's own
 * tests look for it; to HTTP it is all the same.
 */
function checkPresent(req: Request, target: Target): void {
  const mandatory = ['content-type', 'date', 'fspiop-source', ...(isRequest(target) ? ['accept'] : [])];
  const missing = mandatory.find((name) => (req.get(name) ?? '') === '');
  if (missing !== undefined) throw new Refusal(400, '3102', missing);
}

function header(req: Request, name: string, pattern: RegExp): string {
  const value = req.get(name) ?? '';
  if (!pattern.test(value)) throw new Refusal(400, '3101', name);
  return value;
}

/** IMF-fixdate (RFC 7231, section 7.1.1.1). */
function checkDate(req: Request): void {
  const date = header(req, 'date', /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/);
  if (Number.isNaN(Date.parse(date))) throw new Refusal(400, '3101', 'date');
}

/** A request must be in a version that we speak. A callback is read whatever it says: money must not be lost over a header. */
function contentVersion(req: Request, target: Target): Version {
  const { resource } = target;
  const type = header(req, 'content-type', /^[ -~]+$/);
  const version = readContentType(type, resource);
  if (!isRequest(target)) return version ?? { major: 1, minor: 1 };
  if (version === undefined) throw new Refusal(400, '3101', 'content-type');
  if (isSpoken(resource, version)) return version;
  throw unspoken(resource, 'content-type');
}

function askedVersion(options: ServerOptions, req: Request, { resource }: Target, source: string): Version {
  const accept = header(req, 'accept', /^[ -~]+$/);
  const version = negotiate(accept, resource, options.preferredVersion(resource, source));
  if (version === undefined) throw unspoken(resource, 'accept');
  return version;
}

function unspoken(resource: Resource, name: string): Refusal {
  return new Refusal(406, '3001', name, { extensions: spokenExtensions(resource) });
}

async function readBody(
  options: ServerOptions,
  req: Request,
  { target, source, sentIn }: { readonly target: Target; readonly source: string; readonly sentIn: Version },
): Promise<JsonObject> {
  const raw = Buffer.isBuffer(req.body) ? req.body : Buffer.alloc(0);
  let body: JsonObject;
  try {
    body = parseStrictly(new TextDecoder('utf-8', { fatal: true }).decode(raw));
  } catch (error) {
    throw new Refusal(400, '3101', error instanceof SyntaxError ? `body: ${error.message}` : 'body is not UTF-8');
  }
  if (options.signatures) await checkSignature(options.signatures, req, { raw, body, target, source });
  if (target.operation) options.validate(target.operation, sentIn, isErrorCallback(target) ? lenient(body) : body);
  return body;
}

function isErrorCallback({ action }: Target): boolean {
  return action.endsWith(' error');
}

/** Hubs write an error's extensions in more than one way (SDK and TTK: a bare list); nothing in them is of use here. */
function lenient(body: JsonObject): JsonObject {
  const { errorInformation } = body as { errorInformation?: JsonObject };
  if (typeof errorInformation !== 'object') return body;
  return {
    errorInformation: Object.fromEntries(Object.entries(errorInformation).filter(([key]) => key !== 'extensionList')),
  };
}

async function checkSignature(
  { peerKey, unsigned, verifyParties }: SignaturePolicy,
  req: Request,
  { raw, body, target, source }: { raw: Buffer; body: JsonObject; target: Target; source: string },
): Promise<void> {
  if (target.action === 'PUT parties' && !verifyParties) return;
  if (req.get('FSPIOP-Signature') === undefined) {
    if (unsigned.has(source)) return;
    throw new Refusal(400, '3105', 'FSPIOP-Signature is missing');
  }
  const key = await peerKey(source);
  if (key === undefined) throw new Refusal(400, '3105', 'no key of FSPIOP-Source is known here');
  const headers = req.headers as Readonly<Record<string, string | undefined>>;
  const fault = signatureFault({ headers, method: req.method, path: req.path, raw, body }, key);
  if (fault !== undefined) throw new Refusal(400, '3105', fault);
}

function refuse(log: Log) {
  // Express tells an error handler by its four parameters.
  return (error: unknown, req: Request, res: Response, next: NextFunction): void => {
    if (res.headersSent) {
      next(error);
      return;
    }
    const refusal = refusalOf(error);
    if (refusal.status === 503) log.error({ err: error }, 'a message from the switch was not taken');
    else log.info({ code: refusal.code, why: refusal.message, method: req.method }, 'a message was refused');
    const resource = req.path.split('/')[1] as Resource;
    const served = refusal.status !== 404;
    res.status(refusal.status).set(refusal.more.headers ?? {});
    res.set('Content-Type', served ? contentType(resource, { major: 1, minor: 0 }) : 'application/json');
    const body = errorBody({ code: refusal.code, description: refusal.message }, refusal.more.extensions);
    res.end(JSON.stringify(body)); // not `json`, which would add a charset to the type
  };
}
