import {
  isSchemeError,
  type Accepted,
  type Context,
  type OutgoingTransfer,
  type PartyId,
  type QuoteRequest,
  type SwitchAdapter,
} from '../port';
import { createCodeCommands } from './authorizations';
import type { Message } from './client';
import { sendInTurn, type Shared } from './context';
import { errorBody, schemeError } from './errors';
import { partyPath, writeOffer, writeParty, writeQuote, writeTransfer } from './messages';
import { accepted, answer, post, postMoney, refused, tell } from './outbox';
import { askOfBulk, createBulkCommands } from './own-bulks';
import { createPaymentRequestCommands, spelledBy } from './payment-requests';
import type { Request } from './store';

/** The commands of the port as messages of FSPIOP (section 6). */
export type Commands = Omit<SwitchAdapter, 'name' | 'start' | 'stop'>;

export function createCommands(shared: Shared): Commands {
  const { dfspId, terms, versions } = shared;
  return {
    lookUpParty: async (partyId, context) => {
      const version = versions.preferred('parties', undefined);
      const asking = { method: 'GET', resource: 'parties', version, destination: undefined } as const;
      return accepted(await shared.send({ ...asking, path: partyPath('parties', partyId) }, context));
    },
    requestQuote: async (request, context) => {
      const body = writeQuote(
        { ...request, payer: { ...request.payer, dfspId } },
        await wireRequestId(shared, request),
      );
      const { delivery } = await post(
        shared,
        { resource: 'quotes', id: request.quoteId, destination: request.payee.dfspId, body },
        context,
      );
      return accepted(delivery);
    },
    prepareTransfer: (transfer, context) => prepare(shared, transfer, context),
    queryTransfer: async ({ transferId, dfspId: peer }, context) => {
      const inBulk = await askOfBulk(shared, transferId, context);
      if (inBulk) return inBulk;
      const incoming = await shared.store.find({ source: peer, resource: 'transfers', id: transferId });
      return accepted(await shared.send(query(shared, incoming?.wireId ?? transferId, peer), context));
    },
    answerLookup: async ({ partyId, dfspId: asker, result }, context) => {
      const path = partyPath('parties', partyId);
      const answer = isSchemeError(result)
        ? { path: `${path}/error`, body: errorBody(result) }
        : { path, body: { party: writeParty(result) } };
      const version = versions.lastAsked('parties', asker);
      const message = { method: 'PUT', resource: 'parties', version, destination: asker, ...answer } as const;
      return accepted(await sendInTurn(shared, message, context));
    },
    termsOf: (request, offer) => terms.make(request, offer),
    answerQuote: ({ quoteId, dfspId: asker, result }, context) => {
      const body = isSchemeError(result) ? result : writeOffer(result.offer, terms.read(result.terms));
      return answer(shared, { source: asker, resource: 'quotes', id: quoteId }, body, context);
    },
    answerPrepare: async ({ transferId, dfspId: asker, result }, context) => {
      const request = { source: asker, resource: 'transfers', id: transferId } as const;
      if (isSchemeError(result)) return answer(shared, request, result, context);
      const { ilpPacket, condition } = terms.read(result.terms);
      const fulfilment = terms.fulfilment(ilpPacket, condition);
      if (fulfilment === undefined) return refused(schemeError('2001', 'terms that were not made here'));
      return reserved(shared, request, fulfilment, context);
    },
    ...createPaymentRequestCommands(shared),
    ...createCodeCommands(shared),
    ...createBulkCommands(shared),
    statement: () => Promise.resolve(undefined), // FSPIOP has no word for it: hubs hand out files
    registerParty: (partyId, change, context) => register(shared, partyId, change, context),
    forget: (before) => shared.store.forget(before),
  };
}

/** The request that a quote pays, as whoever made it spells it. */
async function wireRequestId(shared: Shared, { requestId, payee }: QuoteRequest): Promise<string | undefined> {
  return requestId === undefined ? undefined : spelledBy(shared, payee.dfspId, requestId);
}

function query({ versions }: Shared, wireId: string, destination: string): Message {
  const version = versions.preferred('transfers', destination);
  return { method: 'GET', path: `/transfers/${wireId}`, resource: 'transfers', version, destination };
}

function prepare(shared: Shared, transfer: OutgoingTransfer, context: Context): Promise<Accepted> {
  const { transferId, dfspId } = transfer;
  const body = writeTransfer(transfer, shared.dfspId, shared.terms.read(transfer.terms));
  return postMoney(shared, { resource: 'transfers', id: transferId, destination: dfspId, body }, context);
}

/**
 * The payee's money is reserved, and is the payee's once the hub says so: by PATCH (1.1, 6.7.2.6). To 1.0 nobody says
 * anything, and the only state that it takes is COMMITTED: there the hub is asked.
 */
async function reserved(shared: Shared, request: Request, fulfilment: string, context: Context): Promise<Accepted> {
  const completedTimestamp = shared.clock.now().toISOString();
  const asked = await shared.store.answer(
    request,
    { fulfilment, transferState: 'RESERVED' },
    { fulfilment, transferState: 'COMMITTED', completedTimestamp },
  );
  const told = await tell(shared, asked, context);
  if (asked?.version === '1.0' && asked.bulkId === undefined && told.status === 'accepted') {
    await sendInTurn(shared, query(shared, asked.wireId, request.source), context);
  }
  return told;
}

async function register(
  shared: Shared,
  partyId: PartyId,
  change: 'add' | 'remove',
  context: Context,
): Promise<Accepted> {
  const message = {
    path: partyPath('participants', partyId),
    resource: 'participants',
    version: shared.versions.preferred('participants', undefined),
    destination: undefined,
  } as const;
  const delivery =
    change === 'add'
      ? await shared.send({ ...message, method: 'POST', body: { fspId: shared.dfspId } }, context)
      : await shared.send({ ...message, method: 'DELETE' }, context);
  return accepted(delivery);
}
