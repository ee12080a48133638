import { type Harness, startSimulator } from './harness';
import { eventually } from './stub-gateway';

const HAMIM = '+254700000001';
const USSD = '/ussd/africastalking';
const EVENTS = '/ussd/africastalking/events';

let sim: Harness;
afterEach(() => sim.close());

interface View {
  sessionId: string;
  open: boolean;
  status: string;
  screen: string;
  septets: object;
}

async function dial(dialled = '*384*123#'): Promise<View> {
  const response = await sim.api.post('/api/sessions').send({ msisdn: HAMIM, dial: dialled }).expect(201);
  return response.body as View;
}

async function act(id: string, verb: string, body: object = {}, status = 200): Promise<View> {
  const response = await sim.api.post(`/api/sessions/${id}/${verb}`).send(body).expect(status);
  return response.body as View;
}

const event = () => eventually(() => sim.callsTo(EVENTS)[0]?.form);

test('each hop of a number that sims/numbers.json says it of comes twice, and the phone goes on with one', async () => {
  sim = await startSimulator();
  sim.gateway.reply = ({ text }) => ({ body: `CON {${text ?? ''}}` });
  const msisdn = '+254700000115';
  const dialled = await sim.api.post('/api/sessions').send({ msisdn, dial: '*384*123#' }).expect(201);
  const { sessionId } = dialled.body as View;
  expect(await act(sessionId, 'input', { input: '1' })).toMatchObject({ open: true, screen: '{1}' });
  await eventually(() => (sim.callsTo(USSD).length === 4 ? true : undefined));
  expect(
    sim
      .callsTo(USSD)
      .map(({ form }) => form['text'])
      .sort(),
  ).toEqual(['', '', '1', '1']);
});

describe('a session', () => {
  test('sends the cumulative text, and echoes the metadata of the hop before', async () => {
    sim = await startSimulator();
    sim.gateway.reply = ({ text }) =>
      text === '1*0712'
        ? { body: 'END Done' }
        : { body: `CON {${text ?? ''}}`, metadata: text === '' ? 'menu' : 'number' };
    const first = await dial();
    expect(first).toMatchObject({ open: true, status: 'Open', screen: '{}' });
    expect(first.septets).toEqual({ used: 4, limit: 160, alphabet: 'GSM-7' });
    await act(first.sessionId, 'input', { input: '1' });
    const last = await act(first.sessionId, 'input', { input: '0712' });
    expect(last).toMatchObject({ open: false, status: 'Success', screen: 'Done' });

    const hops = sim.callsTo(USSD);
    expect(hops.map(({ form, metadata }) => [form['text'], metadata])).toEqual([
      ['', undefined],
      ['1', 'menu'],
      ['1*0712', 'number'],
    ]);
    expect(hops[0]?.form).toEqual({
      sessionId: expect.stringMatching(/^ATUid_[0-9a-f]{32}$/) as string,
      serviceCode: '*384*123#',
      phoneNumber: HAMIM,
      networkCode: '63902',
      text: '',
    });
    expect(await event()).toMatchObject({
      date: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/) as string,
      sessionId: first.sessionId,
      status: 'Success',
      hopsCount: '3',
      hopsMetadata: 'menu|number',
      input: '1*0712',
      lastAppResponse: 'END Done',
      errorMessage: '',
    });
  });

  test('dials into the tree', async () => {
    sim = await startSimulator();
    await dial('*384*123*1*0712#');
    expect(sim.callsTo(USSD)[0]?.form['text']).toBe('1*0712');
  });

  test.each(['*384#', '*384*123', '*384*1234#', '0712'])('refuses the code %s', async (dialled) => {
    sim = await startSimulator();
    const response = await sim.api.post('/api/sessions').send({ msisdn: HAMIM, dial: dialled }).expect(400);
    expect(response.body).toMatchObject({ field: 'dial' });
    expect(sim.gateway.calls).toEqual([]);
  });

  test('appends the callback token', async () => {
    sim = await startSimulator({ callbackToken: 's3cret' });
    const { sessionId } = await dial();
    await act(sessionId, 'cancel');
    await eventually(() => sim.callsTo(`${EVENTS}/s3cret`)[0]);
    expect(sim.callsTo(`${USSD}/s3cret`)).toHaveLength(1);
  });

  test.each([
    ['a status other than 200', { body: 'CON x', status: 403 }, /HTTP 403/],
    ['JSON', { body: 'CON x', type: 'application/json' }, /text\/plain/],
    ['no prefix', { body: 'Welcome' }, /neither CON nor END/],
    ['a byte order mark', { body: '\uFEFFCON x' }, /neither CON nor END/],
    ['no text', { body: 'END ' }, /no text/],
    ['metadata with a bar', { body: 'CON x', metadata: 'a|b' }, /metadata/],
  ])('fails on %s', async (_what, reply, reason) => {
    sim = await startSimulator();
    sim.gateway.reply = () => reply;
    expect(await dial()).toMatchObject({
      open: false,
      status: 'Failed',
      screen: 'Connection problem or invalid MMI code.',
    });
    expect((await event())['errorMessage']).toMatch(reason);
  });

  test('fails when the gateway is too slow', async () => {
    sim = await startSimulator({ gatewayTimeoutMs: 50 });
    sim.gateway.reply = () => ({ body: 'CON late', delayMs: 500 });
    expect(await dial()).toMatchObject({ status: 'Failed' });
    expect((await event())['errorMessage']).toMatch(/did not answer within 0.05 s/);
  });

  test('ends as Incomplete when its time runs out, and is forgotten later', async () => {
    sim = await startSimulator({ sessionLimitMs: 50, afterEndMs: 50 });
    const { sessionId } = await dial();
    expect((await event())['status']).toBe('Incomplete');
    await new Promise((resolve) => setTimeout(resolve, 100));
    await sim.api.get(`/api/sessions/${sessionId}`).expect(404);
  });

  test('a new call on the same phone hangs up the old one', async () => {
    sim = await startSimulator();
    const old = await dial();
    await dial();
    expect(await event()).toMatchObject({ sessionId: old.sessionId, status: 'Incomplete' });
    await act(old.sessionId, 'repeat', {}, 404);
  });
});

describe('what networks do', () => {
  test('drop with an input: it arrives, and its answer is lost', async () => {
    sim = await startSimulator();
    const { sessionId } = await dial();
    sim.gateway.reply = () => ({ body: 'END Sent' });
    const dropped = await act(sessionId, 'drop', { input: '1' });
    expect(dropped).toMatchObject({ open: false, status: 'Incomplete' });
    expect(dropped.screen).not.toContain('Sent');
    expect(await event()).toMatchObject({ status: 'Incomplete', input: '1', lastAppResponse: 'END Sent' });
    await act(sessionId, 'input', { input: '1' }, 409);
  });

  test('repeat delivers the last hop again, also after the last screen, and compares', async () => {
    sim = await startSimulator();
    const { sessionId } = await dial();
    sim.gateway.reply = () => ({ body: 'END Done' });
    await act(sessionId, 'input', { input: '1' });
    expect(await act(sessionId, 'repeat')).toEqual({ answer: 'END Done', same: true });
    sim.gateway.reply = () => ({ body: 'END Done twice' });
    expect(await act(sessionId, 'repeat')).toEqual({ answer: 'END Done twice', same: false });
    expect(sim.callsTo(USSD).map(({ form }) => form['text'])).toEqual(['', '1', '1', '1']);
    expect(sim.callsTo(EVENTS)).toHaveLength(1);
  });

  test('reorder delivers the hop before the last one, and leaves the screen', async () => {
    sim = await startSimulator();
    const { sessionId } = await dial();
    await act(sessionId, 'reorder', {}, 409);
    await act(sessionId, 'input', { input: '1' });
    expect(await act(sessionId, 'reorder')).toMatchObject({ same: true });
    expect(sim.callsTo(USSD).map(({ form }) => form['text'])).toEqual(['', '1', '']);
    const now = await sim.api.get(`/api/sessions/${sessionId}`).expect(200);
    expect(now.body).toMatchObject({ screen: 'text was "1"' });
  });

  test('a second answer is refused while the first is under way, and a delayed one comes late', async () => {
    sim = await startSimulator();
    const { sessionId } = await dial();
    const slow = act(sessionId, 'input', { input: '1', delayMs: 200 });
    await eventually(() => sim.callsTo(USSD)[1]);
    await act(sessionId, 'input', { input: '2' }, 409);
    expect((await slow).screen).toBe('text was "1"');
  });
});

test.each([
  [{ dial: '*384*123#' }, 'msisdn'],
  [{ msisdn: '0700', dial: '*384*123#' }, 'msisdn'],
  [{ msisdn: HAMIM }, 'dial'],
  [{ msisdn: HAMIM, dial: '*384*123#', delayMs: -1 }, 'delayMs'],
  [{ msisdn: HAMIM, dial: '*384*123#', x: 1 }, 'x'],
])('names the wrong field of %j', async (body, field) => {
  sim = await startSimulator();
  const response = await sim.api.post('/api/sessions').send(body).expect(400);
  expect(response.body).toEqual({ error: expect.stringContaining(`${field}: `) as string, field });
});
