import { plusMs } from '../../platform';
import { isSchemeError, type SwitchAdapter } from '../port';
import type { JsonObject } from './canonical';
import { deliver, type Shared } from './context';
import { errorBody, readError, schemeError } from './errors';
import { uuidOf } from './ids';
import { answerNow, isNew, mustSpeak, requestOf } from './inbox';
import { readPaymentRequest, writePaymentRequest, type WirePaymentRequest } from './messages';
import { accepted, answer, post, refused } from './outbox';
import type { Inbound } from './server';
import type { Request } from './store';

/**
 * Requests to pay (`/transactionRequests`, section 6.4). A payer who agrees says so by a quote and a transfer that name the
 * request; one who doesn't is `REJECTED`, or an error where there never was a request for them.
 */
interface WireState {
  readonly transactionRequestState: 'RECEIVED' | 'PENDING' | 'ACCEPTED' | 'REJECTED';
}
export const received: WireState & JsonObject = { transactionRequestState: 'RECEIVED' };
const rejected: WireState & JsonObject = { transactionRequestState: 'REJECTED' };

export async function takePaymentRequest(shared: Shared, message: Inbound): Promise<void> {
  const wire = message.body as unknown as WirePaymentRequest;
  const request = requestOf(message, 'transactionRequests', wire.transactionRequestId);
  if (!(await isNew(shared, request, message.body))) return;
  const defaultExpiry = plusMs(shared.clock.now(), shared.requestLifeMs);
  const read = readPaymentRequest(wire, { source: message.source, us: shared.dfspId, defaultExpiry });
  if (isSchemeError(read)) await answerNow(shared, request, read);
  else await shared.handler().onPaymentRequest(read);
}

export async function takePaymentRequestAnswer(shared: Shared, { target, source, body }: Inbound): Promise<void> {
  const requestId = uuidOf(target.id);
  const sent = await shared.store.findSent('transactionRequests', requestId);
  if (!sent) {
    shared.log.warn({ requestId, source }, 'an answer to a request to pay that nobody made');
    return;
  }
  mustSpeak(shared, source, sent.destination);
  const told = { requestId, dfspId: sent.destination };
  const error = readError(body, 'no');
  if (error && /^[12]/.test(error.code)) {
    // On its way, or at the payer's provider, something is out of order: the request may be made again.
    shared.log.warn({ requestId, code: error.code }, 'a request to pay has got no answer');
    return;
  }
  const isRejected = error !== undefined || (body as unknown as WireState).transactionRequestState === 'REJECTED';
  const state = isRejected ? 'rejected' : 'received';
  await shared.handler().onPaymentRequestAnswer({ ...told, state, ...(error && { error }) });
}

/** The id of a request, as whoever made it spells it. */
export async function spelledBy({ store }: Shared, source: string, requestId: string): Promise<string> {
  const asked = await store.find({ source, resource: 'transactionRequests', id: requestId });
  return asked?.wireId ?? requestId;
}

export function createPaymentRequestCommands(
  shared: Shared,
): Pick<SwitchAdapter, 'requestPayment' | 'answerPaymentRequest' | 'cancelPaymentRequest'> {
  return {
    requestPayment: async (request, context) => {
      const body = writePaymentRequest({ ...request, payee: { ...request.payee, dfspId: shared.dfspId } });
      const posting = {
        resource: 'transactionRequests',
        id: request.requestId,
        destination: request.payer.dfspId,
      } as const;
      return accepted((await post(shared, { ...posting, body }, context)).delivery);
    },
    // A transaction request ends by its payer's answer or its time: its payee has no word for taking it back.
    cancelPaymentRequest: () => Promise.resolve(refused(schemeError('2002'))),
    answerPaymentRequest: async ({ requestId, dfspId, state, error }, context) => {
      const request: Request = { source: dfspId, resource: 'transactionRequests', id: requestId };
      if (state === 'received') return answer(shared, request, received, context);
      const asked = await shared.store.reject(request, error ? errorBody(error) : rejected, shared.clock.now());
      if (asked === undefined) return refused(schemeError('3206'));
      return accepted(await deliver(shared, asked, context.deadline));
    },
  };
}
