import { inSlices } from '../../platform';
import { writeMoney } from '../amounts';
import {
  bulkItemsMax,
  type Accepted,
  type BulkQuoteRequest,
  type BulkTransfer,
  type Context,
  type QuoteAnswer,
  type SwitchAdapter,
} from '../port';
import type { JsonObject } from './canonical';
import type { Message } from './client';
import type { Shared } from './context';
import { schemeError } from './errors';
import { uuidOf } from './ids';
import { errorOf, mustSpeak, offerOf } from './inbox';
import { writeParty, writeQuote } from './messages';
import { accepted, postMoney, refused } from './outbox';
import { outcomeOfItem } from './outcomes';
import type { Inbound } from './server';

/**
 * Bulks of ours (sections 6.9 and 6.10), as the payer's provider. What is in one is answered together and told to the core one by
 * one. A bulk is kept as it was first sent: sent again, it is the same to the letter; and a transfer that left in one is never
 * sent or asked for alone.
 */
const atOnce = 8;
/** The scheme is asked about a bulk no more often than this, however many of its transfers are asked for. */
const askEveryMs = 2_000;

export function createBulkCommands(shared: Shared): Pick<SwitchAdapter, 'requestQuotes' | 'prepareTransfers'> {
  return {
    requestQuotes: (bulk, context) => ofEach(bulk, () => requestQuotes(shared, bulk, context)),
    prepareTransfers: (bulk, context) => ofEach(bulk, () => prepareTransfers(shared, bulk, context)),
  };
}

/** What is said of an envelope is said of each that is in it. */
async function ofEach(
  { items }: { readonly items: readonly unknown[] },
  send: () => Promise<Accepted>,
): Promise<readonly Accepted[]> {
  const isFitting = items.length >= 1 && items.length <= bulkItemsMax;
  const answer = isFitting ? await send() : refused(schemeError('3103', `1 to ${bulkItemsMax} in a bulk`));
  return items.map(() => answer);
}

/** Asked once; who asks again has lost the answer, and gets it by GET (6.9.3). Where nobody has it, it is sent anew after that. */
async function requestQuotes(shared: Shared, bulk: BulkQuoteRequest, context: Context): Promise<Accepted> {
  const { bulkQuoteId: id, dfspId } = bulk;
  const sent = await shared.store.send('bulkQuotes', id, {
    destination: dfspId,
    body: writeBulkQuote(shared.dfspId, bulk),
  });
  if (sent.left) return accepted(await shared.send(get(shared, 'bulkQuotes', id, sent.destination), context));
  const message = { ...get(shared, 'bulkQuotes', id, sent.destination), method: 'POST', path: '/bulkQuotes' } as const;
  const delivery = await shared.send({ ...message, body: sent.body }, context);
  if (delivery.kind === 'nowhere') await shared.store.recall('bulkQuotes', id);
  return accepted(delivery);
}

function writeBulkQuote(us: string, { bulkQuoteId, payer, expiresAt, items }: BulkQuoteRequest): JsonObject {
  const from = { ...payer, dfspId: us };
  return {
    bulkQuoteId,
    payer: writeParty(from),
    expiration: expiresAt.toISOString(),
    individualQuotes: items.map((item) => {
      const wire = writeQuote({ ...item, payer: from, expiresAt }, undefined);
      return Object.fromEntries(Object.entries(wire).filter(([name]) => name !== 'payer' && name !== 'expiration'));
    }),
  };
}

/** A callback with the quotes of a bulk, or with why there are none. */
export async function takeBulkQuotes(shared: Shared, { target, source, body }: Inbound): Promise<void> {
  const bulkQuoteId = uuidOf(target.id);
  const sent = await shared.store.findSent('bulkQuotes', bulkQuoteId);
  if (!sent) {
    shared.log.warn({ bulkQuoteId, source }, 'an answer to a bulk of quotes that nobody asked for');
    return;
  }
  mustSpeak(shared, source, sent.destination);
  const { individualQuotes } = sent.body as unknown as { individualQuotes: readonly { quoteId: string }[] };
  const answers = quoteAnswersOf(body, individualQuotes);
  if (answers === 'unknown') return shared.store.recall('bulkQuotes', bulkQuoteId);
  await inSlices(answers, atOnce, (answer) => shared.handler().onQuoteAnswer({ ...answer, dfspId: sent.destination }));
}

type AnswerOfOne = Omit<QuoteAnswer, 'dfspId'>;

interface WireQuoteResults {
  readonly individualQuoteResults?: readonly (JsonObject & { readonly quoteId: string })[];
  readonly expiration: string;
}

/** `unknown`: whoever was asked has never heard of it. */
function quoteAnswersOf(body: JsonObject, asked: readonly { readonly quoteId: string }[]): AnswerOfOne[] | 'unknown' {
  if ('errorInformation' in body) {
    const error = errorOf(body, 'no');
    return error.code === '3209' ? 'unknown' : asked.map(({ quoteId }) => ({ quoteId, result: error }));
  }
  const { individualQuoteResults = [], expiration } = body as unknown as WireQuoteResults;
  const ours = new Set(asked.map(({ quoteId }) => quoteId));
  return individualQuoteResults
    .map((result) => ({ quoteId: uuidOf(result.quoteId), result: offerOfItem({ ...result, expiration }) }))
    .filter(({ quoteId }) => ours.has(quoteId));
}

/** Of a quote alone the schema asks for more than of one in a bulk. */
const neededOfOffer = ['transferAmount', 'ilpPacket', 'condition'];

function offerOfItem(result: JsonObject): QuoteAnswer['result'] {
  if ('errorInformation' in result) return errorOf(result, 'no');
  const missing = neededOfOffer.find((name) => !(name in result));
  return missing === undefined ? offerOf(result) : schemeError('3102', missing);
}

async function prepareTransfers(shared: Shared, bulk: BulkTransfer, context: Context): Promise<Accepted> {
  const { bulkTransferId: id, dfspId, items } = bulk;
  // Before it leaves, and of what leaves: who asks for one of them asks for the bulk.
  const transferIds = items.map(({ transferId }) => transferId);
  if (!(await isOwnBulk(shared, id))) await shared.ownBulks.keep(id, transferIds);
  const body = writeBulkTransfer(shared, bulk);
  return postMoney(shared, { resource: 'bulkTransfers', id, destination: dfspId, body }, context);
}

function writeBulkTransfer({ dfspId, terms }: Shared, bulk: BulkTransfer): JsonObject {
  return {
    bulkTransferId: bulk.bulkTransferId,
    bulkQuoteId: bulk.bulkQuoteId,
    payerFsp: dfspId,
    payeeFsp: bulk.dfspId,
    individualTransfers: bulk.items.map((item) => {
      const { ilpPacket, condition } = terms.read(item.terms);
      return { transferId: item.transferId, transferAmount: writeMoney(item.amount), ilpPacket, condition };
    }),
    expiration: bulk.expiresAt.toISOString(),
  };
}

/** Asks for the whole bulk in which a transfer left, unless that was done a moment ago; undefined: it left in none. */
export async function askOfBulk(shared: Shared, transferId: string, context: Context): Promise<Accepted | undefined> {
  const bulkId = await shared.ownBulks.bulkOf(transferId);
  const sent = bulkId === undefined ? undefined : await shared.store.findSent('bulkTransfers', bulkId);
  if (bulkId === undefined || !sent) return undefined;
  if (!(await shared.ownBulks.mayAsk(bulkId, askEveryMs))) return { status: 'accepted' };
  return accepted(await shared.send(get(shared, 'bulkTransfers', bulkId, sent.destination), context));
}

export async function isOwnBulk({ store }: Shared, wireId: string): Promise<boolean> {
  return (await store.findSent('bulkTransfers', uuidOf(wireId))) !== undefined;
}

interface WireOwnTransfers {
  readonly individualTransfers: readonly { readonly transferId: string; readonly condition: string }[];
}
interface WireTransferResults {
  readonly individualTransferResults?: readonly (JsonObject & { readonly transferId: string })[];
}

/** A callback that says what became of the transfers of a bulk, or of the whole of it. */
export async function takeBulkOutcomes(shared: Shared, { target, source, body }: Inbound): Promise<void> {
  const bulkTransferId = uuidOf(target.id);
  const sent = await shared.store.findSent('bulkTransfers', bulkTransferId);
  if (!sent) throw new Error('a bulk of ours without what was sent');
  mustSpeak(shared, source, sent.destination);
  const { individualTransferResults = [] } = body as unknown as WireTransferResults;
  const results = new Map(individualTransferResults.map((result) => [uuidOf(result.transferId), result]));
  const { individualTransfers } = sent.body as unknown as WireOwnTransfers;
  const fromHub = shared.hubIds.has(source);
  await inSlices(individualTransfers, atOnce, async ({ transferId, condition }) => {
    const outcome = outcomeOfItem({ result: results.get(transferId), bulk: body }, condition, fromHub);
    if (outcome?.state === 'pending' && outcome.error) {
      shared.log.error({ transferId, code: outcome.error.code }, 'an answer that decides nothing over a transfer');
    }
    if (outcome) await shared.handler().onTransferOutcome({ transferId, ...outcome });
  });
}

function get({ versions }: Shared, resource: 'bulkQuotes' | 'bulkTransfers', id: string, destination: string): Message {
  const version = versions.preferred(resource, destination);
  return { method: 'GET', path: `/${resource}/${id}`, resource, version, destination };
}
