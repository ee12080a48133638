import type { Express, Request } from 'express';
import { z } from 'zod';
import type { Letter, Post } from './post';
import { fulfils, type Transfer } from './transfers';

/** Bulks of transfers as a hub sees them: what it decides over their items is among the other transfers. */
interface Bulk {
  readonly id: string;
  readonly payer: string;
  readonly payee: string;
  readonly items: readonly Omit<Transfer, 'state' | 'notifyPayee'>[];
  readonly expiresAt: number;
  /** The bytes of its preparation. */
  readonly prepared: Buffer;
  /** What became of it, as both sides are told; undefined while the payee's participant has it. */
  outcome?: Outcome;
}
interface Outcome {
  readonly path: 'PUT' | 'error';
  readonly body: object;
}

export interface BulkDeps {
  readonly post: Post;
  readonly transfers: Map<string, Transfer>;
  /** What the hub says in its own name. */
  readonly own: (to: string, method: string, path: string, body: object) => void;
  readonly sourceOf: (req: Request) => string;
  readonly letterOf: (req: Request) => Letter;
  readonly jsonOf: (req: Request) => unknown;
}

const preparation = z.object({
  bulkTransferId: z.string(),
  payerFsp: z.string(),
  payeeFsp: z.string(),
  individualTransfers: z
    .array(
      z.object({
        transferId: z.string(),
        transferAmount: z.object({ currency: z.string(), amount: z.string() }),
        condition: z.string(),
      }),
    )
    .min(1)
    .max(1_000),
  expiration: z.string(),
});
const answered = z.object({
  bulkTransferState: z.string(),
  individualTransferResults: z
    .array(z.object({ transferId: z.string(), fulfilment: z.string().optional() }).loose())
    .default([]),
});

/** Adds the paths of bulk transfers; bulks of quotes are between two participants. Returns what is to be done again and again. */
export function addBulks(app: Express, { post, transfers, own, sourceOf, letterOf, jsonOf }: BulkDeps): () => void {
  const bulks = new Map<string, Bulk>();
  const failed = (errorCode: string, errorDescription: string): Outcome => ({
    path: 'error',
    body: { errorInformation: { errorCode, errorDescription, extensionList: [] } },
  });
  const tell = (to: string, id: string, { path, body }: Outcome): void =>
    own(to, 'PUT', `/bulkTransfers/${id}${path === 'error' ? '/error' : ''}`, body);
  /** Every item is decided with its bulk. */
  const decide = (bulk: Bulk, outcome: Outcome, fulfilments: ReadonlyMap<string, string | undefined>): void => {
    bulk.outcome = outcome;
    for (const item of bulk.items) {
      const fulfilment = fulfilments.get(item.id);
      const isPaid = fulfilment !== undefined && fulfils(fulfilment, item.condition);
      const decided = { completedAt: new Date().toISOString(), ...(isPaid && { fulfilment }) };
      transfers.set(item.id, { ...item, ...decided, state: isPaid ? 'COMMITTED' : 'ABORTED', notifyPayee: false });
    }
  };

  app.post('/bulkTransfers', (req, res) => {
    const body = preparation.parse(jsonOf(req));
    const { bulkTransferId: id, payerFsp: payer, payeeFsp: payee, individualTransfers } = body;
    const prepared = letterOf(req).body ?? Buffer.alloc(0);
    const known = bulks.get(id);
    res.sendStatus(202);
    if (known) {
      if (!known.prepared.equals(prepared)) tell(payer, id, failed('3106', 'Modified request'));
      else if (known.outcome) tell(payer, id, known.outcome);
      return;
    }
    const expiresAt = Date.parse(body.expiration);
    const items = individualTransfers.map(({ transferId, transferAmount: amount, condition }) => ({
      ...{ id: transferId, payer, payee, amount, condition, expiresAt, prepared },
    }));
    bulks.set(id, { id, payer, payee, items, expiresAt, prepared });
    post.bring(payee, letterOf(req));
  });

  app.get('/bulkTransfers/:id', (req, res) => {
    const bulk = bulks.get(req.params.id);
    res.sendStatus(202);
    if (!bulk) tell(sourceOf(req), req.params.id, failed('3210', 'Bulk transfer ID not found'));
    else tell(sourceOf(req), bulk.id, bulk.outcome ?? { path: 'PUT', body: { bulkTransferState: 'PROCESSING' } });
  });

  app.put('/bulkTransfers/:id', (req, res) => {
    const bulk = bulks.get(req.params.id);
    const body = answered.parse(jsonOf(req));
    res.sendStatus(200);
    if (bulk?.payee !== sourceOf(req) || bulk.outcome) return;
    const { individualTransferResults: results } = body;
    const fulfilments = new Map(results.map(({ transferId, fulfilment }) => [transferId, fulfilment]));
    decide(bulk, { path: 'PUT', body: jsonOf(req) as object }, fulfilments);
    post.bring(bulk.payer, letterOf(req));
  });

  app.put('/bulkTransfers/:id/error', (req, res) => {
    const bulk = bulks.get(req.params.id);
    res.sendStatus(200);
    if (bulk?.payee !== sourceOf(req) || bulk.outcome) return;
    decide(bulk, { path: 'error', body: jsonOf(req) as object }, new Map());
    post.bring(bulk.payer, letterOf(req));
  });

  return () => {
    for (const bulk of bulks.values()) {
      if (bulk.outcome || bulk.expiresAt >= Date.now()) continue;
      const expired = failed('3303', 'Transfer expired');
      decide(bulk, expired, new Map());
      tell(bulk.payer, bulk.id, expired);
    }
  };
}
