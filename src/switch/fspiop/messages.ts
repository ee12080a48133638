import { readMoney, writeMoney, type WireMoney } from '../amounts';
import type {
  IncomingPaymentRequest,
  IncomingQuote,
  OutgoingTransfer,
  Party,
  PartyId,
  PartyIdType,
  PaymentRequest,
  QuoteOffer,
  QuoteRequest,
  SchemeError,
  TransactionType,
} from '../port';
import type { JsonObject } from './canonical';
import { schemeError } from './errors';
import { uuidOf } from './ids';

/** Bodies of FSPIOP (section 7.4) and what the port calls them. What comes in was held to its schema before. */
export interface WireParty {
  readonly partyIdInfo: {
    readonly partyIdType: string;
    readonly partyIdentifier: string;
    readonly partySubIdOrType?: string;
    readonly fspId?: string;
  };
  readonly name?: string;
  readonly personalInfo?: { readonly complexName?: { readonly firstName?: string; readonly lastName?: string } };
}
export interface WireQuote {
  readonly quoteId: string;
  readonly transactionId: string;
  readonly transactionRequestId?: string;
  readonly payer: WireParty;
  readonly payee: WireParty;
  readonly amountType: 'SEND' | 'RECEIVE';
  readonly amount: WireMoney;
  readonly transactionType: WireTransactionType;
  readonly note?: string;
  readonly expiration?: string;
}
export interface WireTransactionType {
  readonly scenario: string;
  readonly initiator: string;
  readonly initiatorType: string;
}
export interface WirePaymentRequest {
  readonly transactionRequestId: string;
  readonly payee: WireParty;
  readonly payer: WireParty['partyIdInfo'];
  readonly amount: WireMoney;
  readonly transactionType: WireTransactionType;
  readonly note?: string;
  readonly authenticationType?: string;
  readonly expiration?: string;
}
export interface WireOffer {
  readonly transferAmount: WireMoney;
  readonly payeeReceiveAmount?: WireMoney;
  readonly payeeFspFee?: WireMoney;
  readonly expiration: string;
  readonly ilpPacket: string;
  readonly condition: string;
}
export interface WireTransfer {
  readonly transferId: string;
  readonly payerFsp: string;
  readonly payeeFsp: string;
  readonly amount: WireMoney;
  readonly ilpPacket: string;
  readonly condition: string;
  readonly expiration: string;
}

const idTypes: ReadonlySet<string> = new Set<PartyIdType>([
  'MSISDN',
  'EMAIL',
  'PERSONAL_ID',
  'BUSINESS',
  'DEVICE',
  'ACCOUNT_ID',
  'IBAN',
  'ALIAS',
]);

/** Undefined: a type of identifier that the port doesn't have (third-party links). */
export function readPartyId(idType: string, id: string, subId: string | undefined): PartyId | undefined {
  if (!idTypes.has(idType)) return undefined;
  // Some write a phone number with its plus sign; the port has it in digits.
  const digits = idType === 'MSISDN' ? id.replace(/^\+/, '') : id;
  return { idType: idType as PartyIdType, id: digits, ...(subId !== undefined && { subId }) };
}

/** `/parties/MSISDN/254700000001` and the like. */
export function partyPath(resource: 'parties' | 'participants', { idType, id, subId }: PartyId): string {
  return ['', resource, idType, id, ...(subId === undefined ? [] : [subId])].map(encodeURIComponent).join('/');
}

/** What 1.x and 2.0 both allow in a first and last name. */
const complexNamePattern = /^(?!\s*$)[\w .,'-]{1,128}$/;

/** A name without the signs that the API's Name (7.3.26) doesn't have: whoever checks it would refuse the whole message. */
function fittingName(name: string): string {
  const allowed = name.replace(/[‘’]/g, "'").replace(/[^\p{L}\p{M}\p{Nd}\p{Pc}\p{Join_Control} .,'-]+/gu, ' ');
  return Array.from(allowed.replace(/\s+/g, ' ').trim()).slice(0, 128).join('').trim();
}

function writePartyIdInfo({ partyId, dfspId }: Pick<Party, 'partyId' | 'dfspId'>): JsonObject {
  return {
    partyIdType: partyId.idType,
    partyIdentifier: partyId.id,
    ...(partyId.subId !== undefined && { partySubIdOrType: partyId.subId }),
    fspId: dfspId,
  };
}

export function writeParty({ partyId, dfspId, name, firstName, lastName }: Party): JsonObject {
  const complexName = Object.fromEntries(
    Object.entries({ firstName, lastName }).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && complexNamePattern.test(entry[1]),
    ),
  );
  const shown = fittingName(name);
  return {
    partyIdInfo: writePartyIdInfo({ partyId, dfspId }),
    ...(shown !== '' && { name: shown }),
    ...(Object.keys(complexName).length > 0 && { personalInfo: { complexName } }),
  };
}

/** `dfspId`: whose party it is where it doesn't say so itself. */
export function readParty({ partyIdInfo, name, personalInfo }: WireParty, dfspId: string): Party | undefined {
  const { partyIdType, partyIdentifier, partySubIdOrType, fspId } = partyIdInfo;
  const partyId = readPartyId(partyIdType, partyIdentifier, partySubIdOrType);
  const { firstName, lastName } = personalInfo?.complexName ?? {};
  const shown = name ?? [firstName, lastName].filter((part) => part !== undefined).join(' ');
  return (
    partyId && {
      partyId,
      dfspId: fspId ?? dfspId,
      name: shown,
      ...(firstName !== undefined && { firstName }),
      ...(lastName !== undefined && { lastName }),
    }
  );
}

/** `requestId`: the request that is paid, as whoever made it spells it. */
export function writeQuote(request: QuoteRequest, requestId: string | undefined): JsonObject {
  return {
    quoteId: request.quoteId,
    transactionId: request.transactionId,
    ...(requestId !== undefined && { transactionRequestId: requestId }),
    payer: writeParty(request.payer),
    payee: writeParty(request.payee),
    amountType: request.amountType,
    amount: writeMoney(request.amount),
    transactionType: { ...request.transactionType },
    ...(request.note !== undefined && request.note !== '' && { note: request.note.slice(0, 128) }),
    expiration: request.expiresAt.toISOString(),
  };
}

const scenarios: ReadonlySet<string> = new Set<TransactionType['scenario']>([
  'TRANSFER',
  'DEPOSIT',
  'WITHDRAWAL',
  'PAYMENT',
  'REFUND',
]);
const initiators: ReadonlySet<string> = new Set(['PAYER', 'PAYEE']);
const initiatorTypes: ReadonlySet<string> = new Set(['CONSUMER', 'AGENT', 'BUSINESS', 'DEVICE']);

/** Undefined: one that is not served. What else it says (a refund's original, say) stays in it. */
function readTransactionType(wire: WireTransactionType): TransactionType | undefined {
  const { scenario, initiator, initiatorType } = wire;
  const isKnown = scenarios.has(scenario) && initiators.has(initiator) && initiatorTypes.has(initiatorType);
  return isKnown ? (wire as TransactionType) : undefined;
}

function inWords({ scenario, initiator, initiatorType }: WireTransactionType): string {
  return `${scenario} ${initiator} ${initiatorType}`;
}

/** Who asks, who we are, and until when it holds where who asks doesn't say. */
interface Reading {
  readonly source: string;
  readonly us: string;
  readonly defaultExpiry: Date;
}

/** A quote that came in; we are the payee's provider. An error is for the one who asked: 5102, 5106, 3204. */
export function readQuote(wire: WireQuote, { source, us, defaultExpiry }: Reading): IncomingQuote | SchemeError {
  const transactionType = readTransactionType(wire.transactionType);
  if (!transactionType) return schemeError('5102', inWords(wire.transactionType));
  const [payer, payee] = [readParty(wire.payer, source), readParty(wire.payee, us)];
  if (!payer || !payee) return schemeError('3204', 'an identifier of a type that is not served here');
  const amount = readMoney(wire.amount);
  if (!amount) return schemeError('5106', `${wire.amount.amount} ${wire.amount.currency}`);
  const [quoteId, transactionId] = [uuidOf(wire.quoteId), uuidOf(wire.transactionId)];
  const isRespelled = quoteId !== wire.quoteId || transactionId !== wire.transactionId;
  return {
    quoteId,
    transactionId,
    ...(isRespelled && { spelled: { quoteId: wire.quoteId, transactionId: wire.transactionId } }),
    dfspId: source,
    payer,
    payee,
    amountType: wire.amountType,
    amount,
    transactionType,
    ...(wire.note !== undefined && { note: wire.note }),
    ...(wire.transactionRequestId !== undefined && { requestId: uuidOf(wire.transactionRequestId) }),
    expiresAt: wire.expiration === undefined ? defaultExpiry : new Date(wire.expiration),
  };
}

export function writePaymentRequest(request: PaymentRequest): JsonObject {
  return {
    transactionRequestId: request.requestId,
    payee: writeParty(request.payee),
    payer: writePartyIdInfo(request.payer),
    amount: writeMoney(request.amount),
    transactionType: { ...request.transactionType },
    ...(request.note !== undefined && request.note !== '' && { note: request.note.slice(0, 128) }),
    ...(request.authentication !== undefined && { authenticationType: request.authentication }),
    expiration: request.expiresAt.toISOString(),
  };
}

/** A request to pay that came in; we are the payer's provider. An error is for the one who asked: 4102, 4103, 3204. */
export function readPaymentRequest(
  wire: WirePaymentRequest,
  { source, us, defaultExpiry }: Reading,
): IncomingPaymentRequest | SchemeError {
  const transactionType = readTransactionType(wire.transactionType);
  if (!transactionType) return schemeError('4102', inWords(wire.transactionType));
  const [payer, payee] = [readParty({ partyIdInfo: wire.payer }, us), readParty(wire.payee, source)];
  if (!payer || !payee) return schemeError('3204', 'an identifier of a type that is not served here');
  const amount = readMoney(wire.amount);
  if (!amount) return schemeError('4103', `${wire.amount.amount} ${wire.amount.currency}`);
  return {
    requestId: uuidOf(wire.transactionRequestId),
    dfspId: source,
    payer,
    payee,
    amount,
    transactionType,
    ...(wire.note !== undefined && { note: wire.note }),
    ...(wire.authenticationType === 'OTP' && { authentication: 'OTP' }),
    expiresAt: wire.expiration === undefined ? defaultExpiry : new Date(wire.expiration),
  };
}

export interface FspiopTerms {
  readonly ilpPacket: string;
  readonly condition: string;
}

export function writeOffer(offer: QuoteOffer, { ilpPacket, condition }: FspiopTerms): JsonObject {
  return {
    transferAmount: writeMoney(offer.transferAmount),
    payeeReceiveAmount: writeMoney(offer.payeeReceives),
    payeeFspFee: writeMoney(offer.payeeFee),
    expiration: offer.expiresAt.toISOString(),
    ilpPacket,
    condition,
  };
}

/** What the payee's provider offers. An error where its amounts are none that we can read, or don't fit together. */
export function readOffer(wire: WireOffer): QuoteOffer | SchemeError {
  const transferAmount = readMoney(wire.transferAmount);
  const unreadable = schemeError('4103', `${wire.transferAmount.amount} ${wire.transferAmount.currency}`);
  if (!transferAmount) return unreadable;
  const { currency } = transferAmount;
  const payeeFee = wire.payeeFspFee ? readMoney(wire.payeeFspFee) : { amountMinor: 0n, currency };
  if (payeeFee?.currency !== currency) return unreadable;
  const payeeReceives = wire.payeeReceiveAmount
    ? readMoney(wire.payeeReceiveAmount)
    : { amountMinor: transferAmount.amountMinor - payeeFee.amountMinor, currency };
  if (payeeReceives?.currency !== currency || payeeReceives.amountMinor < 0n) return unreadable;
  return { transferAmount, payeeReceives, payeeFee, expiresAt: new Date(wire.expiration) };
}

export function writeTransfer(transfer: OutgoingTransfer, payerFsp: string, terms: FspiopTerms): JsonObject {
  return {
    transferId: transfer.transferId,
    payerFsp,
    payeeFsp: transfer.dfspId,
    amount: writeMoney(transfer.amount),
    ilpPacket: terms.ilpPacket,
    condition: terms.condition,
    expiration: transfer.expiresAt.toISOString(),
  };
}
