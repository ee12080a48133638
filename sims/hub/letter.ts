import type { Request } from 'express';

/** A message of FSPIOP as it goes over a hub. */
export interface Letter {
  readonly method: string;
  /** From the service on: `/transfers/…`. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Its bytes, in base64: somebody may have signed them. */
  readonly body?: string;
}

const forwarded = /^(content-type|accept|date|fspiop-.*|trace.*)$/;

/** What came in, to be forwarded. */
export function letterOf(req: Request): Letter {
  const kept = Object.entries(req.headers).filter(([name]) => forwarded.test(name));
  const body = bytesOf(req);
  return {
    method: req.method,
    path: req.originalUrl, // with its query
    headers: Object.fromEntries(kept) as Record<string, string>,
    ...(body.length > 0 && { body: body.toString('base64') }),
  };
}

export function bytesOf(req: Request): Buffer {
  return Buffer.isBuffer(req.body) ? req.body : Buffer.alloc(0);
}

/** @throws SyntaxError */
export function jsonOf(req: Request): unknown {
  return JSON.parse(bytesOf(req).toString('utf8'));
}

/** What a request is about, as its answers name it. */
export function subjectOf(req: Request): string {
  if (req.method !== 'POST') return req.path;
  const body = jsonOf(req) as Record<string, unknown>;
  const id = ['quoteId', 'transactionRequestId', 'bulkTransferId', 'bulkQuoteId'].find((name) => name in body) ?? '';
  return `${req.path}/${String(body[id])}`;
}

export function sourceOf(req: Request): string {
  return req.get('fspiop-source') ?? '';
}
