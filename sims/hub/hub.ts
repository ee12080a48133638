import { createHash, type KeyObject } from 'node:crypto';
import express, { type ErrorRequestHandler, type Express, type Request } from 'express';
import { z } from 'zod';
import { addBulks } from './bulks';
import { endpoint } from './endpoint';
import { bytesOf, jsonOf, letterOf, sourceOf, subjectOf } from './letter';
import { createLetters, type Letters } from './letters';
import { createForgetfulMemory, type Memory } from './memory';
import { createPost, type Post } from './post';
import { fulfils, positions, type Transfer } from './transfers';

export interface Hub {
  readonly app: Express;
  readonly post: Post;
  close(): Promise<void>;
}

interface Options {
  /** What it knows already; default: nothing, and it forgets all of it with its process. */
  readonly memory?: Memory;
  readonly sweepMs?: number;
  /** So long it is waited at most between two attempts at a participant that is away. */
  readonly pauseMaxMs?: number;
  /** In which it writes itself, whatever the others speak. */
  readonly version?: string;
  /** By which it signs what it writes itself; default: it doesn't, as many real ones. */
  readonly key?: KeyObject;
  /** The time by which transfers expire, in milliseconds. */
  readonly now?: () => number;
}

const preparation = z.object({
  transferId: z.string(),
  payerFsp: z.string(),
  payeeFsp: z.string(),
  amount: z.object({ currency: z.string(), amount: z.string() }),
  condition: z.string(),
  expiration: z.string(),
});
const fulfilling = z.object({ transferState: z.enum(['RESERVED', 'COMMITTED']), fulfilment: z.string() });

/**
 * A Mojaloop hub, as its participants see it: it forwards by FSPIOP-Destination, keeps a directory, holds transfers until
 * they are fulfilled or late, and tells both sides. Nothing is answered or brought before it is on the disk, and what is to
 * be brought is repeated until it is taken. What it writes itself comes from `Hub`. `addresses`: where participants are
 * reached. By hand: `PUT /faults` with a list, `POST /release`, `GET /transfers-seen`, `GET /positions`.
 */
export function createHub(addresses: ReadonlyMap<string, string>, options: Options = {}): Hub {
  const { memory = createForgetfulMemory(), sweepMs = 100, pauseMaxMs = 1_000, now = Date.now } = options;
  const post = createPost(addresses, memory, pauseMaxMs);
  const app = express();
  app.use(express.raw({ type: () => true, limit: '5mb' }));
  controls(app, post, memory);
  const letters = createLetters(post, options);
  directory(app, letters, memory);
  const sweeps = [transfers(app, letters, memory, now), addBulks(app, letters, memory, now)];
  const sweep = setInterval(() => {
    for (const expire of sweeps) expire();
  }, sweepMs);
  // Everything else is between two participants: quotes, requests to pay, bulks, and their answers.
  app.use(
    endpoint(memory, (req) => {
      const to = req.get('fspiop-destination') ?? '';
      if (addresses.has(to)) post.bring(to, letterOf(req));
      else if (req.method !== 'PUT') letters.fail(sourceOf(req), subjectOf(req), '3201', 'Destination FSP error');
    }),
  );
  app.use(refuse);
  return {
    app,
    post,
    close: async () => {
      clearInterval(sweep);
      await post.close();
    },
  };
}

const refuse: ErrorRequestHandler = (error: unknown, _req, res, next) => {
  if (!(error instanceof z.ZodError) && !(error instanceof SyntaxError)) {
    next(error);
    return;
  }
  const errorInformation = { errorCode: '3100', errorDescription: 'Generic validation error' };
  res.status(400).json({ errorInformation });
};

function directory(app: Express, { own, fail, post }: Letters, memory: Memory): void {
  const { state, commit } = memory;
  const partyOf = ({ params }: Request): string => `${String(params['type'])}/${String(params['id'])}`;
  app.post(
    '/participants/:type/:id',
    endpoint(memory, (req) => {
      commit({ type: 'party', party: partyOf(req), owner: sourceOf(req) });
      own(sourceOf(req), 'PUT', req.path, { fspId: sourceOf(req) });
    }),
  );
  app.delete(
    '/participants/:type/:id',
    endpoint(memory, (req) => commit({ type: 'party', party: partyOf(req), owner: null })),
  );
  app.get(
    '/parties/:type/:id',
    endpoint(memory, (req) => {
      const owner = state.directory.get(partyOf(req));
      const letter = letterOf(req);
      if (owner === undefined) fail(sourceOf(req), req.path, '3204', 'Party not found');
      else post.bring(owner, { ...letter, headers: { ...letter.headers, 'fspiop-destination': owner } });
    }),
  );
}

/** Returns what looks for transfers that have expired. */
function transfers(app: Express, { own, fail, post }: Letters, memory: Memory, now: () => number): () => void {
  const { state, commit } = memory;
  const decide = (transfer: Transfer, decision: Partial<Transfer>): Transfer => {
    const decided = { ...transfer, ...decision, completedAt: new Date(now()).toISOString() };
    commit({ type: 'transfer', transfer: decided });
    return decided;
  };
  const abort = (transfer: Transfer, errorCode: string, why: string): void => {
    const aborted = decide(transfer, { state: 'ABORTED' });
    fail(transfer.payer, `/transfers/${transfer.id}`, errorCode, why);
    if (aborted.notifyPayee) tellPayee(aborted);
  };
  const tellPayee = ({ payee, id, state: transferState, completedAt }: Transfer): void =>
    own(payee, 'PATCH', `/transfers/${id}`, { transferState, completedTimestamp: completedAt });
  /** What a participant is told that asks, or that comes again. */
  const answer = ({ id, state: transferState, fulfilment, completedAt }: Transfer, to: string): void =>
    own(to, 'PUT', `/transfers/${id}`, { transferState, fulfilment, completedTimestamp: completedAt });
  const transferOf = ({ params }: Request): Transfer | undefined => state.transfers.get(String(params['id']));

  app.post(
    '/transfers',
    endpoint(memory, (req) => {
      const { transferId: id, payerFsp, payeeFsp, amount, condition, expiration } = preparation.parse(jsonOf(req));
      const digest = createHash('sha256').update(bytesOf(req)).digest('base64url');
      const known = state.transfers.get(id);
      if (known) {
        if (known.digest !== digest) fail(payerFsp, `/transfers/${id}`, '3106', 'Modified request');
        else if (known.state !== 'RESERVED') answer(known, payerFsp);
        return;
      }
      const expiresAt = Date.parse(expiration);
      const reserved = { state: 'RESERVED', notifyPayee: false } as const;
      const transfer = { id, payer: payerFsp, payee: payeeFsp, amount, condition, expiresAt, digest, ...reserved };
      commit({ type: 'transfer', transfer });
      if (expiresAt < now()) abort(transfer, '3303', 'Transfer expired');
      else post.bring(payeeFsp, letterOf(req));
    }),
  );
  app.get(
    '/transfers/:id',
    endpoint(memory, (req) => {
      const transfer = transferOf(req);
      if (transfer) answer(transfer, sourceOf(req));
      else fail(sourceOf(req), req.path, '3208', 'Transfer ID not found');
    }),
  );
  app.put(
    '/transfers/:id',
    endpoint(memory, (req) => {
      const transfer = transferOf(req);
      const { transferState, fulfilment } = fulfilling.parse(jsonOf(req));
      if (transfer?.payee !== sourceOf(req)) return;
      const notifyPayee = transferState === 'RESERVED';
      if (transfer.state !== 'RESERVED') {
        if (notifyPayee) tellPayee(transfer); // it comes again, or too late
        return;
      }
      if (!fulfils(fulfilment, transfer.condition)) {
        abort({ ...transfer, notifyPayee }, '3100', 'the fulfilment is none');
        return;
      }
      const committed = decide(transfer, { state: 'COMMITTED', fulfilment, notifyPayee });
      // A payer that doesn't know of reservations is told what it understands: the letter is written anew.
      answer(committed, transfer.payer);
      if (notifyPayee) tellPayee(committed);
    }),
  );
  app.put(
    '/transfers/:id/error',
    endpoint(memory, (req) => {
      const transfer = transferOf(req);
      if (transfer?.payee !== sourceOf(req) || transfer.state !== 'RESERVED') return;
      decide(transfer, { state: 'ABORTED' });
      post.bring(transfer.payer, letterOf(req));
    }),
  );
  return () => {
    for (const transfer of state.transfers.values()) {
      if (transfer.state === 'RESERVED' && transfer.expiresAt < now()) abort(transfer, '3303', 'Transfer expired');
    }
  };
}

function controls(app: Express, post: Post, { state }: Memory): void {
  const fault = z.object({
    method: z.string(),
    resource: z.string(),
    to: z.string(),
    action: z.enum(['drop', 'hold', 'twice']),
    times: z.number().int().positive(),
  });
  app.get('/health', (_req, res) => void res.json({ status: 'OK' }));
  app.put('/faults', (req, res) => {
    post.faults = z.array(fault).parse(jsonOf(req));
    res.sendStatus(204);
  });
  app.post('/release', (_req, res) => {
    post.release();
    res.sendStatus(204);
  });
  app.get('/transfers-seen', (_req, res) => {
    const seen = [...state.transfers.values()].map((one) => {
      const { id, state: transferState, payer, payee, amount } = one;
      return { id, state: transferState, payer, payee, amount };
    });
    res.json(seen);
  });
  app.get('/positions', (_req, res) => {
    res.json(positions(state.transfers.values()));
  });
}
