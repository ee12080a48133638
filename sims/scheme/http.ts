import express, { type Express, type Request, type RequestHandler, type Response } from 'express';
import type { z } from 'zod';
import { invalidBody, notFound, SchemeError, type ValidationError } from './errors';

/** What a handler answers: an object or an array as JSON, a string as text. */
export interface Reply {
  status: number;
  body: object | string;
}

export const ok = (body: object | string): Reply => ({ status: 200, body });
export const created = (body: object): Reply => ({ status: 201, body });

/** Makes a handler of a function. `durable` is awaited before each answer: nobody sees what a crash could undo. */
export type Endpoint = (handle: (req: Request) => Reply | Promise<Reply>) => RequestHandler;

export const endpoints =
  (durable: () => Promise<void>): Endpoint =>
  (handle) =>
  async (req, res) => {
    const reply = await Promise.resolve(req).then(handle).catch(toReply);
    await durable();
    send(res, reply);
  };

function send(res: Response, { status, body }: Reply): void {
  if (status === 401) res.set('WWW-Authenticate', 'Basic realm="scheme"');
  res.status(status);
  if (typeof body === 'string') res.type('text/plain').send(body);
  else res.json(body);
}

function toReply(error: unknown): Reply {
  if (error instanceof SchemeError) return { status: error.status, body: error.body };
  if (isHttpError(error)) {
    const invalid = invalidBody([{ message: (error.type ?? error.message).replaceAll('.', ' '), params: {} }]);
    return { status: error.status, body: invalid.body };
  }
  console.error('scheme: a request failed:', error instanceof Error ? error.stack : 'unknown error');
  return { status: 500, body: { id: 'InternalServerError', message: 'The service failed' } };
}

/** What express and its body parsers throw for a request that can't be read: `type` is e.g. `entity.too.large`. */
function isHttpError(error: unknown): error is Error & { status: number; type?: string } {
  const { status, type } = error as { status?: unknown; type?: unknown };
  const isClients = typeof status === 'number' && status >= 400 && status < 500;
  return error instanceof Error && isClients && (type === undefined || typeof type === 'string');
}

/** An application with what all services share: no trace of express, JSON bodies, errors in the scheme's form. */
export function newApp(routes: (app: Express) => void): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  // The two bodies of the ledger that are plain text, whatever their sender calls them (4.2.1.2, 4.2.1.5).
  app.use(/\/transfers\/[^/]+\/(fulfill?ment|rejection)$/, express.text({ type: () => true, limit: '256kb' }));
  app.use(express.json({ limit: '256kb' }));
  app.get('/health', (_req, res) => void res.json({ status: 'OK' }));
  routes(app);
  app.use((_req, _res, next) => next(notFound()));
  app.use(((error, _req, res, next) => {
    if (res.headersSent) next(error);
    else send(res, toReply(error));
  }) as express.ErrorRequestHandler);
  return app;
}

/**
 * Checks a body against a schema.
 * @throws SchemeError (InvalidBodyError, 400) with every field that is wrong. A password is never repeated.
 */
export function parseBody<T>(schema: z.ZodType<T>, body: unknown): T {
  const read = schema.safeParse(body ?? {});
  if (read.success) return read.data;
  throw invalidBody(read.error.issues.flatMap((issue) => toValidationErrors(issue, body ?? {})));
}

function toValidationErrors(issue: z.core.$ZodIssue, body: unknown): ValidationError[] {
  const path = issue.path.map(String);
  const value = issue.path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown>)[key], body);
  const field = path.join('.') || 'body';
  const key = path[0] ?? 'body';
  const child = path.length > 1 ? path.at(-1) : undefined;
  const shown = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  return [
    {
      message: value === undefined ? `${field} is required` : `${field} ${issue.message}`,
      params: {
        key,
        ...(shown && field !== 'password' ? { value: String(value) } : {}),
        ...(child === undefined ? {} : { child }),
      },
    },
  ];
}

/** One value of the query; of a repeated one the first. */
export function queryOf(req: Request, name: string): string | undefined {
  const value: unknown = req.query[name];
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return typeof first === 'string' ? first : undefined;
}

export const paramOf = (req: Request, name: string): string => String(req.params[name] ?? '');
