import { createAccounts, type Harness, planned, startHarness } from './harness';

const ADMIN = 'admin:admin';

/** Chapters 1, 2, 5 and 6, fraud sharing, and who may do what. */
describe('the central directory', () => {
  let scheme: Harness;
  beforeEach(async () => {
    scheme = await startHarness({ SCHEME_DIRECTORY_URI: 'http://central-directory' });
    for (const name of ['dfsp1', 'dfsp2']) {
      await ask('POST', '/commands/register', ADMIN, { name, shortName: name, providerUrl: `http://${name}/users` });
    }
  });
  afterEach(() => scheme.close());
  const ask = (method: string, path: string, auth?: string, body?: unknown) =>
    scheme.ask(method, path, {
      service: 'directory',
      ...(auth === undefined ? {} : { auth }),
      ...(body === undefined ? {} : { body }),
    });
  const register = (dfsp: string, body: object) => ask('POST', '/resources', `${dfsp}:${dfsp}`, body);
  const lookUp = (query: string) => ask('GET', `/resources?${query}`, 'dfsp1:dfsp1');
  const resource = (name: string, preferred: boolean, registered = true) => ({
    name,
    providerUrl: `http://${name}/users`,
    shortName: name,
    preferred: String(preferred),
    registered: String(registered),
  });

  test('R71, 1.4.1: a DFSP is registered once by the operator and gets its key and secret', async () => {
    const dfsp = { name: 'The first DFSP', shortName: 'dfsp3', providerUrl: 'http://url.com' };
    expect(await ask('POST', '/commands/register', ADMIN, dfsp)).toMatchObject({
      status: 201,
      body: { ...dfsp, key: 'The first DFSP', secret: 'The first DFSP' },
    });
    expect(await ask('POST', '/commands/register', ADMIN, dfsp)).toMatchObject({
      status: 422,
      body: { id: 'AlreadyExistsError', message: 'The DFSP already exists (determined by name)' },
    });
    expect(await ask('GET', '/identifier-types', 'The first DFSP:The first DFSP')).toMatchObject({ status: 200 });
  });

  test('2.0.6: a name is enough', async () => {
    expect(await ask('POST', '/commands/register', ADMIN, { name: 'dfsp7' })).toMatchObject({
      status: 201,
      body: { name: 'dfsp7', key: 'dfsp7', secret: 'dfsp7' },
    });
  });

  test.each([
    ['POST', '/commands/register', undefined, { name: 'x' }],
    ['POST', '/commands/register', 'dfsp1:dfsp1', { name: 'x' }],
    ['POST', '/commands/register', 'admin:wrong', { name: 'x' }],
    ['GET', '/identifier-types', undefined, undefined],
    ['GET', '/identifier-types', 'dfsp1:wrong', undefined],
    ['GET', '/identifier-types', ADMIN, undefined],
    ['POST', '/resources', undefined, { identifier: 'eur:1' }],
    ['GET', '/resources?identifier=eur:1', 'nobody:nobody', undefined],
    ['POST', '/commands/pause', undefined, { name: 'dfsp1' }],
  ])('%s %s as %s is 401', async (method, path, auth, body) => {
    expect(await ask(method, path, auth, body)).toMatchObject({ status: 401, body: { id: 'UnauthorizedError' } });
  });

  test.each([
    [{}, 'name is required'],
    [{ name: 'a:b' }, 'name must not have a colon'],
    [{ name: 'x', providerUrl: 'nowhere' }, 'providerUrl must be a valid uri'],
    [{ name: 'x', shortName: 'no blanks' }, 'shortName must be letters, digits, dots, dashes or underscores'],
  ])('a registration of %j names the field', async (body, message) => {
    expect(await ask('POST', '/commands/register', ADMIN, body)).toMatchObject({
      status: 400,
      body: { id: 'InvalidBodyError', validationErrors: [{ message }] },
    });
  });

  test('1.4.2, 1.4.5: identifier types, metadata', async () => {
    expect((await ask('GET', '/identifier-types', 'dfsp1:dfsp1')).body).toContainEqual({
      identifierType: 'eur',
      description: 'Central end user registry',
    });
    expect((await ask('GET', '/')).body).toEqual({
      directory: 'http://central-directory',
      urls: {
        health: 'http://central-directory/health',
        identifier_types: 'http://central-directory/identifier-types',
        resources: 'http://central-directory/resources',
        register_identifier: 'http://central-directory/resources',
      },
    });
  });

  test('1.4.3, 1.4.4, R76: the first DFSP is preferred until another one asks to be', async () => {
    expect(await register('dfsp1', { identifier: 'eur:1234' })).toMatchObject({
      status: 201,
      body: resource('dfsp1', true),
    });
    expect(await register('dfsp2', { identifier: 'eur:1234' })).toMatchObject({
      status: 201,
      body: resource('dfsp2', false),
    });
    expect((await lookUp('identifier=eur:1234')).body).toEqual([resource('dfsp1', true), resource('dfsp2', false)]);
    expect(await register('dfsp2', { identifier: 'eur:1234', preferred: 'true' })).toMatchObject({ status: 201 });
    expect((await lookUp('identifier=eur:1234')).body).toEqual([resource('dfsp1', false), resource('dfsp2', true)]);
    expect((await lookUp('identifierType=eur&identifier=1234')).body).toEqual({ spspReceiver: 'http://dfsp2/users' });
    await scheme.restart();
    expect((await lookUp('identifier=eur:1234')).body).toEqual([resource('dfsp1', false), resource('dfsp2', true)]);
  });

  test('1.4.3: the same again, and a preferred DFSP that wants not to be, are refused', async () => {
    expect(await register('dfsp1', { identifier: 'eur:dfsp123', preferred: 'true' })).toMatchObject({ status: 201 });
    for (const again of [{}, { preferred: true }]) {
      expect(await register('dfsp1', { identifier: 'eur:dfsp123', ...again })).toMatchObject({
        status: 422,
        body: { id: 'AlreadyExistsError', message: 'The identifier has already been registered by this DFSP' },
      });
    }
    for (const identifier of ['eur:dfsp123', 'eur:new']) {
      expect(await register('dfsp1', { identifier, preferred: 'false' })).toMatchObject({
        status: 422,
        body: { id: 'PreferredError' },
      });
    }
    expect((await lookUp('identifier=eur:dfsp123')).body).toEqual([resource('dfsp1', true)]);
  });

  test('R220: a telephone number is found however it is written', async () => {
    await register('dfsp2', { identifier: 'tel:+26 78 097 8763' });
    for (const query of ['tel:%2B26780978763', 'tel:+26780978763', 'tel:26780978763']) {
      expect((await lookUp(`identifier=${query}`)).body).toEqual([resource('dfsp2', true)]);
    }
  });

  test.each([
    ['identifierType=0&identifier=1', "'0' is not a registered identifierType", { key: 'identifierType', value: '0' }],
    ['identifier=0:1', "'0' is not a registered identifierType", { key: 'identifierType', value: '0' }],
    ['identifier=1234', "'1234' is not a registered identifierType", { key: 'identifierType', value: '1234' }],
    ['', "'' is not a registered identifierType", { key: 'identifierType', value: '' }],
    ['identifier=tel:0', "'0' is not a valid identifier for identifierType 'tel'", { key: 'identifier', value: '0' }],
  ])('1.6: a look-up of %j gets the error of the seed', async (query, message, params) => {
    expect(await lookUp(query)).toMatchObject({
      status: 404,
      body: {
        id: 'InvalidQueryParameterError',
        message: 'Error validating one or more query parameters',
        validationErrors: [{ message, params }],
      },
    });
  });

  test('1.4.4.7: an identifier that nobody registered is not found', async () => {
    const notFound = {
      status: 404,
      body: { id: 'NotFoundError', message: 'The requested resource could not be found.' },
    };
    expect(await lookUp('identifier=eur:1')).toMatchObject(notFound);
    expect(await lookUp('identifierType=eur&identifier=1')).toMatchObject(notFound);
    expect(await register('dfsp1', { identifier: '0:1' })).toMatchObject({
      status: 400,
      body: { id: 'InvalidBodyError' },
    });
  });

  test('R72, R73, R74, R75: a paused DFSP is unknown, its transfers cancelled, until it is resumed', async () => {
    await createAccounts(scheme.ask, 'dfsp1', 'dfsp2');
    await register('dfsp2', { identifier: 'eur:1' });
    const open = planned();
    await scheme.ask('PUT', open.path, { body: open.body });
    expect(await ask('POST', '/commands/pause', 'dfsp1:dfsp1', { name: 'dfsp2' })).toMatchObject({ status: 403 });
    expect(await ask('POST', '/commands/pause', ADMIN, { name: 'nobody' })).toMatchObject({ status: 404 });
    expect(await ask('POST', '/commands/pause', 'dfsp2:dfsp2')).toMatchObject({ status: 200, body: { paused: true } });
    expect(await lookUp('identifier=eur:1')).toMatchObject({ status: 404 });
    expect((await scheme.ask('GET', open.path)).body).toMatchObject({
      state: 'rejected',
      rejection_reason: 'cancelled',
    });
    const next = planned();
    expect(await scheme.ask('PUT', next.path, { body: next.body })).toMatchObject({ status: 422 });
    await scheme.restart();
    expect(await lookUp('identifier=eur:1')).toMatchObject({ status: 404 });
    expect(await ask('POST', '/commands/unpause', ADMIN, { name: 'dfsp2' })).toMatchObject({ status: 200 });
    expect(await lookUp('identifier=eur:1')).toMatchObject({ status: 200 });
    expect(await scheme.ask('PUT', next.path, { body: next.body })).toMatchObject({ status: 201 });
  });
});

test('1.5.1: an identifier that nobody registered is the default DFSP where there is one', async () => {
  const scheme = await startHarness({ SCHEME_DEFAULT_DFSP: 'first' });
  const dfsp = { name: 'The First DFSP', shortName: 'first', providerUrl: 'http://dfsp/users' };
  await scheme.ask('POST', '/commands/register', { service: 'directory', auth: ADMIN, body: dfsp });
  const call = { service: 'directory', auth: 'The First DFSP:The First DFSP' } as const;
  expect((await scheme.ask('GET', '/resources?identifier=eur:1', call)).body).toEqual([
    { ...dfsp, preferred: 'true', registered: 'false' },
  ]);
  await scheme.close();
});

describe('the central rules and fraud sharing', () => {
  let scheme: Harness;
  beforeAll(async () => {
    scheme = await startHarness();
  });
  afterAll(() => scheme.close());
  const rules = (amount: string) =>
    scheme.ask(
      'GET',
      `/transfer?sender_user_number=11144455555555&receiver_user_number=11122233333333&amount=${amount}`,
      {
        service: 'rules',
      },
    );
  const fraud = (path: string, body: object) => scheme.ask('POST', path, { service: 'fraud', body });

  test.each(['125', '100000', '100000.00'])('6.1.1.1: %s is allowed', async (amount) => {
    expect(await rules(amount)).toMatchObject({ status: 200, body: { allowed: true } });
  });

  test.each(['100001', '100000.01', '99999999999999999999'])('6.1.1.2: %s is not', async (amount) => {
    expect((await rules(amount)).body).toEqual({
      allowed: false,
      reason: { code: 'transfer_limit_exceeded', message: 'Not allowed to send more than 100,000' },
    });
  });

  test.each(['', '-1', 'ten', '1.001'])('an amount of %j is refused', async (amount) => {
    expect(await rules(amount)).toMatchObject({ status: 404, body: { id: 'InvalidQueryParameterError' } });
  });

  test('35.3: scores are those of the test numbers and of what DFSPs shared, kept over a restart', async () => {
    const scoreOf = async (identifier: string) => (await fraud('/score/user', { identifier })).body;
    expect(await scoreOf('tel:+22200001')).toMatchObject({ score: 0, id: expect.any(String) as unknown });
    expect(await scoreOf('tel:+22211101')).toMatchObject({ score: 1 });
    expect(await scoreOf('tel:+22299901')).toMatchObject({ score: 99 });
    expect(await scoreOf('tel:+22210001')).toMatchObject({ score: 100 });
    expect(await fraud('/reports', { identifier: 'tel:+22200001', score: 80 })).toMatchObject({ status: 201 });
    expect(await fraud('/reports', { identifier: 'tel:+22200001', score: 20 })).toMatchObject({ status: 201 });
    await scheme.restart();
    expect(await scoreOf('tel:+22200001')).toMatchObject({ score: 80 });
    const parties = { sourceIdentifier: 'tel:+22200009', destinationIdentifier: 'tel:+22200001' };
    expect((await fraud('/score/transfer', parties)).body).toMatchObject({ score: 80 });
    expect(await fraud('/score/user', {})).toMatchObject({ status: 400 });
    expect(await fraud('/reports', { identifier: 'tel:+2', score: 101 })).toMatchObject({ status: 400 });
  });
});

describe('who may do what at the ledger when credentials are asked for', () => {
  let scheme: Harness;
  beforeAll(async () => {
    scheme = await startHarness({ SCHEME_AUTH: 'basic', SCHEME_ADMIN_SECRET: 'hub' });
    for (const name of ['dfsp1', 'dfsp2', 'dfsp3']) {
      await scheme.ask('POST', '/accounts', { body: { name, password: `${name}-password` } });
    }
  });
  afterAll(() => scheme.close());
  const of = (name: string) => ({ auth: `${name}:${name}-password` });
  const hub = { auth: 'admin:hub' };

  test('each side does its own part, and nobody another one does', async () => {
    const { path, body, fulfillment } = planned();
    expect(await scheme.ask('PUT', path, { body })).toMatchObject({ status: 401 });
    expect(await scheme.ask('PUT', path, { body, auth: 'dfsp1:dfsp1' })).toMatchObject({ status: 401 });
    expect(await scheme.ask('PUT', path, { body, ...of('dfsp2') })).toMatchObject({
      status: 403,
      body: { id: 'UnauthorizedError' },
    });
    expect(await scheme.ask('PUT', path, { body, ...of('dfsp1') })).toMatchObject({
      status: 201,
      body: { state: 'prepared' },
    });
    const rejection = `${path}/rejection`;
    expect(await scheme.ask('PUT', rejection, { text: 'no', ...of('dfsp1') })).toMatchObject({ status: 403 });
    const fulfilment = `${path}/fulfillment`;
    expect(await scheme.ask('PUT', fulfilment, { text: fulfillment })).toMatchObject({ status: 401 });
    expect(await scheme.ask('PUT', fulfilment, { text: fulfillment, ...of('dfsp3') })).toMatchObject({ status: 403 });
    expect(await scheme.ask('PUT', fulfilment, { text: fulfillment, ...of('dfsp2') })).toMatchObject({ status: 200 });
    expect(await scheme.ask('GET', path)).toMatchObject({ status: 401 });
    expect(await scheme.ask('GET', path, of('dfsp1'))).toMatchObject({ body: { state: 'executed' } });
  });

  test.each([
    ['api', 'POST', '/webhooks/settle-transfers'],
    ['admin', 'POST', '/webhooks/settle-transfers'],
    ['admin', 'POST', '/webhooks/reject-transfers'],
    ['admin', 'POST', '/webhooks/reject-expired-transfers'],
    ['admin', 'GET', '/accounts'],
    ['admin', 'GET', '/transfers'],
    ['admin', 'GET', '/charges'],
    ['admin', 'GET', '/settlements'],
    ['admin', 'GET', '/faults'],
  ] as const)('%s %s %s is the operator’s', async (service, method, path) => {
    expect(await scheme.ask(method, path, { service })).toMatchObject({ status: 401 });
    expect(await scheme.ask(method, path, { service, ...of('dfsp1') })).toMatchObject({ status: 403 });
    expect(await scheme.ask(method, path, { service, ...hub })).toMatchObject({ status: 200 });
  });

  test('33.1.1: a DFSP listens to its own account and to no other', async () => {
    await expect(scheme.listen('/accounts/dfsp1/transfers')).rejects.toThrow('401');
    await expect(scheme.listen('/accounts/dfsp1/transfers', of('dfsp2').auth)).rejects.toThrow('403');
    const own = await scheme.listen('/accounts/dfsp1/transfers', of('dfsp1').auth);
    const { path, body } = planned();
    await scheme.ask('PUT', path, { body, ...of('dfsp1') });
    expect(await own.settled(1)).toHaveLength(1);
  });
});
