import { setTimeout as sleep } from 'node:timers/promises';
import { createCall, createWorld, type World } from '../../support/world';

/** B9: the caller is answered in time, whatever the database does; what may move money goes on and is told by SMS. */
const hamim = '+254700000001';
const deadlineMs = 600;

describe('deadline of a hop', () => {
  let world: World;
  beforeEach(async () => {
    world = await createWorld({ environment: { HOP_DEADLINE_MS: String(deadlineMs) } });
  });
  afterEach(() => world.close());

  /** Holds a lock on a table until `release`. */
  async function block(table: string): Promise<() => Promise<void>> {
    let free: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (free = resolve));
    let held: () => void = () => undefined;
    const holding = new Promise<void>((resolve) => (held = resolve));
    const done = world.owner.tx(async (tx) => {
      await tx.run({ text: `lock table ${table} in access exclusive mode` });
      held();
      await released;
    });
    await holding;
    return async () => {
      free();
      await done;
    };
  }

  async function timed<T>(work: Promise<T>): Promise<{ value: T; tookMs: number }> {
    const startedAt = performance.now();
    const value = await work;
    return { value, tookMs: performance.now() - startedAt };
  }

  test('B9: a payment that takes too long is parked: answered in time, done once, told by its receipt', async () => {
    const call = createCall(world, hamim);
    await call.dial();
    for (const typed of ['1', '0700000002', '100']) await call.answer(typed);
    const release = await block('quote');
    const { value, tookMs } = await timed(call.answer('4071'));
    expect(value).toMatch(/^END We are working on it and will send you an SMS\./);
    expect(tookMs).toBeLessThan(deadlineMs + 2_000);
    expect(await call.again()).toBe(value);
    await call.end('Success');
    await release();
    await sleep(300);
    await world.settle();
    expect(world.sms.sent.filter(({ to }) => to === hamim).map(({ body }) => body)).toEqual([
      expect.stringMatching(/Sent KES 100\.00 to Kani/),
    ]);
    const redial = createCall(world, hamim);
    expect(await redial.dial()).toContain('Your last payment is done: KES 100.00 to Kani A');
  });

  test('B9: parked work that comes to nothing is told by SMS as well', async () => {
    const call = createCall(world, hamim);
    await call.dial();
    for (const typed of ['1', '0700000002', '90000']) await call.answer(typed);
    const release = await block('quote');
    expect(await call.answer('4071')).toMatch(/^END We are working on it/);
    await release();
    await sleep(300);
    await world.settle();
    expect(world.sms.sent.map(({ body }) => body)).toEqual([
      expect.stringMatching(/^Not enough money.*\nNo money has moved\.$/),
    ]);
  });

  test('B9: parked work without a receipt of its own is told by SMS when it is done', async () => {
    const call = createCall(world, '+254700000009');
    await call.dial();
    for (const typed of ['10', '0700000001', '100']) await call.answer(typed);
    const release = await block('quote');
    expect(await call.answer('9462')).toMatch(/^END We are working on it/);
    await release();
    await sleep(300);
    await world.settle();
    const toAgent = world.sms.sent.filter(({ to }) => to === '+254700000009').map(({ body }) => body);
    expect(toAgent).toEqual([expect.stringMatching(/^Hamim Juma must approve KES 100\.00/)]);
  });

  test('B9: a look-up that takes too long can be tried again on the same screen', async () => {
    const call = createCall(world, hamim);
    await call.dial();
    await call.answer('1');
    const release = await block('phone_assignment');
    const { value, tookMs } = await timed(call.answer('0700000002'));
    expect(value).toMatch(/^CON This .* too long\. Please try again\.\nSend money to which number\?/);
    expect(tookMs).toBeLessThan(deadlineMs + 2_000);
    await release();
    expect(await call.answer('0700000002')).toContain('Kani Achieng');
  });

  test('B9: a dial that cannot be answered in time ends with a word about it', async () => {
    const release = await block('phone_assignment');
    const call = createCall(world, hamim);
    expect(await call.dial()).toMatch(/^END This .* too long\. Please try again\.$/);
    await release();
  });
});
