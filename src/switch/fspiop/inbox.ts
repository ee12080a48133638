import { isSchemeError, type QuoteAnswer, type SchemeError } from '../port';
import { canonicalJson, type JsonObject } from './canonical';
import { callbackPath, deliver, give, sendInTurn, type Shared } from './context';
import { Refusal } from '../refusal';
import { errorBody, readError, schemeError } from './errors';
import { uuidOf } from './ids';
import { readOffer, type WireOffer } from './messages';
import type { Inbound } from './server';
import type { Kept, Received, Request } from './store';

/** What requests and callbacks of every resource have in common. */

/** A request to be answered as it came: to whom, in which version, under the id as it is spelled. */
export function requestOf({ source, version, traceparent }: Inbound, resource: Kept, wireId: string): Received {
  const answerIn = `${version.major}.${version.minor}`;
  return { source, resource, id: uuidOf(wireId), wireId, version: answerIn, traceparent };
}

/**
 * Section 3.2.5.1. The same again: its answer is sent again, or is still being made, and then the core is told once more, for
 * it may have been cut off before it kept the first. Something else under the id: 3106, and the first one is not touched.
 */
export async function isNew(shared: Shared, request: Received, body: JsonObject): Promise<boolean> {
  const asked = await shared.store.receive(request, body);
  if (asked === 'modified') {
    const answer = errorBody(schemeError('3106', `${request.wireId} was another one`));
    await deliver(shared, { ...request, answer });
    return false;
  }
  if (asked.answer === undefined) return true;
  await give(shared, asked);
  return false;
}

/** An answer that needs no core. */
export async function answerNow(shared: Shared, request: Request, error: SchemeError): Promise<void> {
  const asked = await shared.store.answer(request, errorBody(error));
  if (asked) await give(shared, asked);
}

/** Answers a question that nothing is kept of. */
export async function answerUnkept(
  shared: Shared,
  { target, source, version, traceparent }: Inbound,
  body: JsonObject,
): Promise<void> {
  const path = callbackPath(target.resource, target.id, body);
  const callback = { method: 'PUT', path, resource: target.resource, version, destination: source, body } as const;
  await sendInTurn(shared, callback, traceparent === undefined ? {} : { traceparent });
}

/** A callback comes from whom was asked, or from the hub. */
export function mustSpeak({ hubIds }: Shared, source: string, expected: string): void {
  if (source !== expected && !hubIds.has(source)) throw new Refusal(403, '3100', 'FSPIOP-Source was not asked');
}

export function errorOf(body: JsonObject, moneyMoved: SchemeError['moneyMoved']): SchemeError {
  return readError(body, moneyMoved) ?? schemeError('2001', 'an error that says nothing', moneyMoved);
}

/** What a quote was answered: an offer with its terms, or why there is none. */
export function offerOf(body: JsonObject): QuoteAnswer['result'] {
  if ('errorInformation' in body) return errorOf(body, 'no');
  const wire = body as unknown as WireOffer;
  const offer = readOffer(wire);
  if (isSchemeError(offer)) return offer;
  return { offer, terms: canonicalJson({ ilpPacket: wire.ilpPacket, condition: wire.condition }) };
}
