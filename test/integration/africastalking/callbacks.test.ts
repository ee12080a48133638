import { gzipSync } from 'node:zlib';
import request from 'supertest';
import { createWorld, type World } from '../../support/world';

/** The four callbacks: what is well formed, what is not, and who is asking. */
const hop = {
  sessionId: 'ATUid_1',
  phoneNumber: '+254700000001',
  networkCode: '63902',
  serviceCode: '*384*123#',
  text: '',
};

describe('USSD callback', () => {
  let world: World;
  beforeAll(async () => {
    world = await createWorld();
  });
  afterAll(() => world.close());
  const post = () => request(world.http).post('/ussd/africastalking');
  let sessions = 0;
  const fresh = (): typeof hop => ({ ...hop, sessionId: `ATUid_fresh_${(sessions += 1)}` });

  test('a dial as Africa’s Talking sends it is answered as it wants it', async () => {
    const reply = await post()
      .type('form')
      .send('sessionId=ATUid_2&serviceCode=*384*1234%23&phoneNumber=%2B254700000001&networkCode=63902&text=');
    expect(reply.status).toBe(200);
    expect(reply.headers['content-type']).toMatch(/^text\/plain/);
    expect(reply.headers['at-ussd-hop-metadata']).toBe('main.home');
    expect(reply.text).toMatch(/^CON Welcome Hamim\n/);
  });

  test.each(['sessionId', 'phoneNumber', 'serviceCode', 'text'] as const)(
    'without %s: 400, END, and the field is named',
    async (field) => {
      const rest = Object.fromEntries(Object.entries(hop).filter(([name]) => name !== field));
      const reply = await post().type('form').send(rest);
      expect(reply.status).toBe(400);
      expect(reply.text).toMatch(/^END /);
      expect(reply.text).toContain(field);
    },
  );

  const bodies: [string, (send: ReturnType<typeof post>) => request.Test][] = [
    ['no body at all', (send) => send],
    ['JSON', (send) => send.send(hop)],
    ['text/plain', (send) => send.type('text/plain').send('sessionId=1')],
    [
      'a field twice',
      (send) => send.type('form').send('sessionId=1&phoneNumber=%2B254700000001&serviceCode=1&text=1&text=2'),
    ],
    [
      'a field as an object',
      (send) => send.type('form').send('sessionId[a]=1&phoneNumber=%2B254700000001&serviceCode=1&text='),
    ],
    ['a number that is none', (send) => send.type('form').send({ ...hop, phoneNumber: 'anonymous' })],
    ['a text of 5,000 letters', (send) => send.type('form').send({ ...hop, text: '1'.repeat(5_000) })],
    ['a body of 1 MB', (send) => send.type('form').send(`text=${'1'.repeat(1_048_576)}`)],
    ['a broken gzip', (send) => send.type('form').set('Content-Encoding', 'gzip').send('sessionId=1')],
    [
      'a gzip bomb',
      (send) =>
        send
          .type('form')
          .set('Content-Encoding', 'gzip')
          .send(gzipSync(Buffer.alloc(2_000_000, 49)) as never),
    ],
    [
      'an unknown charset',
      (send) => send.set('Content-Type', 'application/x-www-form-urlencoded; charset=klingon').send('a=b'),
    ],
    ['an empty session id', (send) => send.type('form').send({ ...hop, sessionId: '' })],
    ['a null byte in the session id', (send) => send.type('form').send({ ...hop, sessionId: 'a\u0000b' })],
    ['a session id of 200 letters', (send) => send.type('form').send({ ...hop, sessionId: 'x'.repeat(200) })],
  ];
  test.each(bodies)('%s: 400 and END, never a stack trace', async (_name, send) => {
    const reply = await send(post());
    expect(reply.status).toBe(400);
    expect(reply.headers['content-type']).toMatch(/^text\/plain/);
    expect(reply.text).toMatch(/^END This request can't be read\./);
    expect(reply.text).not.toMatch(/at .*\(|node_modules|Error/);
  });

  const inputs: [string, string][] = [
    ['a null byte', 'a\u0000b'],
    ['unicode digits', '١'],
    ['emoji', '💸'],
    ['right-to-left override', '\u202e1'],
    ['a lone surrogate', '\ud800'],
    ['only stars', '***'],
    ['a trailing star', '1*'],
    ['a leading star', '*1'],
    ['a broken percent sign', '%zz'],
    ['an i18next nest', '$t(kit:back)'],
    ['an interpolation', '{{name}}'],
    ['a prototype', '__proto__'],
    ['1,900 letters', 'x'.repeat(1_900)],
  ];
  test.each(inputs)('%s as input: a screen with one line about it', async (_name, typed) => {
    const session = fresh();
    await post().type('form').send(session);
    const reply = await post()
      .type('form')
      .send({ ...session, text: typed });
    expect(reply.status).toBe(200);
    expect(reply.text).toMatch(/^CON /);
    expect(reply.headers['at-ussd-hop-metadata']).toMatch(/^(main\.home|send-money\.payee)$/);
  });

  test.each(inputs)('%s in every field of a sign-up leaves no half of anything behind', async (_name, typed) => {
    const session = { ...fresh(), phoneNumber: '+254711999999' };
    let text = '';
    for (const answer of ['', '1', typed, 'Mary', typed, 'Ann', typed, '25121990', typed, '23456789', typed]) {
      text = text === '' ? answer : `${text}*${answer}`;
      const reply = await post()
        .type('form')
        .send({ ...session, text });
      expect(reply.status).toBe(text.length > 2_000 ? 400 : 200);
      expect(reply.text).toMatch(/^(CON|END) /);
    }
    expect(await world.services.identity.byMsisdn('+254711999999' as never)).toBeUndefined();
  });

  test('GET and unknown paths are 404', async () => {
    expect((await request(world.http).get('/ussd/africastalking')).status).toBe(404);
    expect((await request(world.http).post('/ussd/africastalking/guess/deeper')).status).toBe(404);
    expect((await request(world.http).post('/ussd/africastalking/guess').type('form').send(hop)).status).toBe(404);
    expect((await request(world.http).get('/')).status).toBe(404);
  });

  test('an end-of-session event is acknowledged, whatever it is about; a malformed one is not', async () => {
    const event = {
      ...hop,
      date: '2026-01-15 09:00:00',
      status: 'Incomplete',
      hopsMetadata: 'main.home',
      input: '1*2*4071',
    };
    const send = (form: object) => request(world.http).post('/ussd/africastalking/events').type('form').send(form);
    expect((await send(event)).status).toBe(200);
    expect((await send({ ...event, sessionId: 'never-heard-of' })).status).toBe(200);
    expect((await send({ ...event, status: 'Perhaps' })).status).toBe(400);
  });

  test('an inbound SMS is answered once with how to reach us, however often it is delivered; its words are not kept', async () => {
    const form = {
      id: 'in-1',
      text: 'my PIN is 739164',
      from: '+254700000001',
      to: '384',
      date: '2026-01-15T09:00:00Z',
    };
    const send = (body: object) => request(world.http).post('/sms/africastalking/inbound').type('form').send(body);
    expect((await send(form)).status).toBe(200);
    expect((await send(form)).status).toBe(200);
    expect((await send({ ...form, id: 'in-2' })).status).toBe(200);
    expect((await send({ ...form, id: 'in-3', from: '+254711999998' })).status).toBe(200);
    expect((await send({ ...form, from: 'nobody' })).status).toBe(400);
    expect((await send({ ...form, id: 'a\u0000b' })).status).toBe(400);
    await world.settle();
    const helps = world.sms.sent.filter(({ body }) => body.includes('Never send your PIN'));
    expect(helps.map(({ to }) => to)).toEqual(['+254700000001']);
  });
});

describe('callback token', () => {
  const token = 'a-token-of-some-length';
  let world: World;
  beforeAll(async () => {
    world = await createWorld({ environment: { AFRICASTALKING_CALLBACK_TOKEN: token } });
  });
  afterAll(() => world.close());

  const paths = [
    '/ussd/africastalking',
    '/ussd/africastalking/events',
    '/sms/africastalking/inbound',
    '/sms/africastalking/delivery',
  ];
  const form = { ...hop, status: 'Success', id: '1', from: hop.phoneNumber };
  test.each(paths)('%s: 200 with it, 404 without it, with another, with a longer one', async (path) => {
    const send = (to: string) => request(world.http).post(to).type('form').send(form);
    expect((await send(`${path}/${token}`)).status).toBe(200);
    for (const wrong of ['', '/', '/wrong', `/${token}x`, `/${token.slice(1)}`])
      expect((await send(path + wrong)).status).toBe(404);
  });
});
