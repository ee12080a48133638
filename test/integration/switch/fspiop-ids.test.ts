import { randomUUID } from 'node:crypto';
import { decodeIlp } from '../../../src/switch/ilp';
import type { Context } from '../../../src/switch/port';
import type { Scheme } from './participants';
import { callAs, startBehindPeer, type Peer } from './peer';
import { headers, payeeParty, payerParty, wireQuote } from './wire';

/** Ids that FSPIOP 1.x doesn't have, from a peer that sends them all the same (Mojaloop's Testing Toolkit does). */
const spellings = {
  ULIDs: ['01JDPF9YQ2V4N8T0W3X5Z7ABCD', '01JDPF9YQ2V4N8T0W3X5Z7ABCE', '01JDPF9YQ2V4N8T0W3X5Z7ABCF'],
  'UUIDs of version 7': [
    '01936cf4-fae2-7d8a-9a3c-0e1d2c3b4a51',
    '01936cf4-fae2-7d8a-9a3c-0e1d2c3b4a52',
    '01936cf4-fae2-7d8a-9a3c-0e1d2c3b4a53',
  ],
} as const;
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

describe('FSPIOP: ids in a spelling of the other side’s', () => {
  const context = (): Context => ({ deadline: new Date(Date.now() + 10_000) });
  let scheme: Scheme;
  let peer: Peer;
  let close: () => Promise<void>;
  beforeAll(async () => {
    ({ scheme, peer, close } = await startBehindPeer());
  });
  afterAll(() => close());

  const call = (method: string, path: string, body?: object) =>
    callAs({ url: scheme.payee.url, version: '1.0' }, method, path, body);

  test.each(Object.entries(spellings))('%s in 1.0 are answered as they were written', async (_, ids) => {
    const [quoteId, transactionId, transferId] = ids;
    const { payee } = scheme;
    const { adapter } = payee;
    expect(await call('POST', '/quotes', { ...wireQuote(quoteId), transactionId })).toBe(202);
    const asked = await payee.next('onQuote');
    expect([asked.quoteId, asked.transactionId]).toEqual([expect.stringMatching(uuid), expect.stringMatching(uuid)]);
    const expiresAt = new Date(Date.now() + 20_000);
    const money = { amountMinor: 100n, currency: 'KES' } as const;
    const offer = { transferAmount: money, payeeReceives: money, payeeFee: { ...money, amountMinor: 0n }, expiresAt };
    const terms = adapter.termsOf(asked, offer);
    await adapter.answerQuote({ quoteId: asked.quoteId, dfspId: 'payer', result: { offer, terms } }, context());
    await peer.sent(`PUT /quotes/${quoteId}`);
    expect(await call('GET', `/quotes/${quoteId}`)).toBe(202);
    await peer.sent(`PUT /quotes/${quoteId}`, 2);

    // The packet tells the transaction in the payer's words, and proves the quote by the core's id.
    const { ilpPacket, condition } = JSON.parse(terms) as { ilpPacket: string; condition: string };
    const told = Buffer.from(decodeIlp(ilpPacket).data.toString(), 'base64url');
    expect(JSON.parse(told.toString())).toMatchObject({ quoteId, transactionId });
    const transfer = {
      ...{ transferId, payerFsp: 'payer', payeeFsp: 'payee', amount: { currency: 'KES', amount: '1' } },
      ...{ ilpPacket, condition, expiration: expiresAt.toISOString() },
    };
    expect(await call('POST', '/transfers', transfer)).toBe(202);
    const prepare = await payee.next('onPrepare');
    expect(prepare).toMatchObject({ transferId: expect.stringMatching(uuid) as string, quoteId: asked.quoteId });
    await adapter.answerPrepare(
      { transferId: prepare.transferId, dfspId: 'payer', result: { state: 'reserved', terms } },
      context(),
    );
    await peer.sent(`PUT /transfers/${transferId}`);
    // To 1.0 nobody says that it is committed: the hub is asked, and asked again by whoever reconciles.
    await peer.sent(`GET /transfers/${transferId}`);
    await adapter.queryTransfer({ transferId: prepare.transferId, dfspId: 'payer' }, context());
    await peer.sent(`GET /transfers/${transferId}`, 2);

    const transaction = async (times: number): Promise<unknown> => {
      expect(await call('GET', `/transactions/${transactionId}`)).toBe(202);
      return peer.sent(`PUT /transactions/${transactionId}`, times);
    };
    expect(await transaction(1)).toEqual({ transactionState: 'PENDING' });
    const hub = { method: 'PUT', headers: { ...headers('Hub', 'payee', 'transfers', '2.0') } };
    const { fulfilment } = (await peer.sent(`PUT /transfers/${transferId}`)) as { fulfilment: string };
    const decided = { transferState: 'COMMITTED', fulfilment };
    const url = `${payee.url}/fspiop/transfers/${transferId}`;
    expect((await fetch(url, { ...hub, body: JSON.stringify(decided) })).status).toBe(200);
    expect(await payee.next('onConfirmed')).toMatchObject({ transferId: prepare.transferId, state: 'committed' });
    expect(await transaction(2)).toMatchObject({
      transactionState: 'COMPLETED',
      completedTimestamp: expect.any(String) as string,
    });
  });

  test.each([
    ['quotes', '3205'],
    ['transfers', '3208'],
    ['transactions', '3207'],
    ['transactionRequests', '3206'],
    ['authorizations', '3206'],
  ])('%s that nobody knows are %s under the name by which they were asked for', async (resource, errorCode) => {
    const path = `/${resource}/01JDPF9YQ2V4N8T0W3X5Z7ABZZ`;
    expect(await call('GET', path)).toBe(202);
    expect(await peer.sent(`PUT ${path}/error`)).toMatchObject({ errorInformation: { errorCode } });
  });

  test('a code is asked for of whoever made the request, under the name that it has there, and by nobody else', async () => {
    const requestId = randomUUID();
    const amount = { amountMinor: 100n, currency: 'KES' } as const;
    await scheme.payee.adapter.requestPayment(
      {
        ...{ requestId, payer: payerParty, payee: payeeParty, amount, authentication: 'OTP' },
        transactionType: { scenario: 'WITHDRAWAL', initiator: 'PAYEE', initiatorType: 'AGENT' },
        expiresAt: new Date(Date.now() + 20_000),
      },
      context(),
    );
    const path = `/authorizations/${requestId}`;
    const query = (more: string) => `${path}?authenticationType=OTP&amount=1.5&currency=KES${more}`;
    expect(await call('GET', query('&retriesLeft=2'))).toBe(202);
    const asked = { requestId, dfspId: 'payer', triesLeft: 2, amount: { ...amount, amountMinor: 150n } };
    expect(await scheme.payee.next('onCodeAsked')).toEqual(asked);
    expect(await call('GET', query(''))).toBe(400);
    expect(await call('GET', query('&retriesLeft=0'))).toBe(400);
    expect(await call('GET', query('&retriesLeft=1').replace('1.5', 'much'))).toBe(400);
    expect(await call('GET', query('&retriesLeft=1').replace('OTP', 'U2F'))).toBe(202);
    expect(await peer.sent(`PUT ${path}/error`)).toMatchObject({ errorInformation: { errorCode: '2002' } });
    const result = { response: 'entered', code: '642312' } as const;
    await scheme.payee.adapter.answerCode({ requestId, dfspId: 'payer', result }, context());
    expect(await peer.sent(`PUT ${path}`)).toEqual({
      authenticationInfo: { authentication: 'OTP', authenticationValue: '642312' },
      responseType: 'ENTERED',
    });
    const tables = await scheme.payee.db.rows({
      text: `select 1 from fspiop_out where body::text like '%642312%' or encode(body, 'escape') like '%642312%'`,
    });
    expect(tables).toEqual([]);
  });
});
