import { z } from 'zod';
import { readMoney, writeMoney } from '../amounts';
import {
  isSchemeError,
  type CodeAnswer,
  type CodeAsk,
  type IncomingPaymentRequest,
  type IncomingQuote,
  type Money,
  type Party,
  type PartyId,
  type PaymentRequest,
  type QuoteAnswer,
  type QuoteAnswerOut,
  type QuoteRequest,
  type SchemeError,
} from '../port';
import { errorFrom, schemeError } from '../scheme-errors';
import { Refusal } from '../refusal';
import type { L1pTerms } from './terms';

/** Bodies of the messages between providers. Whose party it is, is never read from them: that is told by who signed. */

const text = (lengthMax: number) => z.string().min(1).max(lengthMax);
const partyId = z.object({
  idType: z.enum(['MSISDN', 'EMAIL', 'PERSONAL_ID', 'BUSINESS', 'DEVICE', 'ACCOUNT_ID', 'IBAN', 'ALIAS']),
  id: text(128),
  subId: text(128).exactOptional(),
});
const party = z.object({
  partyId,
  name: z.string().max(256),
  firstName: text(128).exactOptional(),
  lastName: text(128).exactOptional(),
});
const money = z.object({
  currency: z.string().regex(/^[A-Z]{3}$/, 'must be three capital letters'),
  amount: z.string().regex(/^\d{1,18}(\.\d{1,4})?$/, 'must be a decimal amount as a string'),
});
const moment = z.iso.datetime({ offset: true }).transform((at) => new Date(at));
const error = z.object({
  code: z.string().regex(/^[1-9]\d{3}$/, 'must be four digits'),
  description: z.string().max(512),
});
const transactionType = z.object({
  scenario: z.enum(['TRANSFER', 'DEPOSIT', 'WITHDRAWAL', 'PAYMENT', 'REFUND']),
  initiator: z.enum(['PAYER', 'PAYEE']),
  initiatorType: z.enum(['CONSUMER', 'AGENT', 'BUSINESS', 'DEVICE']),
  refundInfo: z.object({ originalTransactionId: z.guid() }).exactOptional(),
});
const note = text(256).exactOptional();

export const lookup = z.object({ partyId });
export const lookupAnswer = z.union([z.object({ partyId, party }), z.object({ partyId, error })]);
export const quote = z.object({
  quoteId: z.guid(),
  transactionId: z.guid(),
  payer: party,
  payee: party,
  amountType: z.enum(['SEND', 'RECEIVE']),
  amount: money,
  transactionType,
  note,
  requestId: z.guid().exactOptional(),
  expiresAt: moment,
});
export const quoteAnswer = z.union([
  z.object({
    quoteId: z.guid(),
    offer: z.object({ transferAmount: money, payeeReceives: money, payeeFee: money, expiresAt: moment }),
    terms: z.object({
      ilpPacket: text(8_192).regex(/^[\w-]+$/, 'must be base64url'),
      condition: z.string().regex(/^[\w-]{43}$/, 'must be base64url of 32 bytes'),
    }),
  }),
  z.object({ quoteId: z.guid(), error }),
]);
export const invoice = z.object({
  requestId: z.guid(),
  payer: party,
  payee: party,
  amount: money,
  transactionType,
  note,
  authentication: z.literal('OTP').exactOptional(),
  expiresAt: moment,
});
export const invoiceAnswer = z.object({
  requestId: z.guid(),
  state: z.enum(['received', 'rejected']),
  error: error.exactOptional(),
});

export const invoiceCancellation = z.object({ requestId: z.guid() });
export const codeAsk = z.object({ requestId: z.guid(), triesLeft: z.int().min(1).max(99), amount: money });
export const codeAnswer = z.union([
  z.object({
    requestId: z.guid(),
    response: z.literal('entered'),
    code: z.string().regex(/^\d{3,10}$/, 'must be 3 to 10 digits'),
  }),
  z.object({ requestId: z.guid(), response: z.enum(['rejected', 'resend']) }),
  z.object({ requestId: z.guid(), error }),
]);

/** Reads a body; what is wrong with it is said by field. */
export function readBody<T>(schema: z.ZodType<T>, body: Buffer): T {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw new Refusal(400, '3101', 'the body is no JSON');
  }
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new Refusal(400, '3101', `${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trim());
}

/** Throws a `Refusal` for an amount that its currency doesn't have. */
function moneyOf(wire: z.output<typeof money>): Money {
  const read = readMoney(wire);
  if (!read) throw new Refusal(400, '5106', `${wire.amount} ${wire.currency}`);
  return read;
}

type WireParty = Omit<Party, 'dfspId'>;

export function writePartyId({ idType, id, subId }: PartyId): PartyId {
  return { idType, id, ...(subId !== undefined && { subId }) };
}

export function writeParty({ partyId, name, firstName, lastName }: Party): WireParty {
  return {
    partyId: writePartyId(partyId),
    name,
    ...(firstName !== undefined && firstName !== '' && { firstName }),
    ...(lastName !== undefined && lastName !== '' && { lastName }),
  };
}

export function writeError({ code, description }: SchemeError): Pick<SchemeError, 'code' | 'description'> {
  return { code, description };
}

export function readErrorOf(said: z.output<typeof error>): SchemeError {
  return errorFrom({ ...said, moneyMoved: 'no' }) ?? schemeError('2001');
}

export function writeQuote(request: QuoteRequest): object {
  return {
    ...writeInvoice({ ...request, requestId: request.requestId ?? '' }),
    requestId: request.requestId,
    quoteId: request.quoteId,
    transactionId: request.transactionId,
    amountType: request.amountType,
  };
}

/** `source` asks; `us` is the payee's provider. */
export function readQuote(wire: z.output<typeof quote>, source: string, us: string): IncomingQuote {
  const { payer, payee, amount, ...rest } = wire;
  return {
    ...rest,
    dfspId: source,
    payer: { ...payer, dfspId: source },
    payee: { ...payee, dfspId: us },
    amount: moneyOf(amount),
  };
}

export function writeOffer(
  { quoteId }: QuoteAnswerOut,
  { offer }: Exclude<QuoteAnswerOut['result'], SchemeError>,
  terms: L1pTerms,
): object {
  const { transferAmount, payeeReceives, payeeFee, expiresAt } = offer;
  return {
    quoteId,
    offer: {
      transferAmount: writeMoney(transferAmount),
      payeeReceives: writeMoney(payeeReceives),
      payeeFee: writeMoney(payeeFee),
      expiresAt: expiresAt.toISOString(),
    },
    terms,
  };
}

export function readQuoteAnswer(wire: z.output<typeof quoteAnswer>, source: string): QuoteAnswer {
  const answer = { quoteId: wire.quoteId, dfspId: source };
  if ('error' in wire) return { ...answer, result: readErrorOf(wire.error) };
  const { transferAmount, payeeReceives, payeeFee, expiresAt } = wire.offer;
  return {
    ...answer,
    result: {
      offer: {
        transferAmount: moneyOf(transferAmount),
        payeeReceives: moneyOf(payeeReceives),
        payeeFee: moneyOf(payeeFee),
        expiresAt,
      },
      terms: JSON.stringify(wire.terms satisfies L1pTerms),
    },
  };
}

export function writeInvoice(request: PaymentRequest): object {
  const { requestId, payer, payee, amount, transactionType: type, note: noted, authentication, expiresAt } = request;
  return {
    requestId,
    payer: writeParty(payer),
    payee: writeParty(payee),
    amount: writeMoney(amount),
    transactionType: type,
    ...(authentication && { authentication }),
    ...(noted !== undefined && noted !== '' && { note: noted }),
    expiresAt: expiresAt.toISOString(),
  };
}

/** `source` asks for its customer, the payee; `us` is the payer's provider. */
export function readInvoice(wire: z.output<typeof invoice>, source: string, us: string): IncomingPaymentRequest {
  const { payer, payee, amount, ...rest } = wire;
  return {
    ...rest,
    dfspId: source,
    payer: { ...payer, dfspId: us },
    payee: { ...payee, dfspId: source },
    amount: moneyOf(amount),
  };
}

export function writeCodeAsk({ requestId, triesLeft, amount }: CodeAsk): object {
  return { requestId, triesLeft, amount: writeMoney(amount) };
}

/** `source` is the payer's provider. */
export function readCodeAsk({ amount, ...wire }: z.output<typeof codeAsk>, source: string): CodeAsk {
  return { ...wire, dfspId: source, amount: moneyOf(amount) };
}

export function writeCodeAnswer({ requestId, result }: CodeAnswer): object {
  return isSchemeError(result) ? { requestId, error: writeError(result) } : { requestId, ...result };
}

/** `source` is the payee's provider. */
export function readCodeAnswer(wire: z.output<typeof codeAnswer>, source: string): CodeAnswer {
  const { requestId, ...said } = wire;
  return { requestId, dfspId: source, result: 'error' in said ? readErrorOf(said.error) : said };
}
