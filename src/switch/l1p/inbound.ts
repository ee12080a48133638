import type { SchemeError } from '../port';
import type { Shared } from './context';
import { uriOf } from './identifiers';
import {
  codeAnswer,
  codeAsk,
  invoice,
  invoiceAnswer,
  invoiceCancellation,
  lookup,
  lookupAnswer,
  quote,
  quoteAnswer,
  readBody,
  readCodeAnswer,
  readCodeAsk,
  readErrorOf,
  readInvoice,
  readQuote,
  readQuoteAnswer,
} from './messages';
import { Refusal } from '../refusal';
import type { Take } from './server';

/** Messages of other providers as events of the port. */
export function createTake(shared: Shared): Take {
  const { dfspId: us } = shared;
  return {
    '/lookups': async ({ source, body }) => {
      const { partyId } = readBody(lookup, body);
      await shared.handler().onLookup({ partyId, dfspId: source });
    },
    '/lookups/answers': async ({ source, body }) => {
      const answer = readBody(lookupAnswer, body);
      const { partyId } = answer;
      await mustServe(shared, source, uriOf(partyId));
      const result = 'error' in answer ? readErrorOf(answer.error) : { ...answer.party, dfspId: source };
      await shared.handler().onPartyAnswer({ partyId, result });
    },
    '/quotes': async ({ source, body }) => shared.handler().onQuote(readQuote(readBody(quote, body), source, us)),
    '/quotes/answers': async ({ source, body }) =>
      shared.handler().onQuoteAnswer(readQuoteAnswer(readBody(quoteAnswer, body), source)),
    '/invoices': async ({ source, body }) =>
      shared.handler().onPaymentRequest(readInvoice(readBody(invoice, body), source, us)),
    '/invoices/answers': async ({ source, body }) => {
      const { error, ...answer } = readBody(invoiceAnswer, body);
      const why: { error?: SchemeError } = error ? { error: readErrorOf(error) } : {};
      await shared.handler().onPaymentRequestAnswer({ ...answer, ...why, dfspId: source });
    },
    '/invoices/cancellations': async ({ source, body }) =>
      shared.handler().onPaymentRequestCancelled({ ...readBody(invoiceCancellation, body), dfspId: source }),
    '/codes': async ({ source, body }) => shared.handler().onCodeAsked(readCodeAsk(readBody(codeAsk, body), source)),
    '/codes/answers': async ({ source, body }) =>
      shared.handler().onCodeAnswer(readCodeAnswer(readBody(codeAnswer, body), source)),
  };
}

/** Only who serves a number by the directory says whose it is: another one could draw payments to itself. */
async function mustServe({ directory }: Shared, source: string, uri: string | undefined): Promise<void> {
  const member = uri === undefined ? undefined : await directory.find(uri, {});
  if (member === undefined) throw new Refusal(403, '3204');
  if ('moneyMoved' in member) throw new Refusal(503, '2003');
  if (member.dfspId !== source) throw new Refusal(403, '3204', 'the directory names another provider');
}
