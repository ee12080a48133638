import { createAccounts, type Harness, planned, startHarness } from './harness';

interface Line {
  id: string;
  state: string;
}

/** What a DFSP reads of itself on the ledger's books. */
describe("an account's transfers", () => {
  let scheme: Harness;
  beforeEach(async () => {
    scheme = await startHarness({ SCHEME_AUTH: 'basic' });
    await createAccounts(scheme.ask, 'dfsp1', 'dfsp2', 'dfsp3');
  });
  afterEach(() => scheme.close());
  const auth = 'dfsp1:dfsp1';
  const read = (query = '', asAuth = auth) => scheme.ask('GET', `/accounts/dfsp1/transfers${query}`, { auth: asAuth });
  const linesOf = (answer: { body: unknown }) => (answer.body as { transfers: Line[] }).transfers;
  async function prepare(change: Parameters<typeof planned>[0] = {}): Promise<ReturnType<typeof planned>> {
    const plan = planned(change);
    const payer = change.from ?? 'dfsp1';
    expect(await scheme.ask('PUT', plan.path, { body: plan.body, auth: `${payer}:${payer}` })).toMatchObject({
      status: 201,
    });
    return plan;
  }
  const fulfil = ({ path, fulfillment }: ReturnType<typeof planned>) =>
    scheme.ask('PUT', `${path}/fulfillment`, { text: fulfillment, auth: 'dfsp2:dfsp2' });

  test('are told with what became of them, when, and what was taken for them; those of others are not', async () => {
    const charge = {
      name: 'central',
      charge_type: 'fee',
      rate_type: 'percent',
      rate: '0.01',
      code: '001',
      is_active: true,
    };
    const admin = { service: 'admin', auth: 'admin:admin' } as const;
    await scheme.ask('POST', '/charges', { ...admin, body: { ...charge, payer: 'sender', payee: 'ledger' } });
    const [done, open] = [await prepare(), await prepare({ amount: '7.5' })];
    const incoming = await prepare({ from: 'dfsp3', to: 'dfsp1' });
    await prepare({ from: 'dfsp3', to: 'dfsp2' });
    await fulfil(done);
    await scheme.ask('PUT', `${incoming.path}/rejection`, { text: 'no', auth });
    await scheme.ask('POST', '/webhooks/settle-transfers', { auth: 'admin:admin' });
    const at: unknown = expect.any(String);
    const entry = (account: string, amount: string) => [{ account, amount }];
    expect((await read()).body).toEqual({
      more: false,
      transfers: [
        {
          ...{ id: done.uuid, debits: entry('dfsp1', '50'), credits: entry('dfsp2', '50'), state: 'settled' },
          ...{ proposed_at: at, decided_at: at, settled_at: at },
          fees: [{ charge: 'central', payer: 'dfsp1', payee: '~ledger', amount: '0.5' }],
        },
        {
          ...{ id: open.uuid, debits: entry('dfsp1', '7.5'), credits: entry('dfsp2', '7.5'), state: 'prepared' },
          ...{ proposed_at: at, fees: [] },
        },
        {
          ...{ id: incoming.uuid, debits: entry('dfsp3', '50'), credits: entry('dfsp1', '50'), state: 'rejected' },
          ...{ proposed_at: at, decided_at: at, fees: [] },
        },
      ],
    });
    expect(linesOf(await read('?open=true')).map(({ id }) => id)).toEqual([open.uuid]);
    const before = await read();
    await scheme.restart();
    expect(await read()).toEqual(before);
  });

  test('are found by when they were proposed or decided, from the first moment until before the last', async () => {
    const plan = await prepare();
    await new Promise((resolve) => setTimeout(resolve, 20));
    await fulfil(plan);
    const { timeline } = (await scheme.ask('GET', plan.path, { auth })).body as {
      timeline: { proposed_at: string; executed_at: string };
    };
    const after = (moment: string, ms: number) => new Date(Date.parse(moment) + ms).toISOString();
    const { proposed_at: proposed, executed_at: executed } = timeline;
    const found = async (from: string, to: string) => linesOf(await read(`?from=${from}&to=${to}`)).length;
    expect(await found(proposed, after(proposed, 1))).toBe(1);
    expect(await found(executed, after(executed, 1))).toBe(1);
    expect(await found(after(proposed, 1), executed)).toBe(0);
    expect(await found(after(executed, 1), after(executed, 1_000))).toBe(0);
  });

  test('come in pages, each after the last of the one before', async () => {
    const plans = [await prepare(), await prepare(), await prepare()];
    const first = await read('?limit=2');
    expect(first.body).toMatchObject({ more: true, transfers: plans.slice(0, 2).map(({ uuid }) => ({ id: uuid })) });
    const second = await read(`?limit=2&after=${plans[1]?.uuid ?? ''}`);
    expect(second.body).toMatchObject({ more: false, transfers: [{ id: plans[2]?.uuid }] });
  });

  test('are for the DFSP itself and the operator', async () => {
    expect(await read('', 'dfsp2:dfsp2')).toMatchObject({ status: 403 });
    expect(await read('', 'dfsp1:wrong')).toMatchObject({ status: 401 });
    expect(await scheme.ask('GET', '/accounts/dfsp1/transfers')).toMatchObject({ status: 401 });
    expect(await read('', 'admin:admin')).toMatchObject({ status: 200 });
    expect(await scheme.ask('GET', '/accounts/nobody/transfers', { auth: 'admin:admin' })).toMatchObject({
      status: 404,
    });
  });

  test.each([
    ['from', 'yesterday'],
    ['to', '2026-13-01T00:00:00Z'],
    ['limit', '0'],
    ['limit', '101'],
    ['open', 'maybe'],
    ['after', 'a2fa2bd4-6a8a-4d7c-9c5d-000000000000'],
  ])('refuse a query that can not be read and name its field: %s=%s', async (name, value) => {
    const error = { id: 'InvalidQueryParameterError', validationErrors: [{ params: { key: name, value } }] };
    expect(await read(`?${name}=${value}`)).toMatchObject({ status: 404, body: error });
  });
});
