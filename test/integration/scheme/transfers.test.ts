import { randomBytes } from 'node:crypto';
import { createAccounts, type Harness, LEDGER, nets, newCondition, pause, planned, startHarness } from './harness';

const UNPROCESSABLE = {
  id: 'UnprocessableEntityError',
  message: 'The provided entity is syntactically correct, but there is a generic semantic problem with it',
};
const NOT_FOUND = { id: 'NotFoundError', message: 'The requested resource could not be found.' };
const semantic = (message: string, params: object = {}) => ({
  ...UNPROCESSABLE,
  validationErrors: [{ message, params: expect.objectContaining(params) as unknown }],
});

/** Chapter 4.2.1, as the seed writes it: paths, statuses, bodies, ids and messages of errors. */
describe('transfers at the central ledger', () => {
  let scheme: Harness;
  beforeAll(async () => {
    scheme = await startHarness();
    await createAccounts(scheme.ask, 'dfsp1', 'dfsp2', 'dfsp3');
  });
  afterAll(() => scheme.close());
  const put = (path: string, body: unknown, auth?: string) =>
    scheme.ask('PUT', path, { body, ...(auth === undefined ? {} : { auth }) });
  const fulfil = (path: string, text: string) => scheme.ask('PUT', `${path}/fulfillment`, { text });
  const reject = (path: string, text: string) => scheme.ask('PUT', `${path}/rejection`, { text });
  const get = (path: string) => scheme.ask('GET', path);

  test("4.2.1.1, 4.2.1.2: the seed's own example is prepared as proposed and executed by cf:0:_v8", async () => {
    const pair = { condition: 'cc:0:3:8ZdpKBDUV-KX_OnFZTsCWB_5mlCFI3DynX5f5H2dN-Y:2', fulfillment: 'cf:0:_v8' };
    const { path, body, fulfillment } = planned({ pair });
    expect(await put(path, body)).toEqual({
      status: 201,
      type: 'application/json; charset=utf-8',
      body: { ...body, state: 'proposed', timeline: { proposed_at: expect.any(String) as unknown } },
    });
    const answer = { status: 200, type: 'text/plain; charset=utf-8', body: 'cf:0:_v8' };
    expect(await fulfil(path, fulfillment)).toEqual(answer);
    expect(await fulfil(path, fulfillment)).toEqual(answer);
    expect(await get(`${path}/fulfillment`)).toEqual(answer);
    const { debits, ...rest } = body;
    expect((await get(path)).body).toEqual({
      ...rest,
      debits: [{ ...debits[0], authorized: true }],
      state: 'executed',
      timeline: {
        proposed_at: expect.any(String) as unknown,
        prepared_at: expect.any(String) as unknown,
        executed_at: expect.any(String) as unknown,
      },
    });
  });

  test.each([
    ['the field authorized', { authorized: true }, undefined],
    ["the debit's owner", {}, 'dfsp1:dfsp1'],
  ])('%s makes a transfer prepared', async (_, change, auth) => {
    const { path, body } = planned();
    body.debits[0] = { ...body.debits[0], ...change };
    expect(await put(path, body, auth)).toMatchObject({ status: 201, body: { state: 'prepared' } });
  });

  test('the owner who authorizes later updates the transfer: 200, prepared', async () => {
    const { path, body } = planned();
    await put(path, body);
    expect(await put(path, body, 'dfsp1:dfsp1')).toMatchObject({ status: 200, body: { state: 'prepared' } });
    expect(await get(path)).toMatchObject({ body: { state: 'prepared' } });
  });

  test('R197: the same prepare again is 200 and changes nothing, however amounts and dates are spelt', async () => {
    const { path, body, fulfillment } = planned({ amount: '50' });
    body.debits[0] = { ...body.debits[0], memo: { b: 1, a: { c: [2] } } };
    const first = await put(path, body);
    expect(first.status).toBe(201);
    const spelt = structuredClone(body);
    spelt.debits[0] = { memo: { a: { c: [2] }, b: 1 }, amount: '50.00', account: `${LEDGER}/accounts/dfsp1` };
    spelt.expires_at = body.expires_at.replace('Z', '+00:00');
    expect(await put(path, spelt)).toMatchObject({ status: 200, body: first.body as object });
    await fulfil(path, fulfillment);
    expect(await put(path, body)).toMatchObject({ status: 200, body: { state: 'executed' } });
  });

  test.each([
    [
      'amount',
      {
        debits: [{ account: `${LEDGER}/accounts/dfsp1`, amount: '51' }],
        credits: [{ account: `${LEDGER}/accounts/dfsp2`, amount: '51' }],
      },
    ],
    ['payee', { credits: [{ account: `${LEDGER}/accounts/dfsp3`, amount: '50' }] }],
    ['condition', { execution_condition: newCondition().condition }],
    ['expiry', { expires_at: new Date(Date.now() + 90_000).toISOString() }],
    ['memo', { credits: [{ account: `${LEDGER}/accounts/dfsp2`, amount: '50', memo: { a: 1 } }] }],
  ])('R198: the same id with another %s is refused and changes nothing', async (_, change) => {
    const { path, body } = planned();
    await put(path, body);
    const before = await get(path);
    expect(await put(path, { ...body, ...change })).toMatchObject({
      status: 422,
      body: semantic('Transfer may not be modified in this way', { reason: 'InvalidModificationError' }),
    });
    expect(await get(path)).toEqual(before);
  });

  const entry = (account: string, amount: unknown) => ({ account: `${LEDGER}/accounts/${account}`, amount });
  test.each<[string, object, string, object]>([
    ['an unknown payer', { debits: [entry('nobody', '50')] }, 'Account nobody not found', { key: 'debits' }],
    ['an unknown payee', { credits: [entry('nobody', '50')] }, 'Account nobody not found', { key: 'credits' }],
    [
      'an account of another ledger',
      { debits: [{ account: 'http://other/accounts/dfsp1', amount: '50' }] },
      'Invalid account URI: http://other/accounts/dfsp1',
      {},
    ],
    ['another ledger', { ledger: 'http://other' }, 'transfer.ledger is not valid for this ledger', { key: 'ledger' }],
    [
      "another transfer's id",
      { id: `${LEDGER}/transfers/7d4f2a70-e0d6-42dc-9efb-6d23060ccd6f` },
      'transfer.id: Invalid URI',
      {},
    ],
    ['unequal sides', { debits: [entry('dfsp1', '51')] }, 'Debits and credits are not equal', {}],
    ['too many decimals', { debits: [entry('dfsp1', '50.001')] }, 'Amount 50.001 exceeds allowed scale of 2', {}],
    [
      'too many digits',
      { debits: [entry('dfsp1', '100000000.00')] },
      'Amount 100000000.00 exceeds allowed precision of 10',
      {},
    ],
    [
      'nothing',
      { debits: [entry('dfsp1', '0')], credits: [entry('dfsp2', '0.00')] },
      'Amount 0 must be more than zero',
      {},
    ],
    [
      'R182: more than there is',
      { debits: [entry('dfsp1', '10000000')], credits: [entry('dfsp2', '10000000')] },
      'Sender has insufficient funds.',
      { reason: 'InsufficientFundsError' },
    ],
    [
      'a condition that is none',
      { execution_condition: 'cc:0:3:short:2' },
      'execution_condition is not a condition',
      {},
    ],
    [
      'a condition of too many bytes',
      { execution_condition: newCondition().condition.replace(/\d+$/, '65536') },
      'execution_condition asks for a fulfillment of more than 65535 bytes',
      {},
    ],
    [
      'R176: a time that is over',
      { expires_at: '2015-06-16T00:00:01.000Z' },
      'expires_at date: 2015-06-16T00:00:01.000Z has already expired.',
      { reason: 'ExpiredTransferError' },
    ],
  ])('a prepare with %s is a semantic error (422) and leaves no transfer', async (_, change, message, params) => {
    const { path, body } = planned();
    expect(await put(path, { ...body, ...change })).toMatchObject({ status: 422, body: semantic(message, params) });
    expect(await get(path)).toMatchObject({ status: 404, body: NOT_FOUND });
  });

  test.each([
    'cc:4:20:dB-8fb14MdO75Brp_Pvh4d7ganckilrRl13RS_UmrXA:66',
    'cc:1:25:dB-8fb14MdO75Brp_Pvh4d7ganckilrRl13RS_UmrXA:66',
    'ni:///sha-256;dB-8fb14MdO75Brp_Pvh4d7ganckilrRl13RS_UmrXA?fpt=ed25519-sha-256&cost=131072',
  ])('4.2.1.1.6: the condition %s is of a type that is not supported', async (execution_condition) => {
    const { path, body } = planned();
    expect(await put(path, { ...body, execution_condition })).toEqual({
      status: 422,
      type: 'application/json; charset=utf-8',
      body: {
        id: 'UnsupportedCryptoTypeError',
        message: 'The crypto type specified in the condition is not supported',
      },
    });
  });

  test.each<[string, unknown, object]>([
    [
      'no condition',
      { execution_condition: undefined },
      { message: 'execution_condition is required', params: { key: 'execution_condition' } },
    ],
    ['no expiry', { expires_at: undefined }, { message: 'expires_at is required', params: { key: 'expires_at' } }],
    [
      'a bad date',
      { expires_at: 'tomorrow' },
      { message: 'expires_at must be a valid ISO 8601 date', params: { key: 'expires_at', value: 'tomorrow' } },
    ],
    ['no debits', { debits: [] }, { message: 'debits must have at least one item', params: { key: 'debits' } }],
    [
      'an amount that is a float',
      { debits: [entry('dfsp1', 50.5)] },
      {
        message: 'debits.0.amount must be a decimal amount as a string',
        params: { key: 'debits', value: '50.5', child: 'amount' },
      },
    ],
    [
      'a negative amount',
      { credits: [entry('dfsp2', '-50')] },
      {
        message: 'credits.0.amount must be a decimal amount as a string',
        params: { key: 'credits', value: '-50', child: 'amount' },
      },
    ],
  ])('4.3: a prepare with %s names the field', async (_, change, fault) => {
    const { path, body } = planned();
    expect(await put(path, { ...body, ...(change as object) })).toEqual({
      status: 400,
      type: 'application/json; charset=utf-8',
      body: { id: 'InvalidBodyError', message: 'Body does not match schema', validationErrors: [fault] },
    });
  });

  test('a body that is no JSON is refused', async () => {
    const res = await fetch(`http://127.0.0.1:${scheme.ports.api}${planned().path}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: '{"id":',
    });
    expect(res.status).toBe(400);
    expect(await res.json()).toMatchObject({ id: 'InvalidBodyError' });
  });

  test.each(['PUT', 'GET'])("4.3: %s with an id that is no GUID gets the seed's error", async (method) => {
    const id = '7d4f2a70-e0d6-42dc-9efb-6d23060ccd6';
    const call = method === 'PUT' ? { body: planned().body } : {};
    expect(await scheme.ask(method, `/transfers/${id}`, call)).toMatchObject({
      status: 404,
      body: {
        id: 'InvalidUriParameterError',
        message: 'Error validating one or more uri parameters',
        validationErrors: [{ message: 'id must be a valid GUID', params: { value: id, key: 'id' } }],
      },
    });
  });

  test.each(['cc', 'ni'] as const)('a %s condition is met by its own fulfillment and by no other', async (form) => {
    const { path, body, fulfillment } = planned({ pair: newCondition(form) });
    await put(path, body);
    const unmet = {
      status: 422,
      body: semantic('Fulfillment does not match any condition', { reason: 'UnmetConditionError' }),
    };
    expect(await fulfil(path, newCondition(form).fulfillment)).toMatchObject(unmet);
    expect(await fulfil(path, newCondition(form, randomBytes(31)).fulfillment)).toMatchObject(unmet);
    expect(await get(path)).toMatchObject({ body: { state: 'proposed' } });
    expect(await fulfil(path, fulfillment)).toMatchObject({ status: 200, body: fulfillment });
  });

  test('a preimage of no bytes and one of 65535 bytes can be fulfilled', async () => {
    const empty = planned({ pair: { ...newCondition('ni', Buffer.alloc(0)), fulfillment: 'oAKAAA' } });
    const long = planned({ pair: newCondition('cc', randomBytes(65_535)) });
    for (const { path, body, fulfillment } of [empty, long]) {
      expect(await put(path, body)).toMatchObject({ status: 201 });
      expect(await fulfil(path, fulfillment)).toMatchObject({ status: 200, body: fulfillment });
    }
  });

  test.each(['garbage', 'cf:0:====', 'oAKAAAA', 'cf:0', 'oAOAAA'])('%s is no fulfillment', async (text) => {
    const { path, body } = planned();
    await put(path, body);
    expect(await fulfil(path, text)).toMatchObject({ status: 422, body: UNPROCESSABLE });
    expect(await get(`${path}/fulfillment`)).toMatchObject({ status: 404, body: NOT_FOUND });
  });

  test('an executed transfer takes no other fulfillment and no rejection; a rejected one no fulfillment', async () => {
    const executed = planned();
    await put(executed.path, executed.body);
    await fulfil(executed.path, executed.fulfillment);
    expect(await fulfil(executed.path, newCondition().fulfillment)).toMatchObject({ status: 422 });
    expect(await reject(executed.path, 'no')).toMatchObject({
      status: 422,
      body: semantic('Transfers in state executed may not be rejected'),
    });
    expect(await get(executed.path)).toMatchObject({ body: { state: 'executed' } });
    const rejected = planned();
    await put(rejected.path, rejected.body);
    expect(await reject(rejected.path, 'error happened')).toMatchObject({ status: 200, body: 'error happened' });
    expect(await reject(rejected.path, 'error happened')).toMatchObject({ status: 200, body: 'error happened' });
    expect(await reject(rejected.path, 'another reason')).toMatchObject({ status: 422 });
    expect(await fulfil(rejected.path, rejected.fulfillment)).toMatchObject({
      status: 422,
      body: semantic('Transfers in state rejected may not be executed'),
    });
    expect(await get(rejected.path)).toMatchObject({
      body: {
        state: 'rejected',
        rejection_reason: 'cancelled',
        credits: [{ rejected: true, rejection_message: 'error happened' }],
        timeline: { rejected_at: expect.any(String) as unknown },
      },
    });
    expect(await get(`${rejected.path}/fulfillment`)).toMatchObject({ status: 404, body: NOT_FOUND });
  });

  test('4.2.1.2: the fulfillment of the cancellation condition cancels, once, and can be asked for', async () => {
    const { path, body, fulfillment } = planned();
    const cancel = newCondition();
    await put(path, { ...body, cancellation_condition: cancel.condition });
    expect(await fulfil(path, cancel.fulfillment)).toMatchObject({ status: 200, body: cancel.fulfillment });
    expect(await fulfil(path, cancel.fulfillment)).toMatchObject({ status: 200 });
    expect(await get(path)).toMatchObject({ body: { state: 'rejected', rejection_reason: 'cancelled' } });
    expect(await get(`${path}/fulfillment`)).toMatchObject({ status: 200, body: cancel.fulfillment });
    expect(await fulfil(path, fulfillment)).toMatchObject({ status: 422 });
  });

  test.each([
    ['GET', '', {}],
    ['GET', '/fulfillment', {}],
    ['PUT', '/fulfillment', { text: 'cf:0:_v8' }],
    ['PUT', '/rejection', { text: 'error happened' }],
  ])('%s of an unknown transfer%s is not found', async (method, tail, call) => {
    expect(await scheme.ask(method, `${planned().path}${tail}`, call)).toMatchObject({ status: 404, body: NOT_FOUND });
  });

  test.each(['/fulfillment', '/rejection'])('an empty body is no %s', async (tail) => {
    const { path, body } = planned();
    await put(path, body);
    expect(await scheme.ask('PUT', `${path}${tail}`, { text: ' ' })).toMatchObject({ status: 400 });
  });

  test('R177, R179: a fulfillment after the expiry is refused, the transfer rejected as expired, nothing held', async () => {
    const { path, body, fulfillment } = planned({ from: 'dfsp3', amount: '600000', lifeMs: 150 });
    expect(await put(path, body)).toMatchObject({ status: 201 });
    const second = planned({ from: 'dfsp3', amount: '600000' });
    expect(await put(second.path, second.body)).toMatchObject({
      status: 422,
      body: semantic('Sender has insufficient funds.'),
    });
    await pause(170);
    expect(await fulfil(path, fulfillment)).toMatchObject({
      status: 422,
      body: semantic('Transfers in state rejected may not be executed', { reason: 'ExpiredTransferError' }),
    });
    expect(await get(path)).toMatchObject({ body: { state: 'rejected', rejection_reason: 'expired' } });
    expect(await put(path, body)).toMatchObject({ status: 200, body: { state: 'rejected' } });
    expect(await put(second.path, second.body)).toMatchObject({ status: 201 });
    await reject(second.path, 'no need');
  });

  test('several debits and credits move what they say', async () => {
    const { path, body, fulfillment } = planned();
    body.debits = [entry('dfsp1', '30'), entry('dfsp3', '20.5')];
    body.credits = [entry('dfsp2', '50.5')];
    const before = (await nets(scheme.ask))['dfsp3'] ?? 0n;
    expect(await put(path, body)).toMatchObject({ status: 201 });
    expect(await fulfil(path, fulfillment)).toMatchObject({ status: 200 });
    expect((await nets(scheme.ask))['dfsp3']).toBe(before - 2050n);
  });
});
