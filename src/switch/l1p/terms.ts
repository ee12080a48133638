import type { Keyring } from '../../platform';
import { conditionOf, decodeIlp, encodeIlp, fulfilmentOf, fulfilmentUnder, type IlpPacket } from '../ilp';
import type { IncomingQuote, Money, QuoteOffer, SchemeError, Terms } from '../port';
import { schemeError } from '../scheme-errors';
import { addressOf } from './identifiers';

/**
 * What binds an offer: a packet that says whom it pays how much by which quote, and a condition that only who holds the
 * secret can fulfil. The two belong together under our secret, or they are not ours: no store is needed to know.
 */
export interface L1pTerms {
  readonly ilpPacket: string;
  /** base64url of 32 bytes. */
  readonly condition: string;
}

/** A transfer as the ledger tells of it, by what it must be held to. */
export interface Offered extends L1pTerms {
  readonly payerDfspId: string;
  readonly amount: Money;
}

export interface TermsMaker {
  make(request: IncomingQuote, offer: QuoteOffer): Terms;
  /** Reads terms back, ours or another provider's; throws on what is none. */
  read(terms: Terms): L1pTerms;
  /** What proves terms of ours; undefined where they are not ours. */
  fulfilment(terms: L1pTerms): string | undefined;
  /** Whether a transfer is one that we have offered: by which quote, or why not. */
  prove(transfer: Offered): { readonly quoteId: string } | SchemeError;
}

/** What a packet carries to us, by way of the payer's provider and the centre: nobody's name. */
interface Carried {
  readonly quoteId: string;
  readonly payerDfspId: string;
  readonly currency: string;
}

interface TermsOptions {
  readonly us: string;
  readonly country: string;
  readonly secrets: Keyring;
}

export function createTerms({ us, country, secrets }: TermsOptions): TermsMaker {
  const fulfilment = ({ ilpPacket, condition }: L1pTerms) => fulfilmentUnder(secrets, ilpPacket, condition);
  return {
    make: ({ quoteId, dfspId: payerDfspId, payee }, { transferAmount: { amountMinor, currency } }) => {
      const carried: Carried = { quoteId, payerDfspId, currency };
      const destination = addressOf(country, us, payee.partyId);
      const data = Buffer.from(JSON.stringify(carried));
      const ilpPacket = encodeIlp({ version: 1, amountMinor, destination, data });
      const condition = conditionOf(fulfilmentOf(ilpPacket, secrets.current)).toString('base64url');
      return JSON.stringify({ ilpPacket, condition } satisfies L1pTerms);
    },
    read: (terms) => {
      const { ilpPacket, condition } = JSON.parse(terms) as Partial<L1pTerms>;
      if (typeof ilpPacket !== 'string' || typeof condition !== 'string') throw new Error('terms of another adapter');
      return { ilpPacket, condition };
    },
    fulfilment,
    prove: ({ payerDfspId, amount, ...terms }) => {
      if (fulfilment(terms) === undefined) return schemeError('3100', 'the condition is not one that was quoted here');
      const { packet, carried } = opened(terms.ilpPacket);
      if (carried.payerDfspId !== payerDfspId) return schemeError('3100', 'the payer is not who asked for the quote');
      if (carried.currency !== amount.currency || packet.amountMinor !== amount.amountMinor) {
        return schemeError('3100', 'the amount is not as quoted');
      }
      return { quoteId: carried.quoteId };
    },
  };
}

/** A packet that is proven to be ours. */
function opened(ilpPacket: string): { readonly packet: IlpPacket; readonly carried: Carried } {
  const packet = decodeIlp(ilpPacket);
  return { packet, carried: JSON.parse(packet.data.toString()) as Carried };
}
