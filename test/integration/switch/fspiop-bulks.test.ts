import { randomUUID } from 'node:crypto';
import type { Context, IncomingQuote, SchemeError, Terms } from '../../../src/switch/port';
import { createTestDatabase } from '../../support/database';
import { startScheme, type Databases, type Scheme } from './participants';
import { callAs, startPeer, type Peer } from './peer';
import { headers } from './wire';

interface Results {
  readonly individualQuoteResults: readonly Record<string, unknown>[];
  readonly individualTransferResults: readonly Record<string, unknown>[];
  readonly bulkTransferState: string;
}
const kes = (amount: string) => ({ currency: 'KES', amount });
const party = (fspId: string, partyIdentifier: string) => ({
  partyIdInfo: { partyIdType: 'MSISDN', partyIdentifier, fspId },
});
const inMs = (ms: number) => new Date(Date.now() + ms);
const limit: SchemeError = { code: '5200', description: 'Payee limit error', moneyMoved: 'no' };

describe('FSPIOP: bulks, as the payee’s provider', () => {
  const context = (): Context => ({ deadline: inMs(10_000) });
  let scheme: Scheme;
  let databases: Databases;
  let peer: Peer;
  beforeAll(async () => {
    databases = { payer: await createTestDatabase(), payee: await createTestDatabase() };
  });
  beforeEach(async () => {
    peer = await startPeer();
    scheme = await startScheme(databases, { payee: { switchUrl: peer.url } });
  });
  afterEach(async () => {
    await scheme.close();
    await peer.close();
  });
  afterAll(async () => {
    await databases.payer.drop();
    await databases.payee.drop();
  });

  const call = (method: string, path: string, body?: object) =>
    callAs({ url: scheme.payee.url, version: '1.1' }, method, path, body);

  function bulkQuote(individuals: readonly object[], expiration = inMs(30_000)) {
    const transactionType = { scenario: 'TRANSFER', initiator: 'PAYER', initiatorType: 'BUSINESS' };
    return {
      ...{ bulkQuoteId: randomUUID(), payer: party('payer', '254711000009'), expiration: expiration.toISOString() },
      individualQuotes: individuals.map((individual, index) => ({
        ...{ quoteId: randomUUID(), transactionId: randomUUID(), payee: party('payee', `25470000000${index}`) },
        ...{ amountType: 'SEND', amount: kes(`${index + 1}`), transactionType, ...individual },
      })),
    };
  }

  async function offer(quote: IncomingQuote, expiresAt = inMs(20_000)): Promise<Terms> {
    const made = {
      ...{ transferAmount: quote.amount, payeeReceives: quote.amount, expiresAt },
      payeeFee: { ...quote.amount, amountMinor: 0n },
    };
    const terms = scheme.payee.adapter.termsOf(quote, made);
    const { quoteId } = quote;
    await scheme.payee.adapter.answerQuote({ quoteId, dfspId: 'payer', result: { offer: made, terms } }, context());
    return terms;
  }

  /** So many quotes that were asked and answered together. */
  async function quoted(count: number): Promise<{ bulkQuoteId: string; terms: readonly Terms[] }> {
    const bulk = bulkQuote(Array.from({ length: count }, () => ({})));
    expect(await call('POST', '/bulkQuotes', bulk)).toBe(202);
    const terms = new Map<string, Terms>();
    for (let at = 0; at < count; at += 1) {
      const quote = await scheme.payee.next('onQuote');
      terms.set(quote.quoteId, await offer(quote));
    }
    await peer.sent(`PUT /bulkQuotes/${bulk.bulkQuoteId}`);
    const inOrder = bulk.individualQuotes.map(
      (individual) => terms.get((individual as { quoteId: string }).quoteId) ?? '',
    );
    return { bulkQuoteId: bulk.bulkQuoteId, terms: inOrder };
  }

  async function bulkTransfer(amounts: readonly string[], expiration = inMs(20_000)) {
    const { bulkQuoteId, terms } = await quoted(amounts.length);
    return {
      terms,
      bulk: {
        ...{ bulkTransferId: randomUUID(), bulkQuoteId, payerFsp: 'payer', payeeFsp: 'payee' },
        expiration: expiration.toISOString(),
        individualTransfers: amounts.map((amount, at) => ({
          ...(JSON.parse(terms[at] ?? '') as { ilpPacket: string; condition: string }),
          ...{ transferId: randomUUID(), transferAmount: kes(amount) },
        })),
      },
    };
  }

  const answer = (transferId: string, result: SchemeError | { state: 'reserved'; terms: Terms }) =>
    scheme.payee.adapter.answerPrepare({ transferId, dfspId: 'payer', result }, context());
  const reserve = (transferId: string, terms = '') => answer(transferId, { state: 'reserved', terms });
  const tell = async (body: object, source = 'Hub', path = ''): Promise<number> => {
    const url = `${scheme.payee.url}/fspiop/bulkTransfers/${path}`;
    const given = { method: 'PUT', headers: headers(source, 'payee', 'bulkTransfers', '2.0') };
    return (await fetch(url, { ...given, body: JSON.stringify(body) })).status;
  };

  test('R258: quotes that come together are answered together, each for itself, and again to whoever asks', async () => {
    const bulk = bulkQuote([
      { quoteId: '01JDPF9YQ2V4N8T0W3X5Z7ABCD' },
      {},
      { amount: { currency: 'SEK', amount: '1' } },
    ]);
    expect(await call('POST', '/bulkQuotes', bulk)).toBe(202);
    const quotes = [await scheme.payee.next('onQuote'), await scheme.payee.next('onQuote')];
    const [small, large] = quotes.sort((one, other) => Number(one.amount.amountMinor - other.amount.amountMinor));
    if (!small || !large) throw new Error('two were asked for');
    expect(small.payer.partyId.id).toBe('254711000009');
    await scheme.payee.adapter.answerQuote({ quoteId: large.quoteId, dfspId: 'payer', result: limit }, context());
    const expiresAt = inMs(15_000);
    await offer(small, expiresAt);
    const line = `PUT /bulkQuotes/${bulk.bulkQuoteId}`;
    const told = (await peer.sent(line)) as Results;
    const ids = bulk.individualQuotes.map((individual) => (individual as { quoteId: string }).quoteId);
    expect(told).toMatchObject({
      expiration: expiresAt.toISOString(),
      individualQuoteResults: [
        { quoteId: ids[0], transferAmount: kes('1'), condition: expect.any(String) as string },
        { quoteId: ids[1], errorInformation: { errorCode: '5200' } },
        { quoteId: ids[2], errorInformation: { errorCode: '5106' } },
      ],
    });
    expect(await call('POST', '/bulkQuotes', bulk)).toBe(202);
    expect(await call('GET', `/bulkQuotes/${bulk.bulkQuoteId}`)).toBe(202);
    expect(await peer.sent(line, 3)).toEqual(told);
    expect(scheme.payee.waiting('onQuote')).toBe(0);
    // Something else under its id is an error, and the answer stays what it is.
    expect(await call('POST', '/bulkQuotes', { ...bulk, payer: party('payer', '254711000008') })).toBe(202);
    expect(await peer.sent(`${line}/error`)).toMatchObject({ errorInformation: { errorCode: '3106' } });
    expect(peer.count(/^PUT \/quotes/)).toBe(0);
  });

  test('R258, R263: transfers that come together are reserved each for itself, and each is what the hub says', async () => {
    const { bulk, terms } = await bulkTransfer(['1', '2', '1000000']);
    const [first = '', second = '', altered = ''] = bulk.individualTransfers.map(({ transferId }) => transferId);
    expect(await call('POST', '/bulkTransfers', bulk)).toBe(202);
    const told = [await scheme.payee.next('onPrepare'), await scheme.payee.next('onPrepare')];
    expect(told.map(({ transferId }) => transferId).sort()).toEqual([first, second].sort());
    expect(await call('GET', `/bulkTransfers/${bulk.bulkTransferId}`)).toBe(202);
    const line = `PUT /bulkTransfers/${bulk.bulkTransferId}`;
    expect(await peer.sent(line)).toEqual({ bulkTransferState: 'RECEIVED' });
    await reserve(first, terms[0]);
    await answer(second, limit);
    const answered = (await peer.sent(line, 2)) as Results;
    expect(answered).toMatchObject({
      bulkTransferState: 'COMPLETED',
      individualTransferResults: [
        { transferId: first, fulfilment: expect.any(String) as string },
        { transferId: second, errorInformation: { errorCode: '5200' } },
        { transferId: altered, errorInformation: { errorCode: '3100' } },
      ],
    });
    // Nobody notifies: the hub is asked, and is believed; nobody else is.
    await peer.sent(`GET /bulkTransfers/${bulk.bulkTransferId}`);
    const decided = { ...answered, bulkTransferState: 'COMPLETED' };
    expect(await tell(decided, 'payer', bulk.bulkTransferId)).toBe(403);
    expect(await tell({ ...decided, bulkTransferState: 'PROCESSING' }, 'Hub', bulk.bulkTransferId)).toBe(200);
    expect(await tell(decided, 'Hub', bulk.bulkTransferId)).toBe(200);
    const confirmed = new Map<string, string>();
    while (scheme.payee.waiting('onConfirmed') > 0) {
      const { transferId, state } = await scheme.payee.next('onConfirmed');
      confirmed.set(transferId, state);
    }
    expect(confirmed.get(first)).toBe('committed');
    expect([...confirmed.values()].filter((state) => state === 'committed')).toHaveLength(1);
    expect(peer.count(/ \/transfers/)).toBe(0);
  });

  test('what nobody answers in time is answered with an error, and stays so', async () => {
    const { bulk, terms } = await bulkTransfer(['1', '2'], inMs(2_500));
    const [first = '', second = ''] = bulk.individualTransfers.map(({ transferId }) => transferId);
    expect(await call('POST', '/bulkTransfers', bulk)).toBe(202);
    await scheme.payee.next('onPrepare');
    await scheme.payee.next('onPrepare');
    const told = (await peer.sent(`PUT /bulkTransfers/${bulk.bulkTransferId}`)) as Results;
    const error = { errorInformation: { errorCode: '3303', errorDescription: 'Transfer expired' } };
    expect(told).toMatchObject({
      bulkTransferState: 'REJECTED',
      individualTransferResults: [
        { transferId: first, ...error },
        { transferId: second, ...error },
      ],
    });
    await reserve(first, terms[0]);
    expect(await call('GET', `/bulkTransfers/${bulk.bulkTransferId}`)).toBe(202);
    expect(await peer.sent(`PUT /bulkTransfers/${bulk.bulkTransferId}`, 2)).toEqual(told);
    expect(await tell({ bulkTransferState: 'REJECTED' }, 'Hub', bulk.bulkTransferId)).toBe(200);
    expect(await scheme.payee.next('onConfirmed')).toMatchObject({ state: 'aborted' });
    expect(await scheme.payee.next('onConfirmed')).toMatchObject({ state: 'aborted' });
  });

  test('R192: the process ends in the middle: what was not answered is told again, and the bulk is answered', async () => {
    const { bulk, terms } = await bulkTransfer(['1', '2']);
    const [first = '', second = ''] = bulk.individualTransfers.map(({ transferId }) => transferId);
    scheme.payee.failOnce('onPrepare');
    expect(await call('POST', '/bulkTransfers', bulk)).toBe(202);
    await scheme.payee.next('onPrepare');
    await scheme.payee.restart();
    const again = new Set<string>();
    while (again.size < 2) again.add((await scheme.payee.next('onPrepare')).transferId);
    await reserve(first, terms[0]);
    await reserve(second, terms[1]);
    const told = (await peer.sent(`PUT /bulkTransfers/${bulk.bulkTransferId}`)) as Results;
    expect(told.individualTransferResults.map((result) => 'fulfilment' in result)).toEqual([true, true]);
  });

  test.each([
    ['bulkQuotes', '3209'],
    ['bulkTransfers', '3210'],
  ])('%s that nobody knows are %s', async (resource, errorCode) => {
    const path = `/${resource}/${randomUUID()}`;
    expect(await call('GET', path)).toBe(202);
    expect(await peer.sent(`PUT ${path}/error`)).toMatchObject({ errorInformation: { errorCode } });
  });
});
