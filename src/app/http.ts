import express, { type Express, type Router } from 'express';
import type { Aggregator } from '../aggregators';
import type { Db, Log } from '../platform';
import type { Scheme } from './scheme';

export interface Http {
  readonly handler: Express;
  /** The database is migrated and seeded: from now on the callbacks, other providers and the staff are answered. */
  open(db: Db, doors: Doors): void;
}

interface Doors {
  readonly aggregators: readonly Aggregator[];
  readonly staff: Router;
  readonly scheme?: Scheme['door'];
}

/** The gateway's own door: health, the callbacks of every aggregator, other providers, and the staff's. It listens from the first moment and works when it can. */
export function createHttp({ log, version }: { log: Log; version: string }): Http {
  const handler = express();
  handler.disable('x-powered-by');
  handler.set('etag', false);
  const callbacks = express.Router();
  let database: Db | undefined;

  handler.get('/health', async (_req, res) => {
    const reason = database ? await ailmentOf(database, log) : 'starting';
    if (reason === undefined) res.json({ status: 'working', version });
    else res.status(503).json({ status: 'stopped', reason, version });
  });
  handler.use((_req, res, next) => {
    if (database) next();
    else res.status(503).type('text/plain').send('END We are starting. Please dial again in a minute.');
  });
  handler.use(callbacks);
  handler.use((_req, res) => {
    res.status(404).type('text/plain').send('Not found');
  });

  return {
    handler,
    open: (db, { aggregators, staff, scheme }) => {
      callbacks.use(staff);
      if (scheme) callbacks.use(scheme.path, scheme.routes);
      for (const { routes } of aggregators) callbacks.use(routes);
      database = db;
    },
  };
}

async function ailmentOf(db: Db, log: Log): Promise<string | undefined> {
  try {
    await db.one({ text: 'select 1 as one' });
    return undefined;
  } catch (error) {
    log.error({ err: error }, 'the database does not answer');
    return 'the database does not answer';
  }
}
