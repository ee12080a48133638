import express, { type NextFunction, type Request, type Response, type Router } from 'express';
import type { Log } from '../../platform';
import type { PeerPath, Peers } from './peers';
import { Refusal, refusalOf } from '../refusal';

/** A message of another provider, which has signed it. */
export interface Inbound {
  readonly source: string;
  readonly body: Buffer;
}

export type Take = Readonly<Record<PeerPath, (message: Inbound) => Promise<void>>>;

const bodyMax = '64kb';

/**
 * What other providers call. `take` resolves once a message is kept, and only then is it answered with 202. What it leads to
 * goes to its sender's address in the directory.
 */
export function createRoutes({ peers, log }: { readonly peers: Peers; readonly log: Log }, take: Take): Router {
  const router = express.Router();
  router.use(express.raw({ type: () => true, limit: bodyMax, inflate: false }));
  for (const [path, action] of Object.entries(take)) {
    router.post(path, async (req: Request, res: Response) => {
      await action(await read(peers, req, path));
      res.status(202).json({});
    });
  }
  router.use(() => {
    throw new Refusal(404, '3002');
  });
  router.use(refuse(log));
  return router;
}

async function read(peers: Peers, req: Request, path: string): Promise<Inbound> {
  const body = Buffer.isBuffer(req.body) ? req.body : Buffer.alloc(0);
  const header = (name: string): string => {
    const value = req.get(name);
    if (value === undefined || value === '') throw new Refusal(401, '3102', name);
    return value;
  };
  const source = header('l1p-source');
  const [destination, signature] = [header('l1p-destination'), header('l1p-signature')];
  const judged = await peers.verify({ path, source, destination, signature, body });
  if (judged === 'unknown') throw new Refusal(503, '2003');
  if (judged === 'forged') throw new Refusal(401, '3105');
  return { source, body };
}

function refuse(log: Log) {
  // Express tells an error handler by its four parameters.
  return (error: unknown, req: Request, res: Response, next: NextFunction): void => {
    if (res.headersSent) {
      next(error);
      return;
    }
    const refusal = refusalOf(error);
    const about = { code: refusal.code, path: req.path };
    if (refusal.status === 503) log.error({ ...about, err: error }, 'a message of another provider was not taken');
    else log.info({ ...about, why: refusal.message }, 'a message of another provider was refused');
    res.status(refusal.status).json({ id: 'RefusedError', code: refusal.code, message: refusal.message });
  };
}
