import type { KeyObject } from 'node:crypto';
import express, { type Express, type Request, type Response } from 'express';
import { z } from 'zod';
import { addBulks } from './bulks';
import { createPost, type Letter, type Post } from './post';
import { signatureOf } from './sign';
import { fulfils, positions, type Transfer } from './transfers';

export interface Hub {
  readonly app: Express;
  readonly post: Post;
  close(): Promise<void>;
}

export interface HubOptions {
  /** How often it looks for transfers that are late. */
  readonly sweepMs?: number;
  /** In which it writes itself. */
  readonly version?: string;
  /** By which it signs what it writes; by default it doesn't, as many real ones. */
  readonly key?: KeyObject;
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
const forwarded = /^(content-type|accept|date|fspiop-.*|trace.*)$/;

/**
 * A Mojaloop hub, as its participants see it: it forwards by FSPIOP-Destination, keeps a directory, holds transfers until
 * they are fulfilled or late, and tells both sides. What it writes itself comes from `Hub`, in a version of its own
 * whatever the others speak. `addresses`: where participants are reached. By hand:
 * `PUT /faults` with a list, `POST /release`, `GET /transfers-seen`, `GET /positions`.
 */
export function createHub(
  addresses: ReadonlyMap<string, string>,
  { sweepMs = 100, version = '2.0', key }: HubOptions = {},
): Hub {
  const post = createPost(addresses);
  const transfers = new Map<string, Transfer>();
  const directory = new Map<string, string>();
  const app = express();
  app.use(express.raw({ type: () => true, limit: '5mb' }));

  const own = (to: string, method: string, path: string, body: object): void => {
    const resource = path.split('/')[1] ?? '';
    const headers = {
      'content-type': `application/vnd.interoperability.${resource}+json;version=${version}`,
      date: new Date().toUTCString(),
      'fspiop-source': 'Hub',
      'fspiop-destination': to,
    };
    const letter = { method, path, headers, body: Buffer.from(JSON.stringify(body)) };
    post.bring(to, { ...letter, headers: { ...headers, ...(key && signatureOf(letter, key)) } });
  };
  const fail = (to: string, path: string, errorCode: string, errorDescription: string): void =>
    own(to, 'PUT', `${path}/error`, { errorInformation: { errorCode, errorDescription, extensionList: [] } });

  const abort = (transfer: Transfer, errorCode: string, why: string): void => {
    transfer.state = 'ABORTED';
    transfer.completedAt = new Date().toISOString();
    fail(transfer.payer, `/transfers/${transfer.id}`, errorCode, why);
    if (transfer.notifyPayee) tellPayee(transfer);
  };
  const tellPayee = ({ payee, id, state, completedAt }: Transfer): void =>
    own(payee, 'PATCH', `/transfers/${id}`, { transferState: state, completedTimestamp: completedAt });
  const sweep = setInterval(() => {
    for (const transfer of transfers.values()) {
      if (transfer.state === 'RESERVED' && transfer.expiresAt < Date.now()) abort(transfer, '3303', 'Transfer expired');
    }
    sweepBulks();
  }, sweepMs);

  controls(app, { post, transfers });
  const sweepBulks = addBulks(app, { post, transfers, own, sourceOf, letterOf, jsonOf });

  app.post('/participants/:type/:id', (req, res) => {
    directory.set(`${req.params.type}/${req.params.id}`, sourceOf(req));
    own(sourceOf(req), 'PUT', req.path, { fspId: sourceOf(req) });
    res.status(202).end();
  });
  app.delete('/participants/:type/:id', (req, res) => {
    directory.delete(`${req.params.type}/${req.params.id}`);
    res.status(202).end();
  });
  app.get('/parties/:type/:id', (req, res) => {
    const owner = directory.get(`${req.params.type}/${req.params.id}`);
    res.status(202).end();
    if (owner === undefined) fail(sourceOf(req), req.path, '3204', 'Party not found');
    else post.bring(owner, { ...letterOf(req), headers: { ...letterOf(req).headers, 'fspiop-destination': owner } });
  });

  app.post('/transfers', (req, res) => {
    const { transferId: id, payerFsp, payeeFsp, amount, condition, expiration } = preparation.parse(jsonOf(req));
    const prepared = letterOf(req).body ?? Buffer.alloc(0);
    const known = transfers.get(id);
    res.status(202).end();
    if (known) {
      if (!known.prepared.equals(prepared)) fail(payerFsp, `/transfers/${id}`, '3106', 'Modified request');
      else if (known.state !== 'RESERVED') answer(known, payerFsp);
      return;
    }
    const expiresAt = Date.parse(expiration);
    const reserved = { state: 'RESERVED', notifyPayee: false } as const;
    const transfer: Transfer = {
      id,
      payer: payerFsp,
      payee: payeeFsp,
      amount,
      condition,
      expiresAt,
      prepared,
      ...reserved,
    };
    transfers.set(id, transfer);
    if (expiresAt < Date.now()) abort(transfer, '3303', 'Transfer expired');
    else post.bring(payeeFsp, letterOf(req));
  });

  /** What a participant is told that asks, or that comes again. */
  const answer = ({ id, state, fulfilment, completedAt }: Transfer, to: string): void =>
    own(to, 'PUT', `/transfers/${id}`, { transferState: state, fulfilment, completedTimestamp: completedAt });

  app.get('/transfers/:id', (req, res) => {
    const transfer = transfers.get(req.params.id);
    res.status(202).end();
    if (transfer) answer(transfer, sourceOf(req));
    else fail(sourceOf(req), req.path, '3208', 'Transfer ID not found');
  });

  app.put('/transfers/:id', (req, res) => {
    const transfer = transfers.get(req.params.id);
    const { transferState, fulfilment } = fulfilling.parse(jsonOf(req));
    res.status(200).end();
    if (transfer?.payee !== sourceOf(req)) return;
    if (transfer.state !== 'RESERVED') {
      if (transferState === 'RESERVED') tellPayee(transfer); // it comes again, or too late
      return;
    }
    transfer.notifyPayee = transferState === 'RESERVED';
    if (!fulfils(fulfilment, transfer.condition)) {
      abort(transfer, '3100', 'the fulfilment is none');
      return;
    }
    Object.assign(transfer, { state: 'COMMITTED', fulfilment, completedAt: new Date().toISOString() });
    const committed = { transferState: 'COMMITTED', fulfilment, completedTimestamp: transfer.completedAt };
    // A payer that doesn't know of reservations is told what it understands: the letter is written anew.
    own(transfer.payer, 'PUT', req.path, committed);
    if (transfer.notifyPayee) tellPayee(transfer);
  });

  app.put('/transfers/:id/error', (req, res) => {
    const transfer = transfers.get(req.params.id);
    res.status(200).end();
    if (transfer?.payee !== sourceOf(req) || transfer.state !== 'RESERVED') return;
    transfer.state = 'ABORTED';
    transfer.completedAt = new Date().toISOString();
    post.bring(transfer.payer, letterOf(req));
  });

  // Everything else is between two participants: quotes, requests to pay, bulks of quotes, and their answers.
  app.use((req, res) => {
    const to = req.get('fspiop-destination') ?? '';
    res.status(req.method === 'PUT' ? 200 : 202).end();
    if (addresses.has(to)) post.bring(to, letterOf(req));
    else if (req.method !== 'PUT') fail(sourceOf(req), subjectOf(req), '3201', 'Destination FSP error');
  });
  return {
    app,
    post,
    close: async () => {
      clearInterval(sweep);
      await post.idle();
    },
  };
}

function controls(app: Express, { post, transfers }: { post: Post; transfers: ReadonlyMap<string, Transfer> }): void {
  const fault = z.object({
    method: z.string(),
    resource: z.string(),
    to: z.string(),
    action: z.enum(['drop', 'hold', 'twice']),
    times: z.number().int().positive(),
  });
  app.put('/faults', (req: Request, res: Response) => {
    post.faults = z.array(fault).parse(jsonOf(req));
    res.status(204).end();
  });
  app.post('/release', (_req, res) => {
    post.release();
    res.status(204).end();
  });
  app.get('/transfers-seen', (_req, res) => {
    res.json([...transfers.values()].map(({ id, state, payer, payee }) => ({ id, state, payer, payee })));
  });
  app.get('/positions', (_req, res) => {
    res.json(positions(transfers.values()));
  });
}

/** What a request is about, as its answers name it. */
function subjectOf(req: Request): string {
  if (req.method !== 'POST') return req.path;
  const body = jsonOf(req) as Record<string, unknown>;
  const id = ['quoteId', 'transactionRequestId', 'bulkTransferId', 'bulkQuoteId'].find((name) => name in body) ?? '';
  return `${req.path}/${String(body[id])}`;
}

function sourceOf(req: Request): string {
  return req.get('fspiop-source') ?? '';
}

function letterOf(req: Request): Letter {
  const kept = Object.entries(req.headers).filter(([name]) => forwarded.test(name));
  return {
    method: req.method,
    path: req.path,
    headers: Object.fromEntries(kept) as Record<string, string>,
    body: Buffer.isBuffer(req.body) && req.body.length > 0 ? req.body : undefined,
  };
}

function jsonOf(req: Request): unknown {
  return JSON.parse((req.body as Buffer).toString('utf8'));
}
