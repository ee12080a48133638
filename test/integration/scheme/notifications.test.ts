import { createServer } from 'node:http';
import {
  createAccounts,
  eventually,
  type Harness,
  LEDGER,
  newCondition,
  pause,
  planned,
  startHarness,
} from './harness';

interface Notification {
  resource: { id: string; state: string };
  related_resources?: Record<string, string>;
}

const statesOf = (messages: unknown[], uri: string): string[] =>
  (messages as Notification[]).filter(({ resource }) => resource.id === uri).map(({ resource }) => resource.state);

/** 4.1.3: at most once for each change of state, to both sides. */
describe('notifications of the central ledger', () => {
  let scheme: Harness;
  beforeAll(async () => {
    scheme = await startHarness();
    await createAccounts(scheme.ask, 'dfsp1', 'dfsp2', 'dfsp3');
  });
  afterAll(() => scheme.close());
  afterEach(() => scheme.ask('DELETE', '/faults', { service: 'admin' }));
  const put = (path: string, body: unknown) => scheme.ask('PUT', path, { body });
  const fulfil = (path: string, text: string) => scheme.ask('PUT', `${path}/fulfillment`, { text });
  const both = async () => {
    const payer = await scheme.listen('/accounts/dfsp1/transfers');
    const payee = await scheme.listen('/accounts/dfsp2/transfers');
    return [payer, payee] as const;
  };

  test('both sides hear of prepare and execution once, with the fulfillment; a third hears nothing', async () => {
    const sides = await both();
    const third = await scheme.listen('/accounts/dfsp3/transfers');
    const { path, body, fulfillment } = planned();
    await put(path, body);
    await put(path, body);
    await fulfil(path, fulfillment);
    await fulfil(path, fulfillment);
    for (const side of sides) {
      const messages = await side.settled(2);
      expect(messages).toHaveLength(2);
      expect(messages[0]).toEqual({ resource: expect.objectContaining({ ...body, state: 'proposed' }) as unknown });
      expect(messages[1]).toMatchObject({
        resource: { id: body.id, state: 'executed' },
        related_resources: { execution_condition_fulfillment: fulfillment },
      });
      expect(Object.keys(messages[1] as object)).toEqual(['resource', 'related_resources']);
    }
    expect(third.messages).toEqual([]);
  });

  test('a rejection, an expiry and a cancellation are told once, to both sides', async () => {
    const sides = await both();
    const [rejected, expired, cancelled] = [planned(), planned({ lifeMs: 120 }), planned()];
    const cancel = newCondition();
    await put(rejected.path, rejected.body);
    await put(expired.path, expired.body);
    await put(cancelled.path, { ...cancelled.body, cancellation_condition: cancel.condition });
    await scheme.ask('PUT', `${rejected.path}/rejection`, { text: 'error happened' });
    await fulfil(cancelled.path, cancel.fulfillment);
    for (const side of sides) {
      await side.settled(6);
      await eventually(() => statesOf(side.messages, expired.body.id).length > 1);
      for (const { body } of [rejected, expired, cancelled]) {
        expect(statesOf(side.messages, body.id)).toEqual(['proposed', 'rejected']);
      }
      expect(side.messages).toContainEqual({
        resource: expect.objectContaining({ id: cancelled.body.id, state: 'rejected' }) as unknown,
        related_resources: { cancellation_condition_fulfillment: cancel.fulfillment },
      });
      expect(side.messages).toContainEqual({
        resource: expect.objectContaining({ id: expired.body.id, rejection_reason: 'expired' }) as unknown,
      });
    }
  });

  test('R197: fifty fulfillments and rejections at once have one outcome, told once to each side', async () => {
    for (let round = 0; round < 5; round += 1) {
      const sides = await both();
      const { path, body, fulfillment } = planned();
      await put(path, body);
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, at) =>
          (at + round) % 2 === 0
            ? fulfil(path, fulfillment)
            : scheme.ask('PUT', `${path}/rejection`, { text: 'error happened' }),
        ),
      );
      const { state } = (await scheme.ask('GET', path)).body as { state: string };
      expect(['executed', 'rejected']).toContain(state);
      answers.forEach(({ status }, at) => {
        const isFulfilment = (at + round) % 2 === 0;
        expect(status).toBe(isFulfilment === (state === 'executed') ? 200 : 422);
      });
      for (const side of sides) {
        expect(statesOf(await side.settled(2), body.id)).toEqual(['proposed', state]);
        side.close();
      }
    }
  });

  test('who listens to both accounts, and a transfer within one DFSP, gets one message for each change', async () => {
    const all = await scheme.listen('/websocket');
    await all.settled(1);
    all.socket.send(
      JSON.stringify({
        id: 7,
        jsonrpc: '2.0',
        method: 'subscribe_account',
        params: { eventType: '*', accounts: [`${LEDGER}/accounts/dfsp1`, `${LEDGER}/accounts/dfsp2`] },
      }),
    );
    await all.settled(2);
    expect(all.messages).toEqual([
      { id: null, jsonrpc: '2.0', method: 'connect' },
      { id: 7, jsonrpc: '2.0', result: 2 },
    ]);
    const { path, body } = planned();
    await put(path, body);
    const within = planned({ from: 'dfsp2', to: 'dfsp2' });
    await put(within.path, within.body);
    const messages = (await all.settled(4)).slice(2);
    expect(messages).toEqual(
      [body, within.body].map(({ id }) => ({
        jsonrpc: '2.0',
        id: null,
        method: 'notify',
        params: {
          event: 'transfer.create',
          id: expect.any(String) as unknown,
          resource: expect.objectContaining({ id, state: 'proposed' }) as unknown,
        },
      })),
    );
  });

  test.each([
    ['no JSON', 'subscribe'],
    ['another method', JSON.stringify({ id: 1, jsonrpc: '2.0', method: 'unsubscribe', params: { accounts: [] } })],
    [
      'an unknown account',
      JSON.stringify({
        id: 1,
        jsonrpc: '2.0',
        method: 'subscribe_account',
        params: { accounts: [`${LEDGER}/accounts/nobody`] },
      }),
    ],
  ])('a subscription of %s is refused and the socket closed', async (_, text) => {
    const listener = await scheme.listen('/websocket');
    const closed = new Promise((resolve) => listener.socket.once('close', resolve));
    listener.socket.send(text);
    await closed;
    expect(listener.messages.at(-1)).toMatchObject({
      id: 'InvalidSubscriptionRequestError',
      message: 'Invalid subscription request',
    });
  });

  test('the path of an unknown account says so and closes; an unknown path is no socket', async () => {
    const listener = await scheme.listen('/accounts/nobody/transfers');
    await new Promise((resolve) => listener.socket.once('close', resolve));
    expect(listener.messages).toEqual([{ id: 'NotFoundError', message: 'The requested resource could not be found.' }]);
    await expect(scheme.listen('/elsewhere')).rejects.toThrow('404');
  });

  test('20.3.4: a message goes to the sockets of its account', async () => {
    const payee = await scheme.listen('/accounts/dfsp2/transfers');
    const message = {
      ledger: LEDGER,
      from: `${LEDGER}/accounts/dfsp1`,
      to: `${LEDGER}/accounts/dfsp2`,
      data: { a: 1 },
    };
    expect(await scheme.ask('POST', '/messages', { body: message })).toMatchObject({ status: 201 });
    expect(await payee.settled(1)).toEqual([{ resource: message }]);
    const lost = { ...message, to: `${LEDGER}/accounts/nobody` };
    expect(await scheme.ask('POST', '/messages', { body: lost })).toMatchObject({ status: 422 });
  });

  test('R179, R185: a held fulfillment is acknowledged, then both sides hear of the cancellation', async () => {
    const faults = { holdFulfillMs: 300, acknowledgeFirst: true };
    expect(await scheme.ask('PUT', '/faults', { service: 'admin', body: faults })).toMatchObject({
      status: 200,
      body: faults,
    });
    const sides = await both();
    const { path, body, fulfillment } = planned({ lifeMs: 150 });
    await put(path, body);
    expect(await fulfil(path, fulfillment)).toMatchObject({ status: 200, body: fulfillment });
    for (const side of sides) expect(statesOf(await side.settled(2), body.id)).toEqual(['proposed', 'rejected']);
    await pause(200);
    expect(await scheme.ask('GET', path)).toMatchObject({ body: { state: 'rejected', rejection_reason: 'expired' } });
  });

  test('R177, R185: a prepare that is held past its time is refused, and so is one that a test has refused', async () => {
    await scheme.ask('PUT', '/faults', { service: 'admin', body: { holdPrepareMs: 150 } });
    const late = planned({ lifeMs: 100 });
    expect(await put(late.path, late.body)).toMatchObject({ status: 422 });
    await scheme.ask('PUT', '/faults', { service: 'admin', body: { rejectPrepares: 'no settlement funds' } });
    expect(await put(planned().path, planned().body)).toMatchObject({
      status: 422,
      body: { validationErrors: [{ message: 'no settlement funds' }] },
    });
  });

  test('R190: a silenced account hears nothing, and finds the outcome by asking', async () => {
    await scheme.ask('PUT', '/faults', { service: 'admin', body: { silentAccounts: ['dfsp2'] } });
    const [payer, payee] = await both();
    const { path, body, fulfillment } = planned();
    await put(path, body);
    await fulfil(path, fulfillment);
    expect(statesOf(await payer.settled(2), body.id)).toEqual(['proposed', 'executed']);
    expect(payee.messages).toEqual([]);
    expect(await scheme.ask('GET', path)).toMatchObject({ body: { state: 'executed' } });
  });
});

test('a port that is taken is named with its variable', async () => {
  const blocker = createServer();
  await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve));
  const address = blocker.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  await expect(startHarness({ SCHEME_RULES_PORT: String(port) })).rejects.toThrow('SCHEME_RULES_PORT');
  await new Promise((resolve) => blocker.close(resolve));
});
