import request from 'supertest';
import { createCall, createWorld, type World } from '../../support/world';

/** B1, B2, B9: what a network does to a session, and that none of it moves money twice or loses an outcome. */
const hamim = '+254700000001';
const kani = '0700000002';

describe('exactly-once hops', () => {
  let world: World;
  beforeEach(async () => {
    world = await createWorld();
  });
  afterEach(() => world.close());

  async function paymentsOf(product: string): Promise<number> {
    const rows = await world.services.db.rows({ text: 'select 1 from payment where product = $1', values: [product] });
    return rows.length;
  }

  test('B1: fifty concurrent deliveries of the paying hop: one payment, fifty equal answers, one PIN attempt', async () => {
    const call = createCall(world, hamim);
    await call.dial();
    for (const typed of ['1', kani, '100']) await call.answer(typed);
    const text = `1*${kani}*100*4071`;
    const fields = { sessionId: call.sessionId, phoneNumber: hamim, text };
    const replies = await Promise.all(Array.from({ length: 50 }, () => world.hop(fields)));
    expect(new Set(replies.map((reply) => `${reply.status} ${reply.text}`)).size).toBe(1);
    expect(replies[0]?.text).toMatch(/^END KES 100\.00 sent to Kani Achieng/);
    expect(await paymentsOf('send')).toBe(1);
    expect(await world.services.db.rows({ text: 'select 1 from pin_attempt' })).toHaveLength(1);
  });

  test('R60, B1: fifty concurrent deliveries of a wrong PIN take one attempt', async () => {
    const call = createCall(world, hamim);
    await call.dial();
    await call.answer('4');
    const fields = { sessionId: call.sessionId, phoneNumber: hamim, text: '4*1111' };
    const replies = await Promise.all(Array.from({ length: 50 }, () => world.hop(fields)));
    expect(new Set(replies.map(({ text }) => text)).size).toBe(1);
    expect(replies[0]?.text).toContain('2 tries left');
  });

  test('R60: three parallel wrong guesses in different sessions lock; the fourth, right one, opens nothing', async () => {
    const sessions = await Promise.all(
      Array.from({ length: 6 }, async () => {
        const call = createCall(world, hamim);
        await call.dial();
        await call.answer('4');
        return call;
      }),
    );
    const replies = await Promise.all(sessions.map((call, index) => call.answer(`111${index + 2}`)));
    expect(replies.filter((text) => text.includes('tries left') || text.includes('try left'))).toHaveLength(2);
    expect(replies.filter((text) => text.startsWith('END Your PIN is locked'))).toHaveLength(4);
    const honest = createCall(world, hamim);
    await honest.dial();
    await honest.answer('4');
    expect(await honest.answer('4071')).toMatch(/^END Your PIN is locked/);
  });

  test('B1: an older hop that arrives late gets its own screen again and changes nothing', async () => {
    const call = createCall(world, hamim);
    const home = await call.dial();
    const payee = await call.answer('1');
    await call.answer(kani);
    const late = async (text: string) =>
      (await world.hop({ sessionId: call.sessionId, phoneNumber: hamim, text })).text;
    expect(await late('')).toBe(home);
    expect(await late('1')).toBe(payee);
    expect(await call.answer('100')).toContain('Total KES 110.00');
  });

  test('a text that shrank or diverged shows the screen again, without effect', async () => {
    const call = createCall(world, hamim);
    await call.dial();
    await call.answer('1');
    const amount = await call.answer(kani);
    const odd = async (text: string) => (await world.hop({ sessionId: call.sessionId, phoneNumber: hamim, text })).text;
    expect(await odd('1*0700')).toBe(amount);
    expect(await odd('2*2')).toBe(amount);
    expect(await odd(`1*${kani.slice(0, -1)}3*100`)).toBe(amount);
    expect(await odd(`1*${kani}100`)).toBe(amount);
    expect(await call.answer('100')).toContain('Total KES 110.00');
  });

  test('two sessions of one customer at once pay twice only because two quotes were confirmed', async () => {
    const calls = [createCall(world, hamim), createCall(world, hamim)];
    for (const call of calls) {
      await call.dial();
      for (const typed of ['1', kani, '2500']) await call.answer(typed);
    }
    const replies = await Promise.all(calls.map((call) => call.answer('4071')));
    expect(replies.filter((text) => text.startsWith('END KES 2,500.00 sent'))).toHaveLength(1);
    expect(replies.filter((text) => text.startsWith('END Not enough money'))).toHaveLength(1);
  });

  test('a session belongs to the phone that began it', async () => {
    const call = createCall(world, hamim);
    await call.dial();
    await call.answer('1');
    const stolen = await world.hop({ sessionId: call.sessionId, phoneNumber: '+254700000002', text: '1*0700000003' });
    expect(stolen.text).toMatch(/^END /);
    expect(stolen.text).not.toContain('Hamim');
    expect(await call.answer(kani)).toContain('Kani Achieng');
  });

  test('a session that has ended stays ended', async () => {
    const call = createCall(world, hamim);
    await call.dial();
    await call.answer('4');
    await call.answer('4071');
    expect(await call.answer('1')).toBe('END This call has ended. Please dial again.');
    expect(await call.again()).toBe('END This call has ended. Please dial again.');
  });
});

describe('a session that was lost', () => {
  let before: World;
  beforeEach(async () => {
    before = await createWorld();
  });
  afterEach(() => before.close());

  test('inputs never seen are walked up to the PIN screen; the PIN is dropped and counts as no attempt', async () => {
    const text = `1*${kani}*500*4071`;
    const reply = await before.hop({ sessionId: 'ATUid_lost', phoneNumber: hamim, text });
    expect(reply.screen).toBe('send-money.confirm');
    expect(reply.text).toContain('Enter your PIN to send:');
    expect(await before.services.db.rows({ text: 'select 1 from payment' })).toHaveLength(0);
    expect(await before.services.db.rows({ text: 'select 1 from pin_attempt' })).toHaveLength(0);
    const paid = await before.hop({ sessionId: 'ATUid_lost', phoneNumber: hamim, text: `${text}*4071` });
    expect(paid.text).toMatch(/^END KES 500\.00 sent/);
  });

  test('a screen that commits without a PIN is not walked past either: sign-up, language', async () => {
    const signup = '1*Mary*Ann*25121990*23456789*7391*7391*1';
    expect((await before.hop({ sessionId: 's1', phoneNumber: '+254711000001', text: signup })).screen).toBe(
      'signup.pin',
    );
    expect((await before.hop({ sessionId: 's2', phoneNumber: hamim, text: '7*1*2' })).screen).toBe('settings.language');
  });

  test('B6: after an answer that a screen does not take, what was typed for other screens is read by none', async () => {
    // Typed when a bill was waiting: its number, the account and the PIN. Now nothing waits, and 12 is asking a buyer to pay.
    const text = `2*1*3917*99*12*0700000001*150*Table 5`;
    const reply = await before.hop({ sessionId: 's4', phoneNumber: '+254700000005', text });
    expect(reply.screen).toBe('pending.list');
    expect(reply.text).toContain('That is neither a choice here nor a code of 7 digits.');
    const dialled = await before.hop({ sessionId: 's5', phoneNumber: hamim, text: `1*12*${kani}*500` });
    expect(dialled.screen).toBe('send-money.payee');
    expect(dialled.text).toContain('That is not a phone number or a user number.');
  });

  test('B6: a PIN that is typed where a note is asked for is refused, and stands nowhere', async () => {
    const call = createCall(before, '+254700000005');
    await call.dial();
    for (const typed of ['12', '0700000001', '150']) await call.answer(typed);
    expect(await call.answer('391748')).toContain('That looks like a PIN. Never type a PIN here');
    for (const typed of ['Table 5', '1']) await call.answer(typed);
    expect(await before.owner.rows({ text: 'select note from invoice' })).toEqual([{ note: 'Table 5' }]);
  });

  test('a session that the provider says was under way is not replayed: home, and a word about it', async () => {
    const reply = await request(before.http)
      .post('/ussd/africastalking')
      .set('at-ussd-hop-metadata', 'send-money.amount')
      .type('form')
      .send({ sessionId: 's3', phoneNumber: hamim, serviceCode: '*384*123#', text: `1*${kani}*500` });
    expect(reply.headers['at-ussd-hop-metadata']).toBe('main.home');
    expect(reply.text).toContain('Your last call was cut off.');
  });

  test('B2: the paying hop delivered again after its session was lost says what came of it, and pays nothing', async () => {
    const call = createCall(before, hamim);
    await call.dial();
    for (const typed of ['1', kani, '500', '4071']) await call.answer(typed);
    before.clock.advance(181_000); // the session is gone
    const reply = await call.again();
    expect(reply).toContain('Your last payment is done: KES 500.00 to Kani A');
    expect(await before.services.db.rows({ text: 'select 1 from payment' })).toHaveLength(1);
  });
});
