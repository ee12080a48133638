import { randomUUID } from 'node:crypto';
import type { Party, PartyId } from '../../../src/switch/port';

export const msisdn: PartyId = { idType: 'MSISDN', id: '254700000002' };
export const payerParty: Party = {
  partyId: { idType: 'MSISDN', id: '254700000001' },
  dfspId: 'payer',
  name: 'Amina Wanjiru',
};
export const payeeParty: Party = {
  partyId: msisdn,
  dfspId: 'payee',
  name: 'Élodie Mbeki',
  firstName: 'Elodie',
  lastName: 'Mbeki',
};

/** The headers of a message. */
export function headers(
  source: string,
  destination: string,
  resource: string,
  version: string,
): Record<string, string> {
  const type = `application/vnd.interoperability.${resource}+json;version=`;
  return {
    'content-type': `${type}${version}`,
    accept: `${type}${version.split('.')[0] ?? ''}`,
    date: new Date().toUTCString(),
    'fspiop-source': source,
    'fspiop-destination': destination,
  };
}

/** The least that asks for a quote. */
export function wireQuote(quoteId: string): object {
  const party = (fspId: string, partyIdentifier: string) => ({
    partyIdInfo: { partyIdType: 'MSISDN', partyIdentifier, fspId },
  });
  return {
    quoteId,
    transactionId: randomUUID(),
    payer: party('payer', '1'),
    payee: party('payee', '2'),
    amountType: 'SEND',
    amount: { currency: 'KES', amount: '1' },
    transactionType: { scenario: 'TRANSFER', initiator: 'PAYER', initiatorType: 'CONSUMER' },
  };
}

export async function codeOf(response: Response): Promise<string> {
  return ((await response.json()) as { errorInformation: { errorCode: string } }).errorInformation.errorCode;
}
