import type { Request, RequestHandler } from 'express';
import type { Memory } from './memory';

/** Answers once what was done is on the disk: 200 to a callback, 202 to a request. */
export function endpoint({ durable }: Memory, handle: (req: Request) => void): RequestHandler {
  return async (req, res) => {
    handle(req);
    await durable();
    res.status(req.method === 'PUT' ? 200 : 202).end(); // without a body (API Definition, section 3.2.3)
  };
}
