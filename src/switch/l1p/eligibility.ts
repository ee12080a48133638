import { z } from 'zod';
import { writeMoney } from '../amounts';
import type { Context, QuoteRequest, SchemeError } from '../port';
import { schemeError } from '../scheme-errors';
import type { Ask } from './client';
import { uriOf } from './identifiers';

export interface EligibilityOptions {
  /** Undefined: the scheme has no central rules. */
  readonly rulesUrl?: string;
  /** Undefined: the scheme's members share nothing about fraud. */
  readonly fraudUrl?: string;
  /** From which score on a payment is not made; 100 is the surest. */
  readonly fraudScoreRefused?: number;
}

const judgement = z.object({
  allowed: z.boolean(),
  reason: z.object({ code: z.string(), message: z.string() }).optional(),
});
const scored = z.object({ score: z.number() });

/**
 * Why the scheme's own rules (6.1.1) or what is known of fraud (35.3) forbid a payment; undefined: they don't. Who can't be
 * asked has not allowed it.
 */
export async function ineligibility(
  { rulesUrl, fraudUrl, fraudScoreRefused = 100 }: EligibilityOptions,
  { ask, request, context }: { readonly ask: Ask; readonly request: QuoteRequest; readonly context: Context },
): Promise<SchemeError | undefined> {
  const ruled = rulesUrl === undefined ? undefined : await againstRules(rulesUrl, { ask, request, context });
  if (ruled || fraudUrl === undefined) return ruled;
  const parties = {
    sourceIdentifier: uriOf(request.payer.partyId),
    destinationIdentifier: uriOf(request.payee.partyId),
  };
  const reply = await ask({ method: 'POST', url: `${fraudUrl}/score/transfer`, body: parties }, context);
  if (reply.kind !== 'taken') return { ...reply.error, moneyMoved: 'no' };
  const read = scored.safeParse(reply.body);
  if (!read.success) return schemeError('2001', 'no score of fraud that can be read');
  return read.data.score >= fraudScoreRefused ? schemeError('4400', 'suspected fraud') : undefined;
}

async function againstRules(
  rulesUrl: string,
  { ask, request, context }: { readonly ask: Ask; readonly request: QuoteRequest; readonly context: Context },
): Promise<SchemeError | undefined> {
  const query = new URLSearchParams({
    sender_user_number: request.payer.partyId.id,
    receiver_user_number: request.payee.partyId.id,
    amount: writeMoney(request.amount).amount,
  });
  const reply = await ask({ method: 'GET', url: `${rulesUrl}/transfer?${query.toString()}` }, context);
  if (reply.kind !== 'taken') return { ...reply.error, moneyMoved: 'no' };
  const read = judgement.safeParse(reply.body);
  if (!read.success) return schemeError('2001', 'the central rules say nothing that can be read');
  const { allowed, reason } = read.data;
  if (allowed) return undefined;
  const code = reason?.code === 'transfer_limit_exceeded' ? '4200' : '4300';
  return { code, description: reason?.message ?? 'the central rules forbid it', moneyMoved: 'no' };
}
