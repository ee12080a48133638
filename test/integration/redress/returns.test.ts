import { assert } from '../../../src/platform';
import type { Payment } from '../../../src/payments';
import { createWorld, type World } from '../../support/world';
import { phones, stageOf, withoutPins, type Stage, type Who } from './people';

/** B13: money sent by mistake is held where it is, and comes back, once, or is free again. */
describe('money sent by mistake', () => {
  let world: World;
  let stage: Stage;
  beforeEach(async () => {
    world = await createWorld();
    stage = stageOf(world);
    withoutPins(world);
  });
  afterEach(async () => {
    expect(await stage.verifiedBooks()).toBeUndefined();
    jest.restoreAllMocks();
    await world.close();
  });

  let hops = 0;
  const hop = () => `hop-${(hops += 1)}`;
  async function ask(who: Who, payment: Payment, hopKey = hop()) {
    const { paymentId } = payment;
    const customerId = await stage.idOf(who);
    return world.services.redress.requestReturn({
      ...{ customerId, paymentId, reason: 'wrong_number', pin: '0000', hopKey },
    });
  }
  async function fileOf(number: string) {
    const file = await world.services.redress.file(number);
    assert(file.ok, 'the case is there');
    return file.value;
  }
  async function held(from: Who, to: Who, amountMinor: bigint) {
    const payment = await stage.pay(from, to, amountMinor);
    const asked = await ask(from, payment);
    assert(asked.ok, 'it can be asked for');
    return { payment, asked: asked.value, file: await fileOf(asked.value.number) };
  }
  const decide = (
    caseId: string,
    outcome: 'refunded' | 'rejected',
    more: { amountMinor?: bigint; act?: string } = {},
  ) => {
    const { act = hop(), ...rest } = more;
    return world.services.redress.decide({
      ...{ caseId, outcome, by: { kind: 'staff', id: 'amani' }, traceId: act, ...rest },
    });
  };

  test('all of it is held, both are told, and the staff give it back with its fee (R213, R214, R215)', async () => {
    const before = await stage.moneyOf('hamim');
    const { payment, asked, file } = await held('hamim', 'kani', 50_000n);
    expect(asked).toMatchObject({ amountMinor: 50_000n, heldMinor: 50_000n });
    expect(await stage.moneyOf('kani')).toEqual({ available: 120_000n, held: 50_000n });
    await world.settle();
    const told = world.sms.sent.map(({ to, body }) => `${to} ${body}`);
    expect(told.some((text) => text.startsWith(`${phones.hamim} Case ${asked.number}`))).toBe(true);
    expect(told.some((text) => text.startsWith(phones.kani) && text.includes('came to you by mistake'))).toBe(true);
    expect(await decide(file.case.caseId, 'refunded')).toMatchObject({ ok: true, value: { outcome: 'refunded' } });
    expect(await stage.moneyOf('hamim')).toEqual(before);
    expect(await stage.moneyOf('kani')).toEqual({ available: 120_000n, held: 0n });
    const back = await fileOf(asked.number);
    expect(back.hold).toMatchObject({ product: 'refund', state: 'completed', subjectId: payment.paymentId });
    expect(back.hold?.feeBackMinor).toBe(payment.feeMinor);
  });

  test('of what the receiver has spent only the rest is held, and nobody goes below zero', async () => {
    const payment = await stage.pay('hamim', 'wanjiru', 100_000n);
    await stage.pay('wanjiru', 'kani', 60_000n); // and 10.00 of fee
    const asked = await ask('hamim', payment);
    expect(asked).toMatchObject({ ok: true, value: { amountMinor: 100_000n, heldMinor: 39_000n } });
    expect(await stage.moneyOf('wanjiru')).toEqual({ available: 0n, held: 39_000n });
    await world.settle();
    const toSender = world.sms.sent.filter(({ to, body }) => to === phones.hamim && body.startsWith('Case'));
    expect(toSender.map(({ body }) => body).join()).toContain('KES 390.00 of KES 1,000.00');
    const { case: one } = await fileOf(asked.ok ? asked.value.number : '');
    const decided = await decide(one.caseId, 'refunded', { amountMinor: 20_000n });
    expect(decided).toMatchObject({ ok: true, value: { outcome: 'refunded_in_part' } });
    expect(await stage.moneyOf('wanjiru')).toEqual({ available: 19_000n, held: 0n });
  });

  test('where nothing is left the case is opened all the same, and nothing is held', async () => {
    const payment = await stage.pay('hamim', 'wanjiru', 100_000n);
    await stage.pay('wanjiru', 'kani', 99_000n);
    expect(await ask('hamim', payment)).toMatchObject({ ok: true, value: { heldMinor: 0n } });
    expect(await stage.moneyOf('wanjiru')).toEqual({ available: 0n, held: 0n });
  });

  test('a receiver who spends while it is being held never spends what is held', async () => {
    for (let round = 0; round < 6; round += 1) {
      const payment = await stage.pay('agent', 'wanjiru', 10_000n).catch(() => stage.pay('hamim', 'wanjiru', 10_000n));
      const from = payment.payerId === (await stage.idOf('hamim')) ? 'hamim' : 'agent';
      const staffAct = { staffId: 'amani', traceId: hop() };
      const [asked, spent] = await Promise.allSettled([
        world.services.redress.returnFor({
          ...{ ...staffAct, customerId: await stage.idOf(from), paymentId: payment.paymentId, reason: 'other' },
        }),
        stage.pay('wanjiru', 'kani', 9_000n),
      ]);
      assert(asked.status === 'fulfilled' && asked.value.ok, 'the case is opened whatever is left');
      const { available, held: heldMinor } = await stage.moneyOf('wanjiru');
      expect(available).toBeGreaterThanOrEqual(0n);
      expect(heldMinor).toBe(asked.value.value.heldMinor);
      if (spent.status === 'fulfilled') expect(heldMinor).toBe(0n);
      const { case: one } = await fileOf(asked.value.value.number);
      await decide(one.caseId, 'rejected');
      const left = (await stage.moneyOf('wanjiru')).available;
      if (left > 1_000n) await stage.pay('wanjiru', 'kani', left - 1_000n);
    }
  });

  test('asked twice at once, or again: one case, one hold', async () => {
    const payment = await stage.pay('hamim', 'kani', 50_000n);
    const asked = await Promise.all([ask('hamim', payment), ask('hamim', payment), ask('hamim', payment)]);
    const numbers = asked.map((one) => (one.ok ? one.value.number : one.error));
    expect(new Set(numbers).size).toBe(1);
    expect((await stage.moneyOf('kani')).held).toBe(50_000n);
    expect(await ask('hamim', payment)).toMatchObject({ ok: true, value: { number: numbers[0] } });
    await world.settle();
    expect(world.sms.sent.filter(({ body }) => body.startsWith('Case'))).toHaveLength(1);
  });

  test("a forged hop: somebody else's payment is not found, the receiver's neither", async () => {
    const payment = await stage.pay('hamim', 'kani', 50_000n);
    for (const who of ['wanjiru', 'kani', 'agent'] as const) {
      expect(await ask(who, payment)).toMatchObject({ ok: false, error: 'payment_unknown' });
    }
    expect((await stage.moneyOf('kani')).held).toBe(0n);
    const asked = await ask('hamim', payment);
    const { case: one } = await fileOf(asked.ok ? asked.value.number : '');
    for (const answer of ['giveBack', 'keep'] as const) {
      const forged = { caseId: one.caseId, customerId: await stage.idOf('wanjiru'), pin: '0000', hopKey: hop() };
      expect(await world.services.redress[answer](forged)).toMatchObject({ ok: false, error: 'case_gone' });
    }
    const { payments } = world.services;
    const hold = one.holdPaymentId ?? '';
    const kani = { paymentId: hold, customerId: await stage.idOf('kani'), hopKey: hop() };
    expect(await payments.approve({ ...kani, pin: '0000' })).toMatchObject({ ok: false, error: 'request_gone' });
    expect(await payments.reject(kani)).toMatchObject({ ok: false, error: 'request_gone' });
    expect((await stage.moneyOf('kani')).held).toBe(50_000n);
  });

  test('only what was sent to a person, only within the window, and only so often a day', async () => {
    const purchase = await stage.pay('hamim', 'merchant', 10_000n, 'purchase');
    expect(await ask('hamim', purchase)).toMatchObject({ ok: false, error: 'not_reversible' });
    const old = await stage.pay('hamim', 'kani', 1_000n);
    world.clock.advance(24 * 3_600_000);
    expect(await ask('hamim', old)).toMatchObject({ ok: false, error: 'return_too_late' });
    for (let count = 0; count < 3; count += 1) {
      expect((await ask('hamim', await stage.pay('hamim', 'kani', 1_000n))).ok).toBe(true);
    }
    const fourth = await stage.pay('hamim', 'kani', 1_000n);
    expect(await ask('hamim', fourth)).toMatchObject({ ok: false, error: 'too_many_cases' });
    expect((await stage.moneyOf('kani')).held).toBe(3_000n);
  });

  test('the receiver gives it back with the PIN, and nobody else need decide', async () => {
    const { asked, file } = await held('hamim', 'kani', 50_000n);
    const kani = await stage.idOf('kani');
    expect(await world.services.redress.claims(kani)).toHaveLength(1);
    const answer = { caseId: file.case.caseId, customerId: kani, pin: '0000', hopKey: hop() };
    const given = await world.services.redress.giveBack(answer);
    expect(given).toMatchObject({ ok: true, value: { state: 'completed', amountMinor: 50_000n } });
    expect(await world.services.redress.giveBack(answer)).toMatchObject({ ok: true, value: { state: 'completed' } });
    expect(await stage.moneyOf('kani')).toEqual({ available: 120_000n, held: 0n });
    expect((await fileOf(asked.number)).case).toMatchObject({
      state: 'decided',
      outcome: 'agreed',
      answer: 'gives_back',
    });
    expect(await world.services.redress.claims(kani)).toEqual([]);
    expect(await decide(file.case.caseId, 'refunded')).toMatchObject({ ok: false, error: 'case_gone' });
  });

  test('the receiver says it is theirs: it stays on hold, the sender is told, the staff free it', async () => {
    const { asked, file } = await held('hamim', 'kani', 50_000n);
    const kani = await stage.idOf('kani');
    const answer = { caseId: file.case.caseId, customerId: kani, pin: '0000', hopKey: hop() };
    expect((await world.services.redress.keep(answer)).ok).toBe(true);
    expect((await world.services.redress.keep(answer)).ok).toBe(true);
    expect((await stage.moneyOf('kani')).held).toBe(50_000n);
    expect(await decide(file.case.caseId, 'rejected')).toMatchObject({ ok: true, value: { outcome: 'rejected' } });
    expect(await stage.moneyOf('kani')).toEqual({ available: 170_000n, held: 0n });
    await world.settle();
    expect(world.sms.sent.filter(({ body }) => body.includes('says that the money is theirs'))).toHaveLength(1);
    expect(world.sms.sent.some(({ to, body }) => to === phones.kani && body.includes('not on hold any more'))).toBe(
      true,
    );
    expect((await fileOf(asked.number)).case).toMatchObject({ state: 'decided', answer: 'keeps' });
  });

  test('the receiver answers once: given back and kept at the same moment, one of them counts', async () => {
    const kani = await stage.idOf('kani');
    for (let round = 0; round < 3; round += 1) {
      const { file } = await held('hamim', 'kani', 1_000n);
      const answerOf = () => ({ caseId: file.case.caseId, customerId: kani, pin: '0000', hopKey: hop() });
      const { redress } = world.services;
      const both = await Promise.all([redress.giveBack(answerOf()), redress.keep(answerOf())]);
      expect(both.map(({ ok }) => ok).sort()).toEqual([false, true]);
      expect(await redress.giveBack(answerOf())).toMatchObject({ ok: false, error: 'case_gone' });
      if (!both[0].ok) await decide(file.case.caseId, 'rejected');
    }
  });

  test('decided twice at once, this way and that: one wins, the other hears that it is decided', async () => {
    for (let round = 0; round < 3; round += 1) {
      const { file } = await held('hamim', 'kani', 1_000n);
      const outcomes = await Promise.all([
        decide(file.case.caseId, 'refunded'),
        decide(file.case.caseId, 'rejected'),
        decide(file.case.caseId, 'refunded'),
      ]);
      expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
      expect(outcomes.filter((one) => !one.ok && one.error === 'case_gone')).toHaveLength(2);
      expect((await stage.moneyOf('kani')).held).toBe(0n);
    }
  });

  test('the same act carried out again answers as before', async () => {
    const { file } = await held('hamim', 'kani', 1_000n);
    const first = await decide(file.case.caseId, 'refunded', { act: 'act-1' });
    expect(await decide(file.case.caseId, 'refunded', { act: 'act-1' })).toMatchObject({ ok: true });
    expect(first.ok).toBe(true);
    expect(await stage.moneyOf('kani')).toEqual({ available: 120_000n, held: 0n });
  });

  test('nobody decides: the hold ends, the money is free, both are told, the case is decided', async () => {
    const { asked, file } = await held('hamim', 'kani', 50_000n);
    world.clock.advance(3 * 24 * 3_600_000 + 1_000);
    expect(await world.services.payments.releaseUnclaimed()).toBe(0); // a pending payment claims it
    await world.settle();
    expect(await stage.moneyOf('kani')).toEqual({ available: 170_000n, held: 0n });
    expect((await fileOf(asked.number)).case).toMatchObject({ state: 'decided', outcome: 'lapsed' });
    expect(world.sms.sent.some(({ to, body }) => to === phones.hamim && body.includes('nobody decided in time'))).toBe(
      true,
    );
    expect(world.sms.sent.some(({ to, body }) => to === phones.kani && body.includes('not on hold any more'))).toBe(
      true,
    );
    expect(await decide(file.case.caseId, 'refunded')).toMatchObject({ ok: false, error: 'case_gone' });
  });

  test('the end of the hold against a decision: one of them, and the case says which', async () => {
    for (let round = 0; round < 3; round += 1) {
      const { asked, file } = await held('hamim', 'kani', 1_000n);
      world.clock.advance(3 * 24 * 3_600_000 + 1_000);
      const [, decided] = await Promise.all([
        world.services.payments.expireDue(),
        decide(file.case.caseId, 'rejected'),
      ]);
      const { case: one, hold } = await fileOf(asked.number);
      expect(one).toMatchObject({ state: 'decided', outcome: decided.ok ? 'rejected' : 'lapsed' });
      expect(hold?.state).toBe(decided.ok ? 'rejected' : 'expired');
      expect((await stage.moneyOf('kani')).held).toBe(0n);
    }
  });
});
