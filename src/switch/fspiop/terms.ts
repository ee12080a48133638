import type { Keyring } from '../../platform';
import { readMoney, writeMoney, type WireMoney } from '../amounts';
import { conditionOf, decodeIlp, encodeIlp, fulfilmentOf, fulfilmentUnder, type IlpPacket } from '../ilp';
import type { IncomingQuote, QuoteOffer, SchemeError, Terms } from '../port';
import { canonicalJson } from './canonical';
import { schemeError } from './errors';
import { uuidOf } from './ids';
import { writeParty, type FspiopTerms, type WireParty, type WireTransfer } from './messages';

/**
 * The terms of an offer: a packet that tells the whole transaction, and a condition that only who holds the secret can
 * fulfil. A packet and a condition that belong together under our secret are therefore ours and unaltered: no store needed.
 */
export interface TermsMaker {
  /** Packet and condition, as text. */
  make(request: IncomingQuote, offer: QuoteOffer): Terms;
  /** Reads terms back, ours or another provider's; throws on what is none. */
  read(terms: Terms): FspiopTerms;
  /** What proves a condition of ours; undefined where the two are not ours. */
  fulfilment(ilpPacket: string, condition: string): string | undefined;
  /** Whether a transfer is one that we have offered (6.7.2.9): by which quote, for which transaction, or 3100 and why not. */
  prove(transfer: WireTransfer): { readonly quoteId: string; readonly transactionId: string } | SchemeError;
}

/** Mojaloop's constant for v4, where parties have no ILP addresses. */
const v4Destination = 'g.mojaloop';

/** The Transaction object, 7.4.17. */
interface WireTransaction {
  readonly transactionId: string;
  readonly quoteId: string;
  readonly payer: WireParty;
  readonly payee: WireParty;
  readonly amount: WireMoney;
}

export function createTerms(options: {
  readonly us: string;
  readonly secrets: Keyring;
  readonly ilpVersion: 1 | 4;
}): TermsMaker {
  const { us, secrets, ilpVersion } = options;
  return {
    make: (request, offer) => {
      const { transactionId, quoteId } = request.spelled ?? request;
      const payee = writeParty({ ...request.payee, dfspId: us }) as unknown as WireParty;
      const transaction = {
        transactionId,
        quoteId,
        payer: writeParty({ ...request.payer, dfspId: request.dfspId }),
        payee,
        amount: writeMoney(offer.transferAmount),
        transactionType: request.transactionType,
        ...(request.note !== undefined && { note: request.note }),
        ...(ilpVersion === 4 && { expiration: offer.expiresAt.toISOString() }),
      };
      const data = Buffer.from(Buffer.from(canonicalJson(transaction)).toString('base64url'));
      const { amountMinor } = offer.transferAmount;
      return canonicalJson(
        ilpVersion === 1
          ? boundV1({ version: 1, amountMinor, destination: addressOf(payee), data }, secrets.current)
          : boundV4({ version: 4, amountMinor, destination: v4Destination, data }, offer.expiresAt, secrets.current),
      );
    },
    read: (terms) => {
      const { ilpPacket, condition } = JSON.parse(terms) as Partial<FspiopTerms>;
      if (typeof ilpPacket !== 'string' || typeof condition !== 'string') throw new Error('terms of another adapter');
      return { ilpPacket, condition };
    },
    fulfilment: (ilpPacket, condition) => fulfilmentBy(secrets, decodeIlp(ilpPacket), { ilpPacket, condition }),
    prove: (transfer) => prove(transfer, us, secrets),
  };
}

function boundV1(packet: IlpPacket, secret: Buffer): FspiopTerms {
  const ilpPacket = encodeIlp(packet);
  return { ilpPacket, condition: conditionOf(fulfilmentOf(ilpPacket, secret)).toString('base64url') };
}

/** A packet of v4 holds its own condition, which therefore covers the transaction and not the packet. */
function boundV4(packet: IlpPacket, expiresAt: Date, secret: Buffer): FspiopTerms {
  const condition = conditionOf(fulfilmentOf(packet.data.toString(), secret));
  return { ilpPacket: encodeIlp({ ...packet, expiresAt, condition }), condition: condition.toString('base64url') };
}

/** `g.<fspId>.<type>.<id>[.<sub>]`, as the reference writes it. */
function addressOf({ partyIdInfo }: WireParty): string {
  const { fspId = '', partyIdType, partyIdentifier, partySubIdOrType } = partyIdInfo;
  const rest = [partyIdType, partyIdentifier, ...(partySubIdOrType === undefined ? [] : [partySubIdOrType])];
  return ['g', fspId, ...rest.map((part) => part.toLowerCase())].join('.');
}

function fulfilmentBy(secrets: Keyring, packet: IlpPacket, { ilpPacket, condition }: FspiopTerms): string | undefined {
  const bound = packet.version === 1 ? ilpPacket : packet.data.toString();
  return fulfilmentUnder(secrets, bound, condition);
}

function prove(transfer: WireTransfer, us: string, secrets: Keyring): ReturnType<TermsMaker['prove']> {
  const fault = (what: string) => schemeError('3100', what);
  let packet: IlpPacket;
  let transaction: WireTransaction;
  try {
    packet = decodeIlp(transfer.ilpPacket);
    transaction = JSON.parse(Buffer.from(packet.data.toString(), 'base64url').toString()) as WireTransaction;
  } catch {
    return fault('ilpPacket cannot be read');
  }
  const fulfilment = fulfilmentBy(secrets, packet, transfer);
  if (fulfilment === undefined) return fault('condition is not one that was quoted here');
  const altered = alteration(transfer, packet, transaction, us);
  if (altered !== undefined) return fault(altered);
  return { quoteId: uuidOf(transaction.quoteId), transactionId: uuidOf(transaction.transactionId) };
}

/** What of a transfer is not as in the transaction that we wrote. */
function alteration(transfer: WireTransfer, packet: IlpPacket, transaction: WireTransaction, us: string) {
  const { payer, payee, amount } = transaction;
  if (transfer.amount.currency !== amount.currency || transfer.amount.amount !== amount.amount) {
    return 'amount is not as quoted';
  }
  if (packet.amountMinor !== readMoney(amount)?.amountMinor) return 'ilpPacket has another amount';
  if (packet.version === 1 && packet.destination !== addressOf(payee)) return 'ilpPacket is for another account';
  if (transfer.payerFsp !== payer.partyIdInfo.fspId) return 'payerFsp is not who asked for the quote';
  if (transfer.payeeFsp !== us || payee.partyIdInfo.fspId !== us) return 'payeeFsp is not this provider';
  return undefined;
}
