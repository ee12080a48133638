import { isSchemeError, type Accepted, type Context, type SchemeError } from '../port';
import type { JsonObject } from './canonical';
import type { Delivery, Message } from './client';
import { give, type Shared } from './context';
import { errorBody, schemeError } from './errors';
import type { Asked, Kept, Request } from './store';

/** What commands of every resource have in common. */

export function refused(error: SchemeError): Accepted {
  return { status: 'refused', error };
}

/** What is no transfer may be asked again at will: doubt is as good as a no. */
export function accepted(delivery: Delivery): Accepted {
  return delivery.kind === 'taken' ? { status: 'accepted' } : refused(delivery.error);
}

export interface Posting {
  readonly resource: Kept;
  readonly id: string;
  readonly destination: string;
  readonly body: JsonObject;
}

/** Sends a request under its id; a second time it is the first one's message, to the letter. */
export async function post(
  shared: Shared,
  { resource, id, destination, body }: Posting,
  context: Context,
): Promise<{ readonly delivery: Delivery; readonly before: boolean }> {
  const sent = await shared.store.send(resource, id, { destination, body });
  const version = shared.versions.preferred(resource, sent.destination);
  const message: Message = {
    method: 'POST',
    path: `/${resource}`,
    resource,
    version,
    destination: sent.destination,
    body: sent.body,
  };
  return { delivery: await shared.send(message, context), before: sent.left };
}

/**
 * Money that is on its way is so until the scheme has said something: a doubt is `accepted`. It is refused only where the
 * very first message has reached nobody, or was answered with a no.
 */
export async function postMoney(shared: Shared, posting: Posting, context: Context): Promise<Accepted> {
  const { resource, id } = posting;
  const { delivery, before } = await post(shared, posting, context);
  if (delivery.kind === 'taken' || delivery.kind === 'doubt') return { status: 'accepted' };
  if (before) {
    shared.log.warn({ resource, id, code: delivery.error.code }, 'money that had left is not taken again');
    return { status: 'accepted' };
  }
  if (delivery.kind === 'nowhere') await shared.store.recall(resource, id);
  return refused(delivery.error);
}

/** Keeps the answer to a request and sends it; one that was given before stands. */
export async function answer(
  shared: Shared,
  request: Request,
  result: JsonObject | SchemeError,
  context: Context,
): Promise<Accepted> {
  return tell(shared, await shared.store.answer(request, isError(result) ? errorBody(result) : result), context);
}

/** Sends an answer that is kept. */
export async function tell(
  shared: Shared,
  asked: Asked | undefined,
  { deadline, traceparent }: Context,
): Promise<Accepted> {
  if (asked === undefined) return refused(schemeError('3200', 'nobody has asked for this'));
  const traced = { ...asked, traceparent: traceparent ?? asked.traceparent };
  return accepted(await give(shared, traced, deadline));
}

function isError(result: JsonObject | SchemeError): result is SchemeError {
  return isSchemeError(result);
}
