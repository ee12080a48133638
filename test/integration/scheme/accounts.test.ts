import fc from 'fast-check';
import { createAccounts, type Harness, LEDGER, nets, pause, planned, startHarness } from './harness';

/** Chapters 4.2.2 and 4.2.3, and what the operator does: accounts, positions, charges, settlement. */
describe('accounts, positions and settlement', () => {
  let scheme: Harness;
  beforeEach(async () => {
    scheme = await startHarness({ SCHEME_CURRENCY: 'USD', SCHEME_CURRENCY_SYMBOL: '$' });
    await createAccounts(scheme.ask, 'dfsp1', 'dfsp2', 'dfsp3');
  });
  afterEach(() => scheme.close());
  const admin = (method: string, path: string, body?: unknown) =>
    scheme.ask(method, path, { service: 'admin', ...(body === undefined ? {} : { body }) });
  const send = async (change: Parameters<typeof planned>[0]): Promise<string> => {
    const { path, body, fulfillment, uuid } = planned(change);
    expect(await scheme.ask('PUT', path, { body })).toMatchObject({ status: 201 });
    expect(await scheme.ask('PUT', `${path}/fulfillment`, { text: fulfillment })).toMatchObject({ status: 200 });
    return uuid;
  };

  test('4.2.2: an account is created once and can be read by its name', async () => {
    const account = {
      id: `${LEDGER}/accounts/dfsp4`,
      name: 'dfsp4',
      created: expect.any(String) as unknown,
      balance: '1000000',
      is_disabled: false,
      ledger: LEDGER,
    };
    expect(await scheme.ask('POST', '/accounts', { body: { name: 'dfsp4' } })).toMatchObject({
      status: 201,
      body: account,
    });
    expect(await scheme.ask('POST', '/accounts', { body: { name: 'dfsp4' } })).toMatchObject({
      status: 422,
      body: { id: 'RecordExistsError', message: 'The account already exists (determined by name)' },
    });
    expect(await scheme.ask('GET', '/accounts/dfsp4')).toMatchObject({ status: 200, body: account });
    expect(await admin('GET', '/accounts/dfsp4')).toMatchObject({ status: 200, body: account });
    expect((await admin('GET', '/accounts')).body).toHaveLength(4);
  });

  test.each([
    ['GET', '/accounts/nobody', {}, 404, 'NotFoundError'],
    ['GET', '/accounts/~ledger', {}, 404, 'InvalidUriParameterError'],
    ['GET', '/positions/nobody', {}, 404, 'NotFoundError'],
    ['POST', '/accounts', { body: {} }, 400, 'InvalidBodyError'],
    ['POST', '/accounts', { body: { name: 'no blanks' } }, 400, 'InvalidBodyError'],
    ['POST', '/accounts', { body: { name: '~ledger' } }, 400, 'InvalidBodyError'],
    ['GET', '/elsewhere', {}, 404, 'NotFoundError'],
    ['GET', '/accounts/%E0%A4%A', {}, 400, 'InvalidBodyError'],
    ['POST', '/accounts', { body: { name: 'x'.repeat(300_000) } }, 413, 'InvalidBodyError'],
  ])('%s %s is refused', async (...row) => {
    const [method, path, call, status, id] = row;
    expect(await scheme.ask(method, path, call)).toMatchObject({ status, body: { id } });
  });

  test('a password that is refused is not repeated', async () => {
    const { status, body } = await scheme.ask('POST', '/accounts', { body: { name: 'dfsp9', password: 'pw' } });
    expect(status).toBe(400);
    expect(JSON.stringify(body)).not.toContain('"pw"');
  });

  test('4.2.3.1: the metadata are those of the seed, and the health is OK', async () => {
    expect((await scheme.ask('GET', '/')).body).toMatchObject({
      currency_code: 'USD',
      currency_symbol: '$',
      ledger: LEDGER,
      urls: {
        health: `${LEDGER}/health`,
        positions: `${LEDGER}/positions`,
        account: `${LEDGER}/accounts/:name`,
        accounts: `${LEDGER}/accounts`,
        transfer: `${LEDGER}/transfers/:id`,
        transfer_fulfillment: `${LEDGER}/transfers/:id/fulfillment`,
        transfer_rejection: `${LEDGER}/transfers/:id/rejection`,
        account_transfers: 'ws://central-ledger/accounts/:name/transfers',
      },
      precision: 10,
      scale: 2,
    });
    for (const service of ['api', 'admin', 'directory', 'rules', 'fraud'] as const) {
      expect(await scheme.ask('GET', '/health', { service })).toMatchObject({ status: 200, body: { status: 'OK' } });
    }
  });

  test('4.2.3.2: positions are those of executed transfers, and balances follow', async () => {
    await send({ amount: '208461.06' });
    const open = planned({ amount: '12' });
    await scheme.ask('PUT', open.path, { body: open.body });
    expect((await scheme.ask('GET', '/positions')).body).toEqual({
      positions: [
        { account: `${LEDGER}/accounts/dfsp1`, payments: '208461.06', receipts: '0', net: '-208461.06' },
        { account: `${LEDGER}/accounts/dfsp2`, payments: '0', receipts: '208461.06', net: '208461.06' },
        { account: `${LEDGER}/accounts/dfsp3`, payments: '0', receipts: '0', net: '0' },
      ],
    });
    expect((await scheme.ask('GET', '/accounts/dfsp1')).body).toMatchObject({ balance: '791538.94' });
  });

  test('4.2.3.3, R211: what is executed settles once, and what comes later settles later', async () => {
    const first = await send({ amount: '10' });
    const second = await send({ from: 'dfsp2', to: 'dfsp3', amount: '4.25' });
    expect((await scheme.ask('POST', '/webhooks/settle-transfers')).body).toEqual([first, second]);
    expect((await scheme.ask('POST', '/webhooks/settle-transfers')).body).toEqual([]);
    expect(await nets(scheme.ask)).toEqual({ dfsp1: 0n, dfsp2: 0n, dfsp3: 0n });
    const third = await send({ amount: '1' });
    expect((await admin('POST', '/webhooks/settle-transfers')).body).toEqual([third]);
    const { body } = await admin('GET', '/settlements');
    expect(body).toMatchObject([
      {
        transfers: [first, second],
        positions: [
          { account: `${LEDGER}/accounts/dfsp1`, net: '-10' },
          { account: `${LEDGER}/accounts/dfsp2`, net: '5.75' },
          { account: `${LEDGER}/accounts/dfsp3`, net: '4.25' },
        ],
      },
      { transfers: [third] },
    ]);
    expect((await scheme.ask('GET', `/transfers/${first}`)).body).toMatchObject({ state: 'settled' });
    expect((await scheme.ask('GET', `/accounts/dfsp1`)).body).toMatchObject({ balance: '999989' });
  });

  test('R206, R209, R210: fulfilled, rejected and expired transfers can be listed', async () => {
    const executed = await send({});
    const [rejected, expired, open] = [planned(), planned({ lifeMs: 100 }), planned()];
    for (const { path, body } of [rejected, expired, open]) await scheme.ask('PUT', path, { body });
    await scheme.ask('PUT', `${rejected.path}/rejection`, { text: 'error happened' });
    await pause(120);
    const idsOf = async (query: string) =>
      ((await admin('GET', `/transfers${query}`)).body as { id: string }[]).map(({ id }) => id.split('/').at(-1));
    expect(await idsOf('?state=executed')).toEqual([executed]);
    expect(await idsOf('?state=rejected')).toEqual([rejected.uuid, expired.uuid]);
    expect(await idsOf('?state=proposed')).toEqual([open.uuid]);
    expect(await idsOf('')).toHaveLength(4);
    expect(await admin('GET', '/transfers?state=lost')).toMatchObject({
      status: 404,
      body: { id: 'InvalidQueryParameterError' },
    });
  });

  test('the operator disables an account, and says what it has to spend', async () => {
    expect(await admin('PUT', '/accounts/dfsp1', { is_disabled: true })).toMatchObject({ body: { is_disabled: true } });
    const { path, body } = planned();
    expect(await scheme.ask('PUT', path, { body })).toMatchObject({
      status: 422,
      body: { validationErrors: [{ message: 'Account dfsp1 is disabled' }] },
    });
    await admin('PUT', '/accounts/dfsp1', { is_disabled: false, funds: '49.99' });
    expect(await scheme.ask('PUT', path, { body })).toMatchObject({ status: 422 });
    expect(await admin('PUT', '/accounts/dfsp1', { funds: '50' })).toMatchObject({ body: { balance: '50' } });
    expect(await scheme.ask('PUT', path, { body })).toMatchObject({ status: 201 });
    expect(await admin('PUT', '/accounts/dfsp1', {})).toMatchObject({ status: 400 });
    expect(await admin('PUT', '/accounts/dfsp1', { funds: '1.001' })).toMatchObject({ status: 400 });
    expect(await admin('PUT', '/accounts/nobody', { funds: '1' })).toMatchObject({ status: 404 });
  });

  describe('charges', () => {
    const charge = {
      name: 'scheme fee',
      charge_type: 'fee',
      rate_type: 'percent',
      rate: '0.015',
      minimum: '10',
      maximum: '100',
      code: '001',
      is_active: true,
      payer: 'sender',
      payee: 'ledger',
    };

    test('30.1.1, R207: a charge is quoted, taken at execution and shown apart; the sums stay zero', async () => {
      expect(await admin('POST', '/charges', charge)).toMatchObject({ status: 201, body: { id: 1, ...charge } });
      const flat = { ...charge, name: 'flat', rate_type: 'flat', rate: '0.20', payer: 'receiver', payee: 'sender' };
      expect(await admin('POST', '/charges', flat)).toMatchObject({ status: 201 });
      expect((await scheme.ask('POST', '/charges/quote', { body: { amount: '50.33' } })).body).toEqual([
        {
          name: 'scheme fee',
          charge_type: 'fee',
          code: '001',
          amount: '0.75',
          currency_code: 'USD',
          currency_symbol: '$',
        },
      ]);
      await send({ amount: '50.33' });
      await send({ amount: '9.99' });
      await send({ from: 'dfsp1', to: 'dfsp1', amount: '50' });
      expect((await scheme.ask('GET', '/positions/dfsp1')).body).toEqual({
        account: `${LEDGER}/accounts/dfsp1`,
        fees: { payments: '0.75', receipts: '0.2', net: '-0.55' },
        transfers: { payments: '110.32', receipts: '50', net: '-60.32' },
        net: '-60.87',
      });
      expect(await nets(scheme.ask)).toEqual({ dfsp1: -6087n, dfsp2: 6012n, dfsp3: 0n, '~ledger': 75n });
      await admin('PUT', '/charges/flat', { is_active: false, name: 'old' });
      expect((await admin('GET', '/charges')).body).toMatchObject([
        { name: 'scheme fee' },
        { name: 'old', is_active: false },
      ]);
      await scheme.ask('POST', '/webhooks/settle-transfers');
      expect(await nets(scheme.ask)).toEqual({ dfsp1: 0n, dfsp2: 0n, dfsp3: 0n });
    });

    test.each([
      [{ payee: 'sender' }, 422, 'ValidationError'],
      [{ payee: 'nobody' }, 400, 'InvalidBodyError'],
      [{ rate_type: 'flat', rate: '0.001' }, 422, 'ValidationError'],
      [{ code: '1' }, 400, 'InvalidBodyError'],
      [{ rate: 0.1 }, 400, 'InvalidBodyError'],
    ])('a charge with %j is %i %s', async (change, status, id) => {
      expect(await admin('POST', '/charges', { ...charge, ...change })).toMatchObject({ status, body: { id } });
      expect((await admin('GET', '/charges')).body).toEqual([]);
    });

    test('a name is taken once, and an unknown charge is not found', async () => {
      await admin('POST', '/charges', charge);
      const taken = { status: 422, body: { id: 'RecordExistsError', message: 'The charge has already been created.' } };
      expect(await admin('POST', '/charges', charge)).toMatchObject(taken);
      expect(await admin('PUT', '/charges/unknown', { is_active: true })).toMatchObject({ status: 404 });
      expect(await scheme.ask('POST', '/charges/quote', { body: {} })).toMatchObject({ status: 400 });
    });
  });

  test('R208: whatever happens, the nets sum to zero, what is held is given back, and a restart changes nothing', async () => {
    await admin('POST', '/charges', {
      name: 'fee',
      charge_type: 'fee',
      rate_type: 'percent',
      rate: '0.0333',
      code: 'abc',
      is_active: true,
      payer: 'sender',
      payee: 'ledger',
    });
    const names = ['dfsp1', 'dfsp2', 'dfsp3'];
    const step = fc.record({
      from: fc.constantFrom(...names),
      to: fc.constantFrom(...names),
      amount: fc
        .integer({ min: 1, max: 2_000_000 })
        .map((units) => `${Math.floor(units / 100)}.${String(units % 100).padStart(2, '0')}`),
      end: fc.constantFrom('fulfil', 'fulfil', 'reject', 'expire', 'settle', 'both'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        for (const { end, ...change } of steps) {
          const { path, body, fulfillment } = planned({ ...change, lifeMs: end === 'expire' ? 15 : 60_000 });
          await scheme.ask('PUT', path, { body });
          const fulfil = () => scheme.ask('PUT', `${path}/fulfillment`, { text: fulfillment });
          const reject = () => scheme.ask('PUT', `${path}/rejection`, { text: 'no' });
          if (end === 'expire') await pause(20).then(fulfil);
          if (end === 'fulfil') await fulfil();
          if (end === 'reject') await reject();
          if (end === 'both') await Promise.all([fulfil(), reject()]);
          if (end === 'settle') await reject().then(() => scheme.ask('POST', '/webhooks/settle-transfers'));
          const sum = Object.values(await nets(scheme.ask)).reduce((total, net) => total + net, 0n);
          expect(sum).toBe(0n);
        }
        const state = async () => [
          (await scheme.ask('GET', '/positions')).body,
          (await admin('GET', '/accounts')).body,
          (await admin('GET', '/transfers')).body,
          (await admin('GET', '/settlements')).body,
        ];
        const before = await state();
        await scheme.restart();
        expect(await state()).toEqual(before);
      }),
      { numRuns: 12 },
    );
  });
});
