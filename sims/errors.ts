import type { ErrorRequestHandler } from 'express';
import type { z } from 'zod';

/** A refusal that the caller can act on: answered as `{"error", "field"}` with `status`. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly field: string,
    message: string,
  ) {
    super(message);
  }
}

/**
 * Checks what came from outside against a schema.
 * @throws Refusal (400) naming the first field that is wrong.
 */
export function parse<T>(schema: z.ZodType<T>, value: unknown): T {
  const read = schema.safeParse(value ?? {});
  if (read.success) return read.data;
  const { path, message } = firstIssue(read.error);
  throw new Refusal(400, path.join('.'), message);
}

function firstIssue(error: z.ZodError): { path: PropertyKey[]; message: string } {
  const issue = error.issues[0];
  if (issue === undefined) return { path: [], message: 'is not valid' };
  // Of an unknown key zod says in `path` only where it stood.
  if (issue.code === 'unrecognized_keys') return { path: [...issue.path, ...issue.keys], message: 'is not known' };
  const missing = issue.code === 'invalid_type' && issue.input === undefined;
  return { path: issue.path, message: missing ? 'is missing or of the wrong type' : issue.message };
}

/** Turns what a handler throws into JSON. What is sent never has the request's own text in it. */
export const answerError: ErrorRequestHandler = (error: unknown, _req, res, next) => {
  if (res.headersSent) {
    next(error);
  } else if (error instanceof Refusal) {
    res.status(error.status).json({ error: `${error.field}: ${error.message}`, field: error.field });
  } else if (isHttpError(error)) {
    res.status(error.status).json({ error: `body: ${error.type.replaceAll('.', ' ')}`, field: 'body' });
  } else {
    console.error('simulator: a request failed:', error instanceof Error ? error.name : 'unknown error');
    res.status(500).json({ error: 'the simulator failed', field: '' });
  }
};

/** What express's body parsers throw: `type` is e.g. `entity.too.large`. */
function isHttpError(error: unknown): error is { status: number; type: string } {
  return (
    error instanceof Error &&
    'status' in error &&
    typeof error.status === 'number' &&
    'type' in error &&
    typeof error.type === 'string'
  );
}
