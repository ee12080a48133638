import { loopbackBetween, createTwo, type Two } from '../../support/two';
import { createCall, openWorld, type World } from '../../support/world';
import { hamimsPhone, idOf, moneyOf, openVenya, owed, toThePin } from './people';

/** A provider runs in several processes: the one with the call sends, and whatever comes back reaches another one. */
let both: Two;
let other: World;
beforeEach(async () => {
  const hub = loopbackBetween();
  both = await createTwo({ ...hub, hopDeadlineMs: 2_400 });
  await openVenya(both.two);
  const { url, owner, tokens } = both.one;
  const options = {
    seed: 'other',
    clock: both.clock,
    environment: { DFSP_ID: 'one', HOP_DEADLINE_MS: '2400' },
    // Whoever starts last is who the scheme calls.
    adapter: () => hub.adapterFor('one'),
  };
  const beside = { url, db: owner, drop: () => Promise.resolve() };
  ({ world: other } = await openWorld(beside, options, { uuidsDrawn: 0, tokens }));
});
afterEach(async () => {
  await other.close();
  await both.close();
});

const fee = 1_000n;

test('M67: name, offer and outcome reach another process, and the caller is told on the same line, once', async () => {
  const hamim = await idOf(both.one, hamimsPhone);
  const before = await moneyOf(both.one, hamim);
  const mine = jest.spyOn(both.one.services.clearing.handler, 'onQuoteAnswer');
  const { call, asked, confirm } = await toThePin(both);
  expect(asked).toContain('Send to Venya Otieno at two.');
  expect(confirm).toContain('Send KES 1,000.00 to Venya Otieno');
  const done = await call.answer('4071');
  expect(done).toMatch(/^END KES 1,000.00 sent to Venya Otieno/);
  expect(mine).not.toHaveBeenCalled();
  expect(await call.again()).toBe(done);
  await both.settle();
  await other.settle();
  expect(await moneyOf(other, hamim)).toEqual({ ...before, available: before.available - 100_000n - fee });
  expect(await owed(both)).toEqual([100_000n, -100_000n]);
  const told = [...both.one.sms.sent, ...other.sms.sent].filter(({ to }) => to === hamimsPhone);
  expect(told.map(({ body }) => body)).toEqual([expect.stringContaining('Sent KES 1,000.00 to Venya O.')]);
});

test('M69: the process with the call ends after it has sent; another one goes on where it was, and the next call shows it', async () => {
  const hamim = await idOf(both.one, hamimsPhone);
  both.wires.two.copies = (name) => (name === 'answerPrepare' ? 0 : 1);
  const { call } = await toThePin(both);
  expect(await call.answer('4071')).toMatch(/^END .*on its way/s);
  both.wires.two.copies = () => 1;
  // Nothing of `one` works from now on but the other process.
  const { clearing } = both.one.services;
  jest.spyOn(clearing, 'work').mockResolvedValue(0);
  for (let step = 0; step < 8; step += 1) {
    await both.two.services.clearing.work();
    await other.settle();
    both.clock.advance(5_000);
  }
  await both.settle();
  expect((await moneyOf(other, hamim)).held).toBe(0n);
  expect(await owed(both)).toEqual([100_000n, -100_000n]);
  const next = createCall(other, hamimsPhone);
  await next.dial();
  await next.answer('5');
  expect(await next.answer('4071')).toContain('1,000.00');
  expect(other.sms.sent.map(({ to, body }) => [to, body])).toContainEqual([
    hamimsPhone,
    expect.stringContaining('Sent KES 1,000.00 to Venya O.'),
  ]);
});
