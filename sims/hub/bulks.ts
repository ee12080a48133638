import { createHash } from 'node:crypto';
import type { Express, Request } from 'express';
import { z } from 'zod';
import { endpoint } from './endpoint';
import { bytesOf, jsonOf, letterOf, sourceOf } from './letter';
import type { Letters } from './letters';
import type { Memory } from './memory';
import { fulfils, type Bulk, type BulkOutcome } from './transfers';

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

const failed = (errorCode: string, errorDescription: string): BulkOutcome => ({
  path: 'error',
  body: { errorInformation: { errorCode, errorDescription, extensionList: [] } },
});
const processing: BulkOutcome = { path: 'PUT', body: { bulkTransferState: 'PROCESSING' } };

/** The paths of bulk transfers; bulks of quotes are between two participants. Returns what looks for those that have expired. */
export function addBulks(app: Express, { own, post }: Letters, memory: Memory, now: () => number): () => void {
  const { state, commit } = memory;
  const bulkOf = ({ params }: Request): Bulk | undefined => state.bulks.get(String(params['id']));
  const tell = (to: string, id: string, { path, body }: BulkOutcome): void =>
    own(to, 'PUT', `/bulkTransfers/${id}${path === 'error' ? '/error' : ''}`, body);
  /** Every item is decided with its bulk. */
  const decide = (bulk: Bulk, outcome: BulkOutcome, fulfilments: ReadonlyMap<string, string | undefined>): void => {
    commit({ type: 'bulk', bulk: { ...bulk, outcome } });
    const completedAt = new Date(now()).toISOString();
    for (const item of bulk.items) {
      const fulfilment = fulfilments.get(item.id);
      const isPaid = fulfilment !== undefined && fulfils(fulfilment, item.condition);
      const decided = { ...item, completedAt, ...(isPaid && { fulfilment }), notifyPayee: false };
      commit({ type: 'transfer', transfer: { ...decided, state: isPaid ? 'COMMITTED' : 'ABORTED' } });
    }
  };
  /** What the payee's participant says, the first time. */
  const conclude = (req: Request, path: BulkOutcome['path'], fulfilments: Parameters<typeof decide>[2]): void => {
    const bulk = bulkOf(req);
    if (bulk?.payee !== sourceOf(req) || bulk.outcome) return;
    decide(bulk, { path, body: jsonOf(req) as object }, fulfilments);
    post.bring(bulk.payer, letterOf(req));
  };

  app.post(
    '/bulkTransfers',
    endpoint(memory, (req) => {
      const body = preparation.parse(jsonOf(req));
      const { bulkTransferId: id, payerFsp: payer, payeeFsp: payee, individualTransfers } = body;
      const digest = createHash('sha256').update(bytesOf(req)).digest('base64url');
      const known = state.bulks.get(id);
      if (known) {
        if (known.digest !== digest) tell(payer, id, failed('3106', 'Modified request'));
        else if (known.outcome) tell(payer, id, known.outcome);
        return;
      }
      const expiresAt = Date.parse(body.expiration);
      const items = individualTransfers.map(({ transferId, transferAmount: amount, condition }) => ({
        ...{ id: transferId, payer, payee, amount, condition, expiresAt, digest },
      }));
      commit({ type: 'bulk', bulk: { id, payer, payee, items, expiresAt, digest } });
      post.bring(payee, letterOf(req));
    }),
  );
  app.get(
    '/bulkTransfers/:id',
    endpoint(memory, (req) => {
      const [bulk, id] = [bulkOf(req), String(req.params['id'])];
      tell(sourceOf(req), id, bulk ? (bulk.outcome ?? processing) : failed('3210', 'Bulk transfer ID not found'));
    }),
  );
  app.put(
    '/bulkTransfers/:id',
    endpoint(memory, (req) => {
      const { individualTransferResults: results } = answered.parse(jsonOf(req));
      conclude(req, 'PUT', new Map(results.map(({ transferId, fulfilment }) => [transferId, fulfilment])));
    }),
  );
  app.put(
    '/bulkTransfers/:id/error',
    endpoint(memory, (req) => conclude(req, 'error', new Map())),
  );
  return () => {
    for (const bulk of state.bulks.values()) {
      if (bulk.outcome || bulk.expiresAt >= now()) continue;
      const expired = failed('3303', 'Transfer expired');
      decide(bulk, expired, new Map());
      tell(bulk.payer, bulk.id, expired);
    }
  };
}
