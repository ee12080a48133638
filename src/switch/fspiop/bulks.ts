import { inSlices, plusMs } from '../../platform';
import type { Bulk, BulkKey, BulkResource } from './bulk-store';
import type { JsonObject } from './canonical';
import { callbackPath, deliver, type Shared } from './context';
import { Refusal } from '../refusal';
import { errorBody, schemeError } from './errors';
import { uuidOf } from './ids';
import { isNew, requestOf } from './inbox';
import type { WireQuote, WireTransfer } from './messages';
import { decisionOf, decisionOfItem, settle, type Decision } from './outcomes';
import type { Inbound } from './server';
import type { Asked, Received } from './store';
import { tellQuote, tellTransfer } from './telling';

/**
 * Bulks (sections 6.9 and 6.10), as the payee's provider. A bulk is so many quotes or transfers that come and are answered
 * together: to the core each of them is one of its own. What came in is kept whole; once every item is answered, or the bulk
 * has expired, one callback tells all.
 */
type WireBulkQuote = Pick<WireQuote, 'payer' | 'expiration'> & {
  readonly bulkQuoteId: string;
  readonly individualQuotes: readonly Omit<WireQuote, 'payer' | 'expiration'>[];
};
type WireBulkTransfer = Pick<WireTransfer, 'payerFsp' | 'payeeFsp' | 'expiration'> & {
  readonly bulkTransferId: string;
  readonly individualTransfers: readonly (Pick<WireTransfer, 'transferId' | 'ilpPacket' | 'condition'> & {
    readonly transferAmount: WireTransfer['amount'];
  })[];
};

type KeptBulk = Omit<Bulk, 'isOpen'>;

/** One of a bulk, as if it had come alone. */
interface Item {
  readonly request: Received;
  readonly body: JsonObject;
  /** Tells the core, or answers it where the core needs not be asked. */
  readonly tell: () => Promise<void>;
}

const atOnce = 8;
const sweepLimit = 4;
/** How long what is being worked on is left alone by others. */
const laterMs = 5_000;
/** The scheme is asked what it decided over a bulk no more often than this. */
const askEveryMs = 2_000;

/** A bulk that comes in. It is kept, and worked on once it has its 202. */
export async function takeBulk(shared: Shared, message: Inbound): Promise<void> {
  const { body, source } = message;
  const resource = message.target.resource as BulkResource;
  if (resource === 'bulkTransfers' && body['payerFsp'] !== source) {
    throw new Refusal(400, '3100', 'payerFsp is not FSPIOP-Source');
  }
  const { bulkQuoteId = '', bulkTransferId, expiration } = body as Partial<WireBulkQuote & WireBulkTransfer>;
  const request = requestOf(message, resource, bulkTransferId ?? bulkQuoteId);
  if (!(await isNew(shared, request, body))) return;
  const defaultExpiry = plusMs(shared.clock.now(), shared.quoteLifeMs);
  const expiresAt = expiration === undefined ? defaultExpiry : new Date(expiration);
  const bulk = { source, resource, id: request.id, body, expiresAt };
  await shared.bulks.store.open(bulk);
  await shared.turns.follow(() => workOn(shared, bulk));
}

/** Works on bulks that others have left, or that have expired. */
export async function sweepBulks(shared: Shared): Promise<void> {
  for (const bulk of await shared.bulks.store.takeDue({ laterMs, limit: sweepLimit })) await workOn(shared, bulk);
}

/** An item has its answer: the last one closes its bulk. One of a bulk that is closed is not told again; the scheme is asked. */
export async function gather(shared: Shared, item: Asked): Promise<void> {
  if (item.bulkId === undefined) return;
  const resource = item.resource === 'quotes' ? 'bulkQuotes' : 'bulkTransfers';
  const key: BulkKey = { source: item.source, resource, id: item.bulkId };
  if (isInHand(shared, key)) return;
  const bulk = await shared.bulks.store.find(key);
  if (bulk?.isOpen === true) {
    if ((await shared.bulks.store.unanswered(key)) === 0) await workOn(shared, bulk);
  } else if (bulk && resource === 'bulkTransfers' && item.outcome === undefined) {
    await ask(shared, key);
  }
}

/** Whoever has it in hand looks again: what was answered meanwhile may have come after they looked. */
function isInHand({ bulks: { inHand } }: Shared, bulk: BulkKey): boolean {
  const name = nameOf(bulk);
  if (!inHand.has(name)) return false;
  inHand.set(name, 'look again');
  return true;
}

async function workOn(shared: Shared, bulk: KeptBulk): Promise<void> {
  if (isInHand(shared, bulk)) return;
  const name = nameOf(bulk);
  try {
    do shared.bulks.inHand.set(name, 'look once');
    while (!(await answerBulk(shared, bulk)) && shared.bulks.inHand.get(name) === 'look again');
  } catch (error) {
    shared.log.error({ err: error, bulkId: bulk.id }, 'a bulk could not be worked on; it comes again');
  } finally {
    shared.bulks.inHand.delete(name);
  }
}

/** False while answers are missing. */
async function answerBulk(shared: Shared, bulk: KeptBulk): Promise<boolean> {
  const asked = await shared.store.find(bulk);
  if (!asked) throw new Error('a bulk without its request');
  const items = itemsOf(shared, bulk, asked);
  const answers = await inSlices(items, atOnce, (item) => answerOf(shared, item));
  for (const [at, item] of items.entries()) answers[at] ??= await lateAnswerOf(shared, item, bulk);
  const known = answers.filter((answer) => answer !== undefined);
  if (known.length < items.length) return false;
  const results = known.map((answer, at) => ({ wireId: items[at]?.request.wireId ?? '', answer }));
  const callback =
    bulk.resource === 'bulkQuotes' ? quotesOf(results, bulk.expiresAt) : transfersOf(results, shared.clock.now());
  const answered = await shared.store.answer(bulk, callback);
  if (!answered) return true;
  await shared.bulks.store.close(bulk);
  await deliver(shared, answered);
  if (bulk.resource === 'bulkTransfers') await ask(shared, bulk);
  return true;
}

/** What was answered while others were told; once the bulk is over, what nobody has answered is answered with an error. */
async function lateAnswerOf({ store, clock }: Shared, { request }: Item, bulk: KeptBulk) {
  const isOver = clock.now() >= bulk.expiresAt;
  const late = errorBody(schemeError(bulk.resource === 'bulkQuotes' ? '2004' : '3303'));
  return (isOver ? await store.answer(request, late) : await store.find(request))?.answer;
}

/** The answer of an item, if it has one. An id that was used for something else is an error of this bulk only. */
async function answerOf({ store, log }: Shared, { request, body, tell }: Item): Promise<JsonObject | undefined> {
  const asked = await store.receive(request, body);
  if (asked === 'modified') return errorBody(schemeError('3106', `${request.wireId} was another one`));
  if (asked.answer !== undefined) return asked.answer;
  try {
    await tell();
  } catch (error) {
    log.error({ err: error, id: request.id }, 'one of a bulk was not taken; it is told again');
    return undefined;
  }
  return (await store.find(request))?.answer;
}

function itemsOf(shared: Shared, bulk: KeptBulk, { version, traceparent }: Asked): readonly Item[] {
  const { source, id: bulkId } = bulk;
  const requestFor = (resource: 'quotes' | 'transfers', wireId: string): Received => ({
    ...{ source, resource, id: uuidOf(wireId), wireId, version, traceparent, bulkId },
  });
  if (bulk.resource === 'bulkQuotes') {
    const { payer, expiration, individualQuotes } = bulk.body as unknown as WireBulkQuote;
    return individualQuotes.map((individual) => {
      const wire: WireQuote = { ...individual, payer, ...(expiration !== undefined && { expiration }) };
      const request = requestFor('quotes', wire.quoteId);
      return { request, body: wire as unknown as JsonObject, tell: () => tellQuote(shared, request, wire) };
    });
  }
  const { payerFsp, payeeFsp, expiration, individualTransfers } = bulk.body as unknown as WireBulkTransfer;
  return individualTransfers.map(({ transferAmount, ...individual }) => {
    const wire: WireTransfer = { ...individual, amount: transferAmount, payerFsp, payeeFsp, expiration };
    const proof = shared.terms.prove(wire);
    const transactionId = 'transactionId' in proof ? proof.transactionId : undefined;
    const request = { ...requestFor('transfers', wire.transferId), transactionId };
    return { request, body: wire as unknown as JsonObject, tell: () => tellTransfer(shared, request, wire, proof) };
  });
}

interface Result {
  readonly wireId: string;
  readonly answer: JsonObject;
}

/** One expiry for all: the first of theirs. */
function quotesOf(results: readonly Result[], expiresAt: Date): JsonObject {
  const expiries = results.map(({ answer }) => answer['expiration']).filter((text) => typeof text === 'string');
  return {
    individualQuoteResults: results.map(({ wireId, answer }) => ({
      quoteId: wireId,
      ...without('expiration', answer),
    })),
    expiration: expiries.sort()[0] ?? expiresAt.toISOString(),
  };
}

function transfersOf(results: readonly Result[], now: Date): JsonObject {
  const isAny = results.some(({ answer }) => 'fulfilment' in answer);
  return {
    bulkTransferState: isAny ? 'COMPLETED' : 'REJECTED',
    completedTimestamp: now.toISOString(),
    individualTransferResults: results.map(({ wireId, answer }) => ({
      transferId: wireId,
      ...without('transferState', answer),
    })),
  };
}

function without(key: string, body: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(body).filter(([name]) => name !== key));
}

/** FSPIOP has no notification of what became of a bulk: the scheme is asked. */
async function ask(shared: Shared, key: BulkKey): Promise<void> {
  if (!(await shared.bulks.store.mayAsk(key, askEveryMs))) return;
  const asked = await shared.store.find(key);
  if (!asked) return;
  const version = shared.versions.preferred('bulkTransfers', key.source);
  const path = callbackPath('bulkTransfers', asked.wireId, {});
  await shared.send({ method: 'GET', path, resource: 'bulkTransfers', version, destination: key.source }, {});
}

interface WireOutcome {
  readonly individualTransferResults?: readonly (JsonObject & { readonly transferId: string })[];
}

/** What the scheme has decided over the transfers of a bulk, or over the whole of it. */
export async function takeBulkOutcome(shared: Shared, { target, source, body }: Inbound): Promise<void> {
  const bulk = await shared.bulks.store.findTransfers(uuidOf(target.id));
  if (!bulk) {
    shared.log.warn({ bulkTransferId: target.id, source }, 'word of a bulk that nobody knows here');
    return;
  }
  if (!shared.hubIds.has(source)) throw new Refusal(403, '3100', 'only the hub decides over a transfer');
  const whole = wholeDecision(body);
  const { individualTransfers } = bulk.body as unknown as WireBulkTransfer;
  const { individualTransferResults = [] } = body as unknown as WireOutcome;
  const decided = whole
    ? individualTransfers.map(({ transferId }) => ({ transferId, decision: whole }))
    : individualTransferResults.map((result) => ({
        transferId: result.transferId,
        decision: decisionOfItem(result, body),
      }));
  for (const { transferId, decision } of decided) {
    const request = { source: bulk.source, resource: 'transfers', id: uuidOf(transferId) } as const;
    const asked = decision && (await shared.store.find(request));
    if (asked) await settle(shared, asked, decision);
  }
}

/** Of all at once: an error that ends it, or a bulk that is rejected. */
function wholeDecision(body: JsonObject): Decision | undefined {
  if (body['bulkTransferState'] === 'REJECTED') return { state: 'aborted' };
  return 'errorInformation' in body ? decisionOf(body) : undefined;
}

function nameOf({ source, resource, id }: BulkKey): string {
  return `${source} ${resource} ${id}`;
}
