import { assert, err, ok, type Result } from '../platform';
import type { CodeAnswer, CodeAsk, PartyId, PaymentRequestAnswer } from '../switch';
import { agentsId, giveUp, isOnLine, tell } from './asking';
import { cashRequestOf, markWanted, stopAsking, type CashRequest } from './cash-request-store';
import { contextOf, type CounterDeps } from './deps';
import { refused } from './refusals';

/** What the customer's provider says of a request of an agent here, however often, however late. */

/** False: the request is none of a counter's. */
export async function takeAnswer(
  deps: CounterDeps,
  { requestId, dfspId, state, error }: PaymentRequestAnswer,
): Promise<boolean> {
  const request = await cashRequestOf(deps.db, { dfspId, requestId });
  if (!request) return false;
  if (state === 'received') await stopAsking(deps.db, request.cashRequestId);
  else await giveUp(deps, request, error ?? null);
  return true;
}

/** The code is wanted: the agent's screen asks for it, or an SMS calls them back to it. */
export async function takeCodeAsk(deps: CounterDeps, { requestId, dfspId, triesLeft }: CodeAsk): Promise<void> {
  const request = await cashRequestOf(deps.db, { dfspId, requestId });
  const isOpen = request && (await wanted(deps, request, triesLeft));
  if (isOpen === true || request?.state === 'paying' || request?.state === 'paid') return;
  await deps.adapter.answerCode({ dfspId, requestId, result: resultOf(request) }, contextOf(deps));
}

function resultOf(request: CashRequest | undefined): CodeAnswer['result'] {
  if (!request) return refused('3206', 'Transaction request ID not found');
  return request.state === 'cancelled' ? { response: 'rejected' } : refused('3301', 'Transaction request expired');
}

async function wanted(deps: CounterDeps, request: CashRequest, triesLeft: number): Promise<boolean> {
  const { cashRequestId } = request;
  const now = deps.clock.now();
  if (request.expiresAt <= now) return false;
  const isWanted = await deps.db.tx(async (tx) => {
    const marked = await markWanted(tx, cashRequestId, { triesLeft, now });
    if (!marked) return false;
    const isNews = marked.before !== 'wanted';
    if (isNews && !isOnLine(deps, request))
      await tell(deps, tx, request, { text: 'sms.cashRequestCode', values: { tries: triesLeft } });
    return true;
  });
  deps.waiting.wake(cashRequestId);
  return isWanted;
}

/** What a provider may pay that names a request of an agent here. Undefined: it is none of a counter's. */
export async function findRequested(
  deps: CounterDeps,
  ref: { readonly dfspId: string; readonly requestId: string },
): Promise<Result<Requested, 'request_over' | 'request_underway'> | undefined> {
  const request = await cashRequestOf(deps.db, ref);
  if (!request) return undefined;
  const { state, expiresAt, agentId, accountId, amountMinor, cashRequestId: subjectId } = request;
  if (state === 'paying') return err('request_underway');
  const isOpen = state === 'asked' || state === 'wanted' || state === 'answered';
  if (!isOpen || expiresAt <= deps.clock.now()) return err('request_over');
  const agent = await deps.identity.byId(deps.db, agentId);
  assert(agent, 'an agent stays known');
  const payee = agentsId(agent);
  return ok({ product: 'cash_out', subjectId, payee, ownerId: agentId, accountId, amountMinor });
}

interface Requested {
  readonly product: 'cash_out';
  readonly subjectId: string;
  readonly payee: PartyId;
  readonly ownerId: string;
  readonly accountId: string;
  readonly amountMinor: bigint;
}
