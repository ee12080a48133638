import { randomUUID } from 'node:crypto';
import type { Member } from '../../support/customers';
import { hubName, providerName, type FastHub } from './hub';

const amount = { currency: 'KES', amount: '1' };
const offerMs = 60_000;

/**
 * One payment that comes in: a quote, and a transfer that holds the money for the payee. The pair is over when the provider
 * has said RESERVED, with the hold on the disk. Then it is confirmed, which is not in the time and is in the work.
 */
export async function payIn(hub: FastHub, { msisdn }: Member): Promise<{ readonly tookMs: number }> {
  const [quoteId, transferId] = [randomUUID(), randomUUID()];
  const startedAt = performance.now();
  const quoted = hub.heard(`/quotes/${quoteId}`);
  await hub.tell({ method: 'POST', path: '/quotes', body: quoteOf(quoteId, msisdn) });
  const { ilpPacket, condition } = await quoted;
  const reserved = hub.heard(`/transfers/${transferId}`);
  const expiration = new Date(Date.now() + offerMs).toISOString();
  const transfer = { transferId, payerFsp: hubName, payeeFsp: providerName, amount, ilpPacket, condition, expiration };
  await hub.tell({ method: 'POST', path: '/transfers', body: transfer });
  const { transferState } = await reserved;
  if (transferState !== 'RESERVED') throw new Error(`a transfer was answered ${transferState ?? 'nothing'}`);
  const tookMs = performance.now() - startedAt;
  const completedTimestamp = new Date().toISOString();
  await hub.tell({
    method: 'PATCH',
    path: `/transfers/${transferId}`,
    body: { transferState: 'COMMITTED', completedTimestamp },
  });
  return { tookMs };
}

function quoteOf(quoteId: string, msisdn: string): object {
  const party = (fspId: string, partyIdentifier: string) => ({
    partyIdInfo: { partyIdType: 'MSISDN', partyIdentifier, fspId },
  });
  return {
    quoteId,
    transactionId: randomUUID(),
    payer: { ...party(hubName, '254722000001'), name: 'Bench Payer' },
    payee: party(providerName, msisdn.slice(1)),
    amountType: 'SEND',
    amount,
    transactionType: { scenario: 'TRANSFER', initiator: 'PAYER', initiatorType: 'CONSUMER' },
    expiration: new Date(Date.now() + offerMs).toISOString(),
  };
}
