import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context, PaymentRequest, QuoteRequest } from '../../../src/switch/port';
import { createTestDatabase } from '../../support/database';
import { startScheme, type Databases, type Scheme } from './participants';
import { headers, payeeParty, payerParty } from './wire';

describe('FSPIOP: a payee asks to be paid (/transactionRequests)', () => {
  const context = (): Context => ({ deadline: new Date(Date.now() + 10_000) });
  const accepted = { status: 'accepted' };
  const amount = { amountMinor: 25_000n, currency: 'KES' } as const;
  const transactionType = { scenario: 'PAYMENT', initiator: 'PAYEE', initiatorType: 'BUSINESS' } as const;
  let scheme: Scheme;
  let databases: Databases;
  beforeAll(async () => {
    databases = { payer: await createTestDatabase(), payee: await createTestDatabase() };
  });
  beforeEach(async () => {
    scheme = await startScheme(databases);
  });
  afterEach(() => scheme.close());
  afterAll(async () => {
    await databases.payer.drop();
    await databases.payee.drop();
  });

  function make(): PaymentRequest {
    const expiresAt = new Date(Date.now() + 60_000);
    const parties = { payer: payerParty, payee: payeeParty };
    return { requestId: randomUUID(), ...parties, amount, transactionType, note: 'two bags of maize', expiresAt };
  }

  async function asked(request = make()): Promise<PaymentRequest> {
    expect(await scheme.payee.adapter.requestPayment(request, context())).toEqual(accepted);
    // Of the payer nothing but the identifier travels: who asks knows no more.
    const payer = { ...payerParty, name: '' };
    expect(await scheme.payer.next('onPaymentRequest')).toEqual({ ...request, payer, dfspId: 'payee' });
    return request;
  }

  const answer = (requestId: string, state: 'received' | 'rejected', code?: string) =>
    scheme.payer.adapter.answerPaymentRequest(
      {
        ...{ requestId, dfspId: 'payee', state },
        ...(code !== undefined && { error: { code, description: 'because', moneyMoved: 'no' as const } }),
      },
      context(),
    );
  const told = () => scheme.payee.next('onPaymentRequestAnswer');
  const ask = (path: string, method = 'GET', body?: object) =>
    fetch(`${scheme.payer.url}/fspiop${path}`, {
      method,
      headers: headers('payee', 'payer', 'transactionRequests', '1.1'),
      ...(body && { body: JSON.stringify(body) }),
    });

  test('it is before the payer; the payer says no; each is told to who asked, and stays said', async () => {
    const { requestId } = await asked();
    const common = { requestId, dfspId: 'payer' };
    expect(await answer(requestId, 'received')).toEqual(accepted);
    expect(await told()).toEqual({ ...common, state: 'received' });
    expect(await answer(requestId, 'rejected')).toEqual(accepted);
    expect(await told()).toEqual({ ...common, state: 'rejected' });
    // Too late: a no is a no, whatever is said after it.
    await answer(requestId, 'received');
    expect(await told()).toEqual({ ...common, state: 'rejected' });
    expect((await ask(`/transactionRequests/${requestId}`)).status).toBe(202);
    expect(await told()).toEqual({ ...common, state: 'rejected' });
  });

  test('there is nobody to ask: who asked is told why', async () => {
    const { requestId } = await asked();
    await answer(requestId, 'rejected', '3204');
    const error = { code: '3204', description: 'because', moneyMoved: 'no' };
    expect(await told()).toEqual({ requestId, dfspId: 'payer', state: 'rejected', error });
  });

  test('R197: the same request again is told again until it has its answer, and then gets that one', async () => {
    const request = await asked();
    await scheme.payer.restart();
    await asked(request);
    await answer(request.requestId, 'received');
    await told();
    expect(await scheme.payee.adapter.requestPayment({ ...request, note: 'another' }, context())).toEqual(accepted);
    expect(await told()).toMatchObject({ state: 'received' });
    expect(scheme.payer.waiting('onPaymentRequest')).toBe(0);
  });

  test('a payer who pays sends a quote that names the request, as who made it spells it', async () => {
    const { requestId } = await asked();
    const pay = async (id: string): Promise<unknown> => {
      const quote: QuoteRequest = {
        ...{ quoteId: randomUUID(), transactionId: randomUUID(), payer: payerParty, payee: payeeParty },
        ...{ amountType: 'RECEIVE', amount, transactionType, requestId: id, expiresAt: new Date(Date.now() + 30_000) },
      };
      expect(await scheme.payer.adapter.requestQuote(quote, context())).toEqual(accepted);
      const incoming = await scheme.payee.next('onQuote');
      expect(incoming).toEqual({ ...quote, dfspId: 'payer' });
      return incoming.requestId;
    };
    expect(await pay(requestId)).toBe(requestId);

    const ulid = '01JDPF9YQ2V4N8T0W3X5Z7ABCD';
    const party = (partyIdentifier: string) => ({ partyIdType: 'MSISDN', partyIdentifier });
    const wire = {
      ...{ transactionRequestId: ulid, payer: party('254700000001'), amount: { currency: 'KES', amount: '250' } },
      ...{ payee: { partyIdInfo: party('254700000002') }, transactionType },
    };
    expect((await ask('/transactionRequests', 'POST', wire)).status).toBe(202);
    const known = await scheme.payer.next('onPaymentRequest');
    // Who doesn't say until when has an hour.
    expect(known.expiresAt.getTime() - Date.now()).toBeGreaterThan(3_500_000);
    await pay(known.requestId);
    const [row] = await scheme.payer.db.rows<{ wire_id: string }>({
      text: `select wire_id from fspiop_in where resource = 'transactionRequests' and id = $1`,
      values: [known.requestId],
    });
    expect(row).toEqual({ wire_id: ulid });
  });

  test('a request that can not reach anybody is not refused: it may be made again', async () => {
    const away = { ...payerParty, dfspId: 'nobody' };
    const { requestId } = make();
    await scheme.payee.adapter.requestPayment({ ...make(), requestId, payer: away }, context());
    // The hub doesn't know such a provider, and that is for good.
    expect(await told()).toMatchObject({ requestId, state: 'rejected', error: { code: '3201' } });
    const down = await fetch(`${scheme.payee.url}/fspiop/transactionRequests/${requestId}/error`, {
      method: 'PUT',
      headers: headers('Hub', 'payee', 'transactionRequests', '2.0'),
      body: JSON.stringify({ errorInformation: { errorCode: '1001', errorDescription: 'away' } }),
    });
    expect(down.status).toBe(200);
    expect(scheme.payee.waiting('onPaymentRequestAnswer')).toBe(0);
  });

  test('M68: what nobody asked for is 3206 to who asks for it, and nothing to who answers it', async () => {
    expect((await ask(`/transactionRequests/${randomUUID()}`)).status).toBe(202);
    const { log } = scheme.hub.post;
    for (const deadline = Date.now() + 5_000; log.length === 0 && Date.now() < deadline;) await sleep(5);
    expect(log).toEqual(['PUT /transactionRequests → payee 200']);
    expect(await answer(randomUUID(), 'rejected')).toMatchObject({ status: 'refused', error: { code: '3206' } });
    expect(scheme.payee.waiting('onPaymentRequestAnswer')).toBe(0);
  });

  test('nobody but the payer’s provider and the hub may answer', async () => {
    const { requestId } = await asked();
    const response = await fetch(`${scheme.payee.url}/fspiop/transactionRequests/${requestId}`, {
      method: 'PUT',
      headers: headers('third', 'payee', 'transactionRequests', '1.1'),
      body: JSON.stringify({ transactionRequestState: 'REJECTED' }),
    });
    expect(response.status).toBe(403);
    expect(scheme.payee.waiting('onPaymentRequestAnswer')).toBe(0);
  });
});
