import { assert, err, ok, type Result } from '../platform';
import type { CodeAnswer, CodeAsk, PartyId, PaymentRequestAnswer } from '../switch';
import { giveUp, isOnLine, payeeIdOf, tell } from './asking';
import { counterRequestOf, markWanted, stopAsking, type CounterRequest } from './counter-request-store';
import { contextOf, type CounterDeps } from './deps';
import { refused } from './refusals';

/** What the customer's provider says of a request of a counter here, however often, however late. */

/** False: the request is none of a counter's. */
export async function takeAnswer(
  deps: CounterDeps,
  { requestId, dfspId, state, error }: PaymentRequestAnswer,
): Promise<boolean> {
  const request = await counterRequestOf(deps.db, { dfspId, requestId });
  if (!request) return false;
  if (state === 'received') await stopAsking(deps.db, request.counterRequestId);
  else await giveUp(deps, request, error ?? null);
  return true;
}

/** The code is wanted: the screen of whoever asked asks for it, or an SMS calls them back to it. */
export async function takeCodeAsk(deps: CounterDeps, { requestId, dfspId, triesLeft }: CodeAsk): Promise<void> {
  const request = await counterRequestOf(deps.db, { dfspId, requestId });
  const isOpen = request && (await wanted(deps, request, triesLeft));
  if (isOpen === true || request?.state === 'paying' || request?.state === 'paid') return;
  await deps.adapter.answerCode({ dfspId, requestId, result: resultOf(request) }, contextOf(deps));
}

function resultOf(request: CounterRequest | undefined): CodeAnswer['result'] {
  if (!request) return refused('3206', 'Transaction request ID not found');
  return request.state === 'cancelled' ? { response: 'rejected' } : refused('3301', 'Transaction request expired');
}

async function wanted(deps: CounterDeps, request: CounterRequest, triesLeft: number): Promise<boolean> {
  const { counterRequestId } = request;
  const now = deps.clock.now();
  if (request.expiresAt <= now) return false;
  const isWanted = await deps.db.tx(async (tx) => {
    const marked = await markWanted(tx, counterRequestId, { triesLeft, now });
    if (!marked) return false;
    const isNews = marked.before !== 'wanted';
    if (isNews && !isOnLine(deps, request))
      await tell(deps, tx, request, { text: wantedTexts[request.product], values: { tries: triesLeft } });
    return true;
  });
  deps.waiting.wake(counterRequestId);
  return isWanted;
}

const wantedTexts = { cash_out: 'sms.cashRequestCode', purchase: 'sms.saleRequestCode' } as const;

/** What a provider may pay that names a request of a counter here. Undefined: it is none of a counter's. */
export async function findRequested(
  deps: CounterDeps,
  ref: { readonly dfspId: string; readonly requestId: string },
): Promise<Result<Requested, 'request_over' | 'request_underway'> | undefined> {
  const request = await counterRequestOf(deps.db, ref);
  if (!request) return undefined;
  const { product, state, expiresAt, ownerId, accountId, amountMinor, counterRequestId: subjectId } = request;
  if (state === 'paying') return err('request_underway');
  const isOpen = state === 'asked' || state === 'wanted' || state === 'answered';
  if (!isOpen || expiresAt <= deps.clock.now()) return err('request_over');
  if (product === 'purchase' && (await deps.invoices.find(subjectId))?.state !== 'pending') return err('request_over');
  const owner = await deps.identity.byId(deps.db, ownerId);
  assert(owner, 'whoever asks stays known');
  return ok({ product, subjectId, payee: payeeIdOf(product, owner), ownerId, accountId, amountMinor });
}

interface Requested {
  readonly product: CounterRequest['product'];
  readonly subjectId: string;
  readonly payee: PartyId;
  readonly ownerId: string;
  readonly accountId: string;
  readonly amountMinor: bigint;
}
