import { isSchemeError } from '../port';
import { takeCodeAnswer, takeCodeAsk } from './authorizations';
import { takeBulk, takeBulkOutcome } from './bulks';
import type { JsonObject } from './canonical';
import { deliver, type Shared } from './context';
import { Refusal } from '../refusal';
import { errorBody, readError, schemeError, type FspiopCode } from './errors';
import { uuidOf } from './ids';
import { answerUnkept, errorOf, isNew, mustSpeak, offerOf, requestOf } from './inbox';
import { readParty, readPartyId, type WireParty, type WireQuote, type WireTransfer } from './messages';
import { decisionOf, outcomeOf, settle } from './outcomes';
import { isOwnBulk, takeBulkQuotes, takeBulkOutcomes } from './own-bulks';
import { received, takePaymentRequest, takePaymentRequestAnswer } from './payment-requests';
import type { Action } from './routing';
import type { Inbound } from './server';
import type { Asked, Kept, Received } from './store';
import { tellQuote, tellTransfer } from './telling';

/** Messages that came in as events of the port. Each resolves once it is kept; what it leads to comes later. */
export function createTake(shared: Shared): (message: Inbound) => Promise<void> {
  const actions: Readonly<Record<Action, (shared: Shared, message: Inbound) => Promise<void>>> = {
    'GET parties': lookup,
    'PUT parties': partyAnswer,
    'PUT parties error': partyAnswer,
    'PUT participants': directoryAnswer,
    'PUT participants error': directoryAnswer,
    'POST transactionRequests': takePaymentRequest,
    'GET transactionRequests': again,
    'PUT transactionRequests': takePaymentRequestAnswer,
    'PUT transactionRequests error': takePaymentRequestAnswer,
    'POST quotes': quote,
    'GET quotes': again,
    'PUT quotes': quoteAnswer,
    'PUT quotes error': quoteAnswer,
    'POST transfers': prepare,
    'GET transfers': again,
    'GET transactions': transaction,
    'GET authorizations': takeCodeAsk,
    'PUT authorizations': takeCodeAnswer,
    'PUT authorizations error': takeCodeAnswer,
    'PUT transfers': transferAnswer,
    'PUT transfers error': transferAnswer,
    'PATCH transfers': transferAnswer,
    'PATCH transfers error': transferAnswer,
    'POST bulkQuotes': takeBulk,
    'GET bulkQuotes': again,
    'POST bulkTransfers': takeBulk,
    'GET bulkTransfers': again,
    'PUT bulkQuotes': takeBulkQuotes,
    'PUT bulkQuotes error': takeBulkQuotes,
    'PUT bulkTransfers': bulkOutcome,
    'PUT bulkTransfers error': bulkOutcome,
  };
  return (message) => actions[message.target.action](shared, message);
}

/** Of a bulk of ours outcomes, of one that comes in what was decided over it. */
async function bulkOutcome(shared: Shared, message: Inbound): Promise<void> {
  const take = (await isOwnBulk(shared, message.target.id)) ? takeBulkOutcomes : takeBulkOutcome;
  await take(shared, message);
}

async function lookup(shared: Shared, { target, source, version }: Inbound): Promise<void> {
  const { type, id, subId } = target.party;
  const partyId = readPartyId(type, id, subId);
  if (!partyId) throw new Refusal(400, '3101', 'Type');
  shared.versions.asked('parties', source, version);
  await shared.handler().onLookup({ partyId, dfspId: source });
}

async function partyAnswer(shared: Shared, { target, source, body }: Inbound): Promise<void> {
  const { type, id, subId } = target.party;
  const partyId = readPartyId(type, id, subId);
  if (!partyId) throw new Refusal(400, '3101', 'Type');
  const { party } = body as { party?: WireParty };
  const fspId = party?.partyIdInfo.fspId ?? source;
  // Else anybody could have another provider's customers paid elsewhere.
  if (fspId !== source && !shared.hubIds.has(source)) throw new Refusal(403, '3100', 'fspId is not FSPIOP-Source');
  const result = party === undefined ? errorOf(body, 'no') : (readParty(party, source) ?? schemeError('3204'));
  await shared.handler().onPartyAnswer({ partyId, result });
}

/** The port has no event for it: who registers asks again until it was taken, and the operator reads why it isn't. */
function directoryAnswer({ log }: Shared, { target, body }: Inbound): Promise<void> {
  const error = readError(body, 'no');
  if (error) log.warn({ code: error.code, type: target.party.type }, 'the directory has refused a registration');
  return Promise.resolve();
}

async function quote(shared: Shared, message: Inbound): Promise<void> {
  const wire = message.body as unknown as WireQuote;
  const request = requestOf(message, 'quotes', wire.quoteId);
  if (await isNew(shared, request, message.body)) await tellQuote(shared, request, wire);
}

async function prepare(shared: Shared, message: Inbound): Promise<void> {
  const wire = message.body as unknown as WireTransfer;
  if (wire.payerFsp !== message.source) throw new Refusal(400, '3100', 'payerFsp is not FSPIOP-Source');
  const proof = shared.terms.prove(wire);
  const transactionId = isSchemeError(proof) ? undefined : proof.transactionId;
  const request = { ...requestOf(message, 'transfers', wire.transferId), transactionId };
  if (await isNew(shared, request, message.body)) await tellTransfer(shared, request, wire, proof);
}

/** `GET`: whoever has lost an answer gets it again (9.5). */
async function again(shared: Shared, message: Inbound): Promise<void> {
  const request = requestOf(message, message.target.resource as Kept, message.target.id);
  const asked = await shared.store.find(request);
  const answer = asked ? standing(asked) : await unasked(shared, request);
  if (answer === undefined) return; // it is being made, and will be sent when it is
  await deliver(shared, { ...request, answer });
}

/** Of transfers that we have sent nobody is told that there is none: the scheme knows what became of it. */
async function unasked({ store }: Shared, { resource, id }: Received): Promise<JsonObject> {
  const isMoney = resource === 'transfers' || resource === 'bulkTransfers';
  const isOurs = isMoney && (await store.findSent(resource, id)) !== undefined;
  return errorBody(
    isOurs ? schemeError('2002', 'the switch has the state of this transfer') : schemeError(unknown[resource]),
  );
}

/** What nobody has asked here. */
const unknown: Readonly<Record<Kept, FspiopCode>> = {
  quotes: '3205',
  transfers: '3208',
  transactionRequests: '3206',
  bulkQuotes: '3209',
  bulkTransfers: '3210',
};

/** What stands now: of a transfer also what the scheme has decided since. */
function standing({ resource, answer, outcome, outcomeAt }: Asked): Asked['answer'] {
  if (resource === 'transactionRequests') return answer ?? received;
  if (resource === 'bulkTransfers') return answer ?? { bulkTransferState: 'RECEIVED' };
  if (resource !== 'transfers') return answer;
  if (answer === undefined) return { transferState: 'RECEIVED' };
  if (outcome === undefined || outcomeAt === undefined) return answer;
  const completedTimestamp = outcomeAt.toISOString();
  if (outcome === 'aborted') return { transferState: 'ABORTED', completedTimestamp };
  return { ...answer, transferState: 'COMMITTED', completedTimestamp };
}

/** What became of a transaction is what became of the transfer that carried it (6.8). */
async function transaction(shared: Shared, message: Inbound): Promise<void> {
  const carried = await shared.store.findTransaction(message.source, uuidOf(message.target.id));
  await answerUnkept(shared, message, carried ? transactionOf(carried) : errorBody(schemeError('3207')));
}

function transactionOf({ answer, outcome, outcomeAt }: Asked): JsonObject {
  if (outcome !== undefined && outcomeAt !== undefined) {
    const transactionState = outcome === 'committed' ? 'COMPLETED' : 'REJECTED';
    return { transactionState, completedTimestamp: outcomeAt.toISOString() };
  }
  if (answer === undefined) return { transactionState: 'RECEIVED' };
  return { transactionState: 'errorInformation' in answer ? 'REJECTED' : 'PENDING' };
}

async function quoteAnswer(shared: Shared, { target, source, body }: Inbound): Promise<void> {
  const quoteId = uuidOf(target.id);
  const sent = await shared.store.findSent('quotes', quoteId);
  if (!sent) {
    shared.log.warn({ quoteId, source }, 'an answer to a quote that nobody asked for');
    return;
  }
  mustSpeak(shared, source, sent.destination);
  await shared.handler().onQuoteAnswer({ quoteId, dfspId: sent.destination, result: offerOf(body) });
}

/** Of a transfer of ours an outcome, of one that comes in a confirmation. Of neither: said to the operator (M68). */
async function transferAnswer(shared: Shared, message: Inbound): Promise<void> {
  const { target, source, body } = message;
  const transferId = uuidOf(target.id);
  const sent = target.method === 'PUT' ? await shared.store.findSent('transfers', transferId) : undefined;
  if (sent) {
    mustSpeak(shared, source, sent.destination);
    const { condition } = sent.body as unknown as WireTransfer;
    const outcome = outcomeOf(body, condition, shared.hubIds.has(source));
    if (outcome.state === 'pending' && outcome.error) {
      shared.log.error({ transferId, code: outcome.error.code }, 'an answer that decides nothing over a transfer');
    }
    await shared.handler().onTransferOutcome({ transferId, ...outcome });
    return;
  }
  const asked = await shared.store.findTransfer(transferId);
  if (asked) await confirm(shared, asked, message);
  else if (isUnknown(shared, message)) await shared.handler().onTransferOutcome({ transferId, state: 'unknown' });
  else shared.log.warn({ transferId, source }, 'word of a transfer that nobody knows here');
}

/** Whoever died before a transfer left asks the hub about it all the same, and must hear that the hub has none (3208). */
function isUnknown({ hubIds }: Shared, { source, body }: Inbound): boolean {
  return hubIds.has(source) && readError(body, 'no')?.code === '3208';
}

/** The hub decides over what comes in; nobody else can. */
async function confirm(shared: Shared, asked: Asked, { source, body }: Inbound): Promise<void> {
  if (!shared.hubIds.has(source)) throw new Refusal(403, '3100', 'only the hub decides over a transfer');
  const decision = decisionOf(body);
  if (decision) await settle(shared, asked, decision);
}
