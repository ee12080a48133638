import { type Harness, startSimulator } from './harness';
import { eventually } from './stub-gateway';

const HAMIM = '+254700000001';
const KANI = '+254700000002';

let sim: Harness;
beforeEach(async () => {
  sim = await startSimulator();
});
afterEach(() => sim.close());

const send = (form: Record<string, string>) =>
  sim.api
    .post('/version1/messaging')
    .set('apiKey', 'sandbox')
    .type('form')
    .send({ username: 'sandbox', ...form });
const inbox = async (to: string) => {
  const response = await sim.api.get('/messages').query({ to }).expect(200);
  return (response.body as { messages: { from: string; text: string }[] }).messages;
};
const setFaults = (faults: object, status = 200) => sim.api.put('/faults').send(faults).expect(status);

describe('POST /version1/messaging', () => {
  test('answers 201, delivers, and reports the delivery', async () => {
    const response = await send({ to: `${HAMIM},${KANI}`, message: 'Hello', from: 'STARHASH' }).expect(201);
    const { SMSMessageData } = response.body as {
      SMSMessageData: { Message: string; Recipients: { messageId: string }[] };
    };
    expect(SMSMessageData.Message).toBe('Sent to 2/2 Total Cost: KES 1.6000');
    expect(SMSMessageData.Recipients[0]).toEqual({
      statusCode: 101,
      number: HAMIM,
      status: 'Success',
      cost: 'KES 0.8000',
      messageId: expect.stringMatching(/^ATXid_[0-9a-f]+$/) as string,
    });
    expect(await inbox(KANI)).toMatchObject([{ from: 'STARHASH', text: 'Hello', to: KANI }]);
    const reports = await eventually(() => {
      const calls = sim.callsTo('/sms/africastalking/delivery');
      return calls.length === 2 ? calls : undefined;
    });
    expect(reports[0]?.form).toEqual({
      id: SMSMessageData.Recipients[0]?.messageId,
      status: 'Success',
      phoneNumber: HAMIM,
      networkCode: '63902',
      failureReason: '',
      retryCount: '0',
    });
  });

  test('wants an apiKey and every field', async () => {
    await sim.api
      .post('/version1/messaging')
      .type('form')
      .send({ username: 'x', to: HAMIM, message: 'Hi' })
      .expect(401);
    expect((await send({ to: HAMIM }).expect(400)).text).toContain("'message'");
  });

  test('says of each recipient how it went', async () => {
    const response = await send({ to: `${HAMIM},0700`, message: 'Hi' }).expect(201);
    expect(response.body).toMatchObject({
      SMSMessageData: {
        Message: 'Sent to 1/2 Total Cost: KES 0.8000',
        Recipients: [{ statusCode: 101 }, { statusCode: 403, status: 'InvalidPhoneNumber' }],
      },
    });
  });

  test('keeps at most 200 messages of a phone', async () => {
    for (let n = 0; n < 205; n += 1) await send({ to: HAMIM, message: `No ${n}` });
    const messages = await inbox(HAMIM);
    expect([messages.length, messages[0]?.text]).toEqual([200, 'No 5']);
  });
});

describe('faults', () => {
  test('error answers 500, reject 201 with the reason, and neither delivers', async () => {
    await setFaults({ sms: 'error' });
    await send({ to: HAMIM, message: 'Hi' }).expect(500);
    await setFaults({ sms: 'reject' });
    const rejected = await send({ to: HAMIM, message: 'Hi' }).expect(201);
    expect(rejected.body).toMatchObject({
      SMSMessageData: { Recipients: [{ statusCode: 406, status: 'UserInBlacklist' }] },
    });
    expect(await inbox(HAMIM)).toEqual([]);
  });

  test('timeout never answers and does not deliver', async () => {
    await setFaults({ sms: 'timeout' });
    await expect(send({ to: HAMIM, message: 'Hi' }).timeout(150)).rejects.toThrow(/[Tt]imeout/);
    expect(await inbox(HAMIM)).toEqual([]);
  });

  test('a delay holds back answer and delivery; one part can change alone', async () => {
    await setFaults({ delayMs: 150 });
    expect((await sim.api.get('/faults')).body).toEqual({ sms: 'ok', delayMs: 150 });
    const answer = send({ to: HAMIM, message: 'Hi' }).then((response) => response.status);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await inbox(HAMIM)).toEqual([]);
    expect(await answer).toBe(201);
    expect(await inbox(HAMIM)).toHaveLength(1);
  });

  test.each([
    [{ sms: 'maybe' }, 'sms'],
    [{ delayMs: -5 }, 'delayMs'],
    [{ delayMs: 'soon' }, 'delayMs'],
    [{ ussd: 'ok' }, 'ussd'],
  ])('refuses %j', async (faults, field) => {
    expect((await setFaults(faults, 400)).body).toMatchObject({ field });
    expect((await sim.api.get('/faults')).body).toEqual({ sms: 'ok', delayMs: 0 });
  });
});

describe('GET /messages', () => {
  test.each(['%2B254700000001', '+254700000001', '254700000001'])('reads to=%s', async (to) => {
    await send({ to: HAMIM, message: 'Hi' });
    const response = await sim.api.get(`/messages?to=${to}`).expect(200);
    expect((response.body as { messages: object[] }).messages).toEqual([
      {
        id: expect.stringContaining('ATXid_') as string,
        to: HAMIM,
        from: 'AFRICASTKNG',
        text: 'Hi',
        receivedAt: expect.stringMatching(/^\d{4}-.*Z$/) as string,
      },
    ]);
  });

  test.each(['', '?to=Hamim', '?to='])('refuses "%s"', async (query) => {
    expect((await sim.api.get(`/messages${query}`).expect(400)).body).toMatchObject({ field: 'to' });
  });
});

describe('a person texts the service', () => {
  const text = () => sim.api.post('/api/sms').send({ from: HAMIM, text: 'BAL' });

  test('as Africa’s Talking posts it', async () => {
    const response = await text().expect(201);
    const { id } = response.body as { id: string };
    expect(sim.callsTo('/sms/africastalking/inbound')[0]?.form).toEqual({
      id,
      text: 'BAL',
      from: HAMIM,
      to: '384',
      date: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as string,
      networkCode: '63902',
      linkId: '',
    });
  });

  test('delivers the same id again until the gateway takes it', async () => {
    sim.gateway.status = 500;
    const response = await text().expect(201);
    expect(response.body).toMatchObject({ taken: false });
    sim.gateway.status = 200;
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    const ids = sim.callsTo('/sms/africastalking/inbound').map(({ form }) => form['id']);
    expect([ids.length, new Set(ids).size]).toEqual([2, 1]);
  });
});

test('a number that refuses or loses what is sent to it, as sims/numbers.json says, harms no other', async () => {
  const [refusing, losing] = ['+254700000113', '+254700000114'];
  const response = await send({ to: `${refusing},${losing},${KANI}`, message: 'Hello' }).expect(201);
  const { Recipients } = (response.body as { SMSMessageData: { Recipients: object[] } }).SMSMessageData;
  expect(Recipients).toMatchObject([{ status: 'UserInBlacklist' }, { status: 'Success' }, { status: 'Success' }]);
  expect([await inbox(refusing), await inbox(losing)]).toEqual([[], []]);
  expect(await inbox(KANI)).toHaveLength(1);
  const reports = await eventually(() => {
    const calls = sim.callsTo('/sms/africastalking/delivery');
    return calls.length === 2 ? calls : undefined;
  });
  expect(reports.map(({ form }) => [form['phoneNumber'], form['status']])).toEqual([
    [losing, 'Failed'],
    [KANI, 'Success'],
  ]);
});

test('no list of people has a PIN in it', async () => {
  const list = await sim.api.get('/api/people').expect(200);
  expect(JSON.stringify(list.body)).not.toMatch(/pin|4071/i);
  expect((await sim.api.get(`/api/people/${HAMIM}/pin`).expect(200)).body).toEqual({ pin: '4071' });
  await sim.api.get('/api/people/+254711111111/pin').expect(404);
});
