import { assert } from '../../../src/platform';
import { typeAs } from '../../support/staff';
import type { Two } from '../../support/two';
import { createCall, type World } from '../../support/world';
import { hamimsPhone, moneyOf, openPairs, owed, toThePin, venyasPhone } from './people';

/** Transfers over which nobody decides: the staff see them, two of them decide, and what the scheme says later breaks nothing. */
let both: Two;
let venya: string;
let hamim: string;
openPairs((pair) => {
  ({ both, hamim, venya } = pair);
});

const begin = 500_000n;
const dayMs = 86_400_000;
const failed = (error: string) => expect.objectContaining({ ok: false, error }) as unknown;

/** Hamim sends, and one side never hears what became of it. */
async function sendDeafTo(event: 'onTransferOutcome' | 'onConfirmed', world: World): Promise<Stuck> {
  const wire = world === both.one ? both.wires.one : both.wires.two;
  wire.copies = (name) => (name === event ? 0 : 1);
  const { call } = await toThePin(both);
  await call.answer('4071');
  await call.end('Success');
  await both.settle();
  return stuckOf(world);
}

interface Stuck {
  readonly reference: string;
  readonly paymentId: string;
  readonly transferId: string;
}

async function stuckOf({ owner }: World): Promise<Stuck> {
  return owner.one<{ reference: string; paymentId: string; transferId: string }>({
    text: `select reference, payment_id as "paymentId", transfer_id as "transferId" from scheme_transfer where state = 'open'`,
  });
}

/** What the staff are shown. */
async function rowsOf(world: World, ...words: string[]): Promise<readonly Readonly<Record<string, string>>[]> {
  const shown = await typeAs(world, 'goma', ['transfers', ...words]);
  assert(shown.ok, 'finance may look');
  return shown.value.rows ?? [];
}

const propose = (world: World, command: string, payment: string) =>
  typeAs(world, 'goma', [command, payment, '--reason', 'two has no record of it, ticket 4411']);

test('M17, M29, R200, R210: open transfers are listed with age, time left and tries; past their time they are stuck', async () => {
  const { reference, transferId } = await sendDeafTo('onTransferOutcome', both.one);
  both.clock.advance(10_000);
  expect(await rowsOf(both.one)).toEqual([
    expect.objectContaining({
      ...{ way: 'out', provider: 'two', payment: reference, transfer: transferId, amount: 'KES 1,000.00' },
      ...{ state: 'open', age: '0 min 10 s', left: '0 min 20 s' },
    }),
  ]);
  expect(await rowsOf(both.one, 'expired')).toEqual([]);
  expect(await both.one.services.clearing.alarmStuck()).toBe(0);
  both.clock.advance(30_000);
  expect(await rowsOf(both.one, 'expired')).toEqual([
    expect.objectContaining({ state: 'expired', left: '-0 min 10 s' }),
  ]);
  both.clock.advance(2 * dayMs);
  await both.one.services.clearing.work();
  const [stuck] = await rowsOf(both.one);
  expect(stuck).toMatchObject({ state: 'STUCK', age: '2 d 0 h', left: '-2 d 0 h' });
  expect(Number(stuck?.['attempts'])).toBeGreaterThan(1);
  const { clearing } = both.one.services;
  expect([await clearing.alarmStuck(), await clearing.alarmStuck()]).toEqual([1, 0]); // told once
  expect(await rowsOf(both.one, 'open', '--provider', 'nobody')).toEqual([]);
  expect(await rowsOf(both.one, 'open', '--way', 'in')).toEqual([]);
});

test('R206, R209: what was committed and what was aborted are listed, the one with its fees, the other with why', async () => {
  const { call } = await toThePin(both);
  await call.answer('4071');
  await both.settle();
  expect(await rowsOf(both.one, 'committed')).toEqual([
    expect.objectContaining({ way: 'out', state: 'committed', amount: 'KES 1,000.00', fee: 'KES 10.00' }),
  ]);
  expect(await rowsOf(both.two, 'committed')).toEqual([
    expect.objectContaining({
      way: 'in',
      provider: 'one',
      state: 'committed',
      amount: 'KES 1,000.00',
      fee: 'KES 0.00',
    }),
  ]);
  both.clock.advance(60_000);
  both.wires.two.copies = (name) => (name === 'onPrepare' ? 0 : 1); // two never answers: the scheme gives it up
  const again = await toThePin(both, '500');
  await again.call.answer('4071');
  both.clock.advance(31_000);
  await both.settle();
  expect(await rowsOf(both.one, 'aborted')).toEqual([
    expect.objectContaining({ state: 'aborted', amount: 'KES 500.00', error: '3303 Transfer expired' }),
  ]);
  expect(await rowsOf(both.one, 'committed', '--from', '2026-01-16T00:00:00Z')).toEqual([]);
}, 15_000);

test('M31: two of the staff give back what is held for a transfer; not one alone, not before its time is over', async () => {
  const { reference, paymentId } = await sendDeafTo('onTransferOutcome', both.one);
  expect(await propose(both.one, 'transfer-release', reference)).toEqual(failed('transfer_in_time'));
  expect(await propose(both.one, 'transfer-release', 'NOSUCH00')).toEqual(failed('payment_unknown'));
  both.clock.advance(95_000);
  expect(await typeAs(both.one, 'amani', ['transfer-release', reference, '--reason', 'they called'])).toEqual(
    failed('role_refused'),
  );
  expect((await propose(both.one, 'transfer-release', reference)).ok).toBe(true);
  expect(await typeAs(both.one, 'goma', ['approve', 'last'])).toEqual(failed('same_person'));
  expect((await moneyOf(both.one, hamim)).held).toBeGreaterThan(0n);
  const released = await typeAs(both.one, 'halima', ['approve', 'last', '--reason', 'seen their ledger']);
  expect(released).toMatchObject({ ok: true, value: { says: `${reference} is released` } });
  expect(await moneyOf(both.one, hamim)).toEqual({ available: begin, held: 0n });
  await both.one.settle();
  expect(both.one.sms.sent.at(-1)).toEqual({
    to: hamimsPhone,
    body: expect.stringMatching(/could not be delivered. Your money is back/) as string,
  });
  const events = await both.one.owner.rows({
    text: `select actor_kind, actor_id, subject_kind from audit_event where action = 'transfer.overridden'`,
  });
  expect(events).toEqual([{ actor_kind: 'staff', actor_id: 'halima', subject_kind: 'scheme_transfer' }]);
  const path = await typeAs(both.one, 'kesi', ['payment', paymentId]);
  expect(path.ok && path.value.text).toMatch(/aborted by two of the staff, act \d+$/);
  expect(await propose(both.one, 'transfer-complete', reference)).toEqual(failed('transfer_decided'));
});

test('M31: the scheme says committed after the staff gave it up: it is kept as a finding, once, and nothing moves', async () => {
  const { reference, transferId } = await sendDeafTo('onTransferOutcome', both.one);
  both.clock.advance(95_000);
  await propose(both.one, 'transfer-release', reference);
  await typeAs(both.one, 'halima', ['approve', 'last']);
  const { handler } = both.one.services.clearing;
  for (let told = 0; told < 3; told += 1) await handler.onTransferOutcome({ transferId, state: 'committed' });
  expect(await moneyOf(both.one, hamim)).toEqual({ available: begin, held: 0n });
  expect(await both.one.owner.rows({ text: 'select dfsp_id, ours, theirs from transfer_contradiction' })).toEqual([
    { dfsp_id: 'two', ours: 'aborted', theirs: 'committed' },
  ]);
  const logged = await both.one.owner.rows({
    text: `select subject_id from audit_event where action = 'transfer.contradicted'`,
  });
  expect(logged).toEqual([{ subject_id: transferId }]);
  const path = await typeAs(both.one, 'kesi', ['payment', transferId]); // by the id that the scheme knows
  expect(path.ok && path.value.text).toContain('CONTRADICTED: the scheme says committed');
  expect(await both.one.services.clearing.work()).toBe(0); // nobody asks for it any more
});

test('M31: two of the staff complete what goes out; that the scheme agrees later is no finding', async () => {
  const { reference, transferId } = await sendDeafTo('onTransferOutcome', both.one);
  both.clock.advance(95_000);
  await propose(both.one, 'transfer-complete', reference.toLowerCase());
  expect((await typeAs(both.one, 'imani', ['approve', 'last'])).ok).toBe(true);
  expect((await moneyOf(both.one, hamim)).held).toBe(0n);
  expect(await owed(both)).toEqual([100_000n, -100_000n]);
  await both.one.services.clearing.handler.onTransferOutcome({ transferId, state: 'committed' });
  expect(await both.one.owner.rows({ text: 'select 1 from transfer_contradiction' })).toEqual([]);
  await both.one.settle();
  expect(both.one.sms.sent.map(({ body }) => body)).toContainEqual(expect.stringMatching(/Sent KES 1,000.00 to Venya/));
});

test.each([
  ['transfer-complete', 100_000n, 'aborted', { ours: 'committed', theirs: 'aborted' }],
  ['transfer-release', 0n, 'committed', { ours: 'aborted', theirs: 'committed' }],
] as const)(
  'M32: the payee waits: %s by two of the staff, and what the scheme says against it is kept',
  async (command, gets, said, finding) => {
    const { reference, transferId } = await sendDeafTo('onConfirmed', both.two);
    expect(await moneyOf(both.two, venya)).toEqual({ available: 0n, held: 0n });
    both.clock.advance(95_000);
    expect(await rowsOf(both.two)).toEqual([expect.objectContaining({ way: 'in', state: 'STUCK', provider: 'one' })]);
    await propose(both.two, command, reference);
    expect((await typeAs(both.two, 'halima', ['approve', 'last'])).ok).toBe(true);
    expect((await moneyOf(both.two, venya)).available).toBe(gets);
    const { handler } = both.two.services.clearing;
    for (let told = 0; told < 2; told += 1) await handler.onConfirmed({ transferId, dfspId: 'one', state: said });
    expect((await moneyOf(both.two, venya)).available).toBe(gets);
    expect(await both.two.owner.rows({ text: 'select ours, theirs from transfer_contradiction' })).toEqual([finding]);
    await both.two.settle();
    const told = both.two.sms.sent.filter(({ to }) => to === venyasPhone);
    expect(told).toHaveLength(gets > 0n ? 1 : 0);
  },
);

test('the database decides over no transfer by an act that nobody approved, or that is about another payment', async () => {
  const { reference, paymentId } = await sendDeafTo('onTransferOutcome', both.one);
  both.clock.advance(95_000);
  const proposed = await propose(both.one, 'transfer-release', reference);
  assert(proposed.ok && proposed.value.actId, 'an act waits');
  const { actId } = proposed.value;
  const by = { kind: 'staff', id: 'goma' } as const;
  const { clearing } = both.one.services;
  await expect(clearing.override({ paymentId, state: 'rejected', by, actId })).rejects.toThrow('transfer_override_act');
  await typeAs(both.one, 'halima', ['reject', 'last', '--reason', 'ask the hub first']);
  await expect(clearing.override({ paymentId, state: 'rejected', by, actId })).rejects.toThrow('transfer_override_act');
  await expect(clearing.override({ paymentId, state: 'completed', by, actId })).rejects.toThrow(
    'transfer_override_act',
  );
  expect((await moneyOf(both.one, hamim)).held).toBeGreaterThan(0n);
});

test('M18, M25: the path of a payment shows the scheme’s side: quote, transfer, tries, outcome', async () => {
  const { call } = await toThePin(both);
  await call.answer('4071');
  await both.settle();
  const { reference, transferId } = await both.one.owner.one<{ reference: string; transferId: string }>({
    text: `select reference, transfer_id as "transferId" from scheme_transfer`,
  });
  const path = await typeAs(both.one, 'amani', ['payment', reference]);
  assert(path.ok && path.value.text !== undefined, 'the call centre may look');
  const lines = path.value.text.split('\n').filter((line) => line.includes('  scheme  '));
  expect(lines.map((line) => line.replace(/^\S+ +scheme +/, ''))).toEqual([
    expect.stringMatching(/^quote [0-9a-f-]{36} to two, good until 2026-01-15T/),
    expect.stringMatching(
      new RegExp(`^transfer ${transferId} to two, to be decided by 2026-\\S+, sent or asked for: 1$`),
    ),
    'committed by the scheme',
  ]);
});

test.each([
  ['committed', [399_000n, 100_000n]],
  ['aborted', [500_000n, 0n]],
] as const)('Q3: what the scheme decides after forty days is done: %s', async (state, [left, got]) => {
  for (const wire of Object.values(both.wires)) {
    wire.copies = (name) => (['onTransferOutcome', 'onConfirmed'].includes(name) ? 0 : 1);
  }
  const { call } = await toThePin(both);
  await call.answer('4071');
  await both.settle();
  const { transferId } = await stuckOf(both.one);
  both.clock.advance(40 * dayMs);
  for (const { services } of [both.one, both.two]) {
    await services.ledger.prepare(both.clock.now());
    await services.rules.forgetOldUses();
    expect(await services.payments.releaseUnclaimed()).toBe(0);
    expect(await services.payments.expireDue()).toBe(0);
  }
  expect((await moneyOf(both.one, hamim)).held).toBeGreaterThan(0n);
  await both.one.services.clearing.handler.onTransferOutcome({ transferId, state });
  await both.two.services.clearing.handler.onConfirmed({ transferId, dfspId: 'one', state });
  expect(await moneyOf(both.one, hamim)).toEqual({ available: left, held: 0n });
  expect(await moneyOf(both.two, venya)).toEqual({ available: got, held: 0n });
  expect(await createCall(both.one, hamimsPhone).dial()).toContain(
    state === 'committed' ? 'Your last payment is done: KES 1,000' : 'was not made',
  );
});
