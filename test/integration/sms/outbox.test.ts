import { createWorld, type World } from '../../support/world';
import type { Msisdn } from '../../../src/platform';
import type { SendOutcome, SmsSender } from '../../../src/sms';

/** B2: what was committed is told, once, through failures, crashes and several senders. */
describe('SMS outbox', () => {
  let world: World;
  const to = '+254700000001' as Msisdn;
  beforeEach(async () => {
    world = await createWorld();
  });
  afterEach(() => world.close());

  const enqueue = (body: string) => world.services.db.tx((tx) => world.services.outbox.enqueue(tx, { to, body }));
  const rows = () =>
    world.services.db.rows<{ state: string; attempts: number; body: Buffer | null; last_error: string | null }>({
      text: 'select state, attempts, body, last_error from sms_outbox order by sms_id',
    });

  test('a message leaves once, however many senders run at once', async () => {
    for (let n = 0; n < 30; n += 1) await enqueue(`message ${n}`);
    const { outbox } = world.services;
    await Promise.all(Array.from({ length: 8 }, () => outbox.sendDue(world.sms)));
    await world.settle();
    expect(world.sms.sent.map(({ body }) => body).sort()).toEqual(
      Array.from({ length: 30 }, (_, n) => `message ${n}`).sort(),
    );
  });

  test('what one phone gets comes in the order in which it was told', async () => {
    for (const body of ['one', 'two', 'three']) await enqueue(body);
    await world.settle();
    expect(world.sms.sent.map(({ body }) => body)).toEqual(['one', 'two', 'three']);
  });

  test('rolled back with what it would have told', async () => {
    const { db, outbox } = world.services;
    await expect(
      db.tx(async (tx) => {
        await outbox.enqueue(tx, { to, body: 'never' });
        throw new Error('rolled back');
      }),
    ).rejects.toThrow('rolled back');
    expect(await rows()).toEqual([]);
  });

  test('unreadable while it waits, wiped once it is taken', async () => {
    await enqueue('KES 500.00');
    const [waiting] = await rows();
    expect(waiting?.body).toBeInstanceOf(Buffer);
    expect(waiting?.body?.includes('500')).toBe(false);
    await world.settle();
    expect(await rows()).toEqual([{ state: 'sent', attempts: 1, body: null, last_error: null }]);
  });

  test.each<SendOutcome>([
    { outcome: 'not_taken', reason: 'HTTP 500' },
    { outcome: 'in_doubt', reason: 'ECONNABORTED' },
  ])('%j: tried again, ever more slowly, until it is taken', async (failure) => {
    await enqueue('receipt');
    world.sms.answer = () => failure;
    await world.settle();
    await world.settle();
    expect(await rows()).toMatchObject([
      { state: 'queued', attempts: 1, last_error: failure.outcome === 'taken' ? '' : failure.reason },
    ]);
    world.clock.advance(1_000);
    await world.settle();
    world.clock.advance(1_000);
    await world.settle();
    expect(await rows()).toMatchObject([{ state: 'queued', attempts: 2 }]);
    world.sms.answer = () => ({ outcome: 'taken', providerMessageId: 'x' });
    world.clock.advance(1_000);
    await world.settle();
    expect(world.sms.sent).toHaveLength(1);
  });

  test('what the provider will never take fails at once; what nobody takes fails in the end', async () => {
    await enqueue('refused');
    world.sms.answer = () => ({ outcome: 'refused', reason: 'recipient status 406' });
    await world.settle();
    expect(await rows()).toMatchObject([{ state: 'failed', attempts: 1, body: null }]);
    await enqueue('hopeless');
    world.sms.answer = () => ({ outcome: 'not_taken', reason: 'ECONNREFUSED' });
    for (let n = 0; n < 20; n += 1) {
      await world.settle();
      world.clock.advance(11 * 60_000);
    }
    expect((await rows())[1]).toMatchObject({ state: 'failed', attempts: 12, body: null });
  });

  test('a sender that dies keeps its message for a minute; then another sends it', async () => {
    await enqueue('left behind');
    const dying: SmsSender = { send: () => new Promise(() => undefined) };
    void world.services.outbox.sendDue(dying);
    while ((await rows())[0]?.state !== 'sending') await new Promise(setImmediate);
    world.clock.advance(59_000);
    await world.settle();
    expect(world.sms.sent).toHaveLength(0);
    world.clock.advance(1_001);
    await world.settle();
    expect(world.sms.sent).toHaveLength(1);
  });

  test('a delivery report moves on what was sent, once, and never back', async () => {
    await enqueue('reported');
    world.sms.answer = () => ({ outcome: 'taken', providerMessageId: 'id-1' });
    await world.settle();
    const { outbox } = world.services;
    expect(await outbox.report({ providerMessageId: 'nobody', state: 'delivered' })).toBe(false);
    expect(await outbox.report({ providerMessageId: 'id-1', state: 'delivered' })).toBe(true);
    expect(await outbox.report({ providerMessageId: 'id-1', state: 'failed' })).toBe(false);
    expect(await rows()).toMatchObject([{ state: 'delivered' }]);
  });
});
