import {
  isSchemeError,
  type Accepted,
  type Context,
  type OutgoingTransfer,
  type PartyId,
  type PrepareAnswer,
  type QuoteRequest,
  type SwitchAdapter,
} from '../port';
import { oneByOne } from '../one-by-one';
import { schemeError } from '../scheme-errors';
import { refused } from './client';
import type { Shared } from './context';
import { ineligibility } from './eligibility';
import { uriOf } from './identifiers';
import {
  writeCodeAnswer,
  writeCodeAsk,
  writeError,
  writeInvoice,
  writeOffer,
  writeParty,
  writePartyId,
  writeQuote,
} from './messages';
import { confirm, tellPayer } from './notices';
import { readStatement } from './statement';

/** The commands of the port in the scheme of 2017. */
export type Commands = Omit<SwitchAdapter, 'name' | 'start' | 'stop'>;

const accepted: Accepted = { status: 'accepted' };

export function createCommands(shared: Shared): Commands {
  const { peers, terms, ledger, background } = shared;
  /** Whoever asks waits for our answer to their question, not for theirs to our answer; what is lost they ask for again. */
  const answering = (dfspId: string, message: Parameters<typeof peers.send>[1], context: Context) => {
    background(peers.send(dfspId, message, context));
    return Promise.resolve(accepted);
  };
  const money: Pick<Commands, 'requestQuote' | 'prepareTransfer'> = {
    requestQuote: (request, context) => requestQuote(shared, request, context),
    prepareTransfer: (transfer, context) => prepare(shared, transfer, context),
  };
  return {
    lookUpParty: (partyId, context) => lookUp(shared, partyId, context),
    ...money,
    ...oneByOne(money),
    queryTransfer: ({ transferId }, context) => query(shared, transferId, context),
    requestPayment: (request, context) =>
      peers.send(request.payer.dfspId, { path: '/invoices', body: writeInvoice(request) }, context),
    answerPaymentRequest: ({ requestId, dfspId, state, error }, context) => {
      const body = { requestId, state, ...(error && { error: writeError(error) }) };
      return peers.send(dfspId, { path: '/invoices/answers', body }, context);
    },
    cancelPaymentRequest: ({ requestId, dfspId }, context) =>
      peers.send(dfspId, { path: '/invoices/cancellations', body: { requestId } }, context),
    askForCode: (ask, context) => peers.send(ask.dfspId, { path: '/codes', body: writeCodeAsk(ask) }, context),
    answerCode: (answer, context) =>
      peers.send(answer.dfspId, { path: '/codes/answers', body: writeCodeAnswer(answer) }, context),
    answerLookup: ({ partyId, dfspId, result }, context) => {
      const said = isSchemeError(result) ? { error: writeError(result) } : { party: writeParty(result) };
      const body = { partyId: writePartyId(partyId), ...said };
      return answering(dfspId, { path: '/lookups/answers', body }, context);
    },
    termsOf: (request, offer) => terms.make(request, offer),
    answerQuote: (answer, context) => {
      const { quoteId, dfspId, result } = answer;
      const body = isSchemeError(result)
        ? { quoteId, error: writeError(result) }
        : writeOffer(answer, result, terms.read(result.terms));
      return answering(dfspId, { path: '/quotes/answers', body }, context);
    },
    answerPrepare: (answer, context) => answerPrepare(shared, answer, context),
    registerParty: (partyId, change, context) => register(shared, partyId, change, context),
    forget: (before) => shared.store.forget(before),
    statement: (window) => readStatement(ledger, shared, window),
  };
}

/** The directory says who serves a number, and that provider says whose it is (31.3). */
async function lookUp(shared: Shared, partyId: PartyId, context: Context): Promise<Accepted> {
  const { directory, peers, background, dfspId } = shared;
  const uri = uriOf(partyId);
  const found = uri === undefined ? undefined : await directory.find(uri, { context, fresh: true });
  if (found !== undefined && isSchemeError(found)) return refused(found);
  if (found !== undefined && found.dfspId !== dfspId) {
    return peers.sendTo(found, { path: '/lookups', body: { partyId: writePartyId(partyId) } }, context);
  }
  const result = schemeError('3204');
  background(Promise.resolve().then(() => shared.handler().onPartyAnswer({ partyId, result })));
  return accepted;
}

async function requestQuote(shared: Shared, request: QuoteRequest, context: Context): Promise<Accepted> {
  const { ask, currency, eligibility, peers } = shared;
  if (request.amount.currency !== currency) return refused(schemeError('4103', request.amount.currency));
  const forbidden = await ineligibility(eligibility, { ask, request, context });
  if (forbidden) return refused(forbidden);
  return peers.send(request.payee.dfspId, { path: '/quotes', body: writeQuote(request) }, context);
}

/**
 * Money that is on its way is so until the ledger has said something: a doubt is `accepted`. It is refused only where the
 * very first request has reached nobody, or was answered with a no.
 */
async function prepare(shared: Shared, transfer: OutgoingTransfer, context: Context): Promise<Accepted> {
  const { store, ledger, log, background, currency } = shared;
  const { transferId, dfspId: payeeDfspId, amount, expiresAt } = transfer;
  if (amount.currency !== currency) return refused(schemeError('4103', amount.currency));
  const terms = shared.terms.read(transfer.terms);
  const { before } = await store.leave(transferId, terms.condition);
  const reply = await ledger.prepare({ transferId, payeeDfspId, amount, terms, expiresAt }, context);
  if (reply.kind === 'taken') {
    // It may have been decided long ago: nobody is told twice by the ledger.
    const known = ledger.read(reply.body);
    if (known && known.state !== 'proposed' && known.state !== 'prepared') background(tellPayer(shared, known));
  }
  if (reply.kind === 'taken' || reply.kind === 'doubt') return accepted;
  if (before) {
    log.warn({ transferId, code: reply.error.code }, 'a transfer that had left is not taken again');
    return accepted;
  }
  if (reply.kind === 'nowhere') await store.recall(transferId);
  return refused(reply.error);
}

async function query(shared: Shared, transferId: string, context: Context): Promise<Accepted> {
  const found = await shared.ledger.find(transferId, context);
  if (found !== 'unknown' && isSchemeError(found)) return refused(found);
  shared.background(
    found === 'unknown'
      ? shared.handler().onTransferOutcome({ transferId, state: 'unknown', error: schemeError('3208') })
      : tellPayer(shared, found),
  );
  return accepted;
}

/**
 * The ledger executes by our fulfilment, and the payee's money is the payee's once it says so: it is asked at once, for its
 * word comes once, and perhaps to nobody.
 */
async function answerPrepare(
  shared: Shared,
  { transferId, result }: PrepareAnswer,
  context: Context,
): Promise<Accepted> {
  const { ledger, terms, background } = shared;
  if (isSchemeError(result)) {
    const reply = await ledger.reject(transferId, result, context);
    return reply.kind === 'taken' ? accepted : refused(reply.error);
  }
  const fulfilment = terms.fulfilment(terms.read(result.terms));
  if (fulfilment === undefined) return refused(schemeError('2001', 'terms that were not made here'));
  const reply = await ledger.fulfil(transferId, fulfilment, context);
  if (reply.kind === 'taken' || reply.kind === 'refused') background(confirm(shared, transferId));
  return reply.kind === 'taken' ? accepted : refused({ ...reply.error, moneyMoved: 'unknown' });
}

async function register(
  { directory }: Shared,
  partyId: PartyId,
  change: 'add' | 'remove',
  context: Context,
): Promise<Accepted> {
  if (change === 'remove') return refused(schemeError('2002', 'the directory of this scheme forgets nobody'));
  const uri = uriOf(partyId);
  if (uri === undefined) return refused(schemeError('3003', `${partyId.idType} is no identifier of this scheme`));
  return directory.add(uri, context);
}
