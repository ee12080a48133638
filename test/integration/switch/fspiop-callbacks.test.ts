import { randomUUID } from 'node:crypto';
import type { Context } from '../../../src/switch/port';
import type { Scheme } from './participants';
import { callAs, startBehindPeer, type Peer } from './peer';
import { headers, msisdn } from './wire';

describe('FSPIOP: what a callback may look like, and what it may say', () => {
  const context = (): Context => ({ deadline: new Date(Date.now() + 10_000) });
  let scheme: Scheme;
  let peer: Peer;
  let close: () => Promise<void>;
  beforeAll(async () => {
    ({ scheme, peer, close } = await startBehindPeer());
  });
  afterAll(() => close());

  /** A transfer that our side, called `payee` here, has sent. */
  async function sent(): Promise<string> {
    const transferId = randomUUID();
    const terms = JSON.stringify({ ilpPacket: 'AYI', condition: 'f5sqb7tBTWPd5Y8BDFdMm9BJR_MNI4isf8p8n4D5pHA' });
    const amount = { amountMinor: 100n, currency: 'KES' } as const;
    const expiresAt = new Date(Date.now() + 20_000);
    const transfer = { transferId, dfspId: 'payer', quoteId: randomUUID(), amount, terms, expiresAt };
    expect(await scheme.payee.adapter.prepareTransfer(transfer, context())).toEqual({ status: 'accepted' });
    return transferId;
  }

  const put = (path: string, source: string, body: object, given: Record<string, string> = {}) =>
    fetch(`${scheme.payee.url}/fspiop${path}`, {
      method: 'PUT',
      headers: { ...headers(source, 'payee', path.split('/')[1] ?? '', '1.1'), ...given },
      body: JSON.stringify(body),
    });

  test.each([
    ['a version that nobody speaks', { 'content-type': 'application/vnd.interoperability.transfers+json;version=3.7' }],
    ['no type of FSPIOP', { 'content-type': 'application/json' }],
    ['a date of another form', { date: '2026-11-27T10:00:00.000Z' }],
  ])('money is not lost over a header: an error with %s is taken', async (_, given) => {
    const transferId = await sent();
    const errorInformation = { errorCode: '5200', errorDescription: 'Payee limit error' };
    const response = await put(`/transfers/${transferId}/error`, 'Hub', { errorInformation }, given);
    expect(response.status).toBe(200);
    expect(await scheme.payee.next('onTransferOutcome')).toMatchObject({ transferId, state: 'aborted' });
  });

  test('M32: a hub that decides otherwise afterwards is heard as well', async () => {
    const transferId = randomUUID();
    const wire = {
      ...{
        transferId,
        payeeFsp: 'payee',
        payerFsp: 'payer',
        amount: { currency: 'KES', amount: '1' },
        ilpPacket: 'AYI',
      },
      ...{ condition: 'f5sqb7tBTWPd5Y8BDFdMm9BJR_MNI4isf8p8n4D5pHA', expiration: new Date().toISOString() },
    };
    const send = (method: string, path: string, source: string, body: object) =>
      fetch(`${scheme.payee.url}/fspiop${path}`, {
        method,
        headers: headers(source, 'payee', 'transfers', '1.1'),
        body: JSON.stringify(body),
      });
    expect((await send('POST', '/transfers', 'payer', wire)).status).toBe(202);
    await peer.sent(`PUT /transfers/${transferId}/error`); // it names no offer of ours
    for (const transferState of ['COMMITTED', 'ABORTED']) {
      const body = { transferState, completedTimestamp: new Date().toISOString() };
      expect((await send('PATCH', `/transfers/${transferId}`, 'Hub', body)).status).toBe(200);
      const state = transferState.toLowerCase();
      expect(await scheme.payee.next('onConfirmed')).toEqual({ transferId, dfspId: 'payer', state });
    }
  });

  test('a response says in which version it is', async () => {
    const path = `/transfers/${randomUUID()}`;
    const given = headers('payer', 'payee', 'transfers', '1.1');
    const response = await fetch(`${scheme.payee.url}/fspiop${path}`, { headers: given });
    expect([response.status, response.headers.get('content-type')]).toEqual([202, given['content-type']]);
    await peer.sent(`PUT ${path}/error`);
  });

  test('a transfer that we have sent is nothing that nobody knows, whoever asks here about it', async () => {
    const path = `/transfers/${await sent()}`;
    expect(await callAs({ url: scheme.payee.url, version: '1.1' }, 'GET', path)).toBe(202);
    expect(await peer.sent(`PUT ${path}/error`)).toMatchObject({ errorInformation: { errorCode: '2002' } });
  });

  test('nobody but the hub says that a number is at another provider than itself', async () => {
    const partyIdInfo = { partyIdType: 'MSISDN', partyIdentifier: msisdn.id, fspId: 'payer' };
    const body = { party: { partyIdInfo, name: 'Amina Wanjiru' } };
    const path = `/parties/MSISDN/${msisdn.id}`;
    expect((await put(path, 'third', body)).status).toBe(403);
    expect(scheme.payee.waiting('onPartyAnswer')).toBe(0);
    for (const source of ['payer', 'Hub']) {
      expect((await put(path, source, body)).status).toBe(200);
      expect(await scheme.payee.next('onPartyAnswer')).toMatchObject({ result: { dfspId: 'payer' } });
    }
  });
});
