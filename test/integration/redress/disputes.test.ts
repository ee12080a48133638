import { assert, createIds, createLog } from '../../../src/platform';
import { createRedress } from '../../../src/redress';
import { typeAs } from '../../support/staff';
import { createWorld, type World } from '../../support/world';
import { stageOf, withoutPins, type Stage, type Who } from './people';

/** Complaints: whose they may be, what comes back of them and how often, and what the database refuses. */
describe('complaints', () => {
  let world: World;
  let stage: Stage;
  const log = createLog('silent');
  beforeEach(async () => {
    world = await createWorld({ log });
    stage = stageOf(world);
  });
  afterEach(async () => {
    expect(await stage.verifiedBooks()).toBeUndefined();
    jest.restoreAllMocks();
    await world.close();
  });

  let acts = 0;
  const act = () =>
    createIds(world.clock)
      .uuid()
      .replace(/.{4}$/, String((acts += 1)).padStart(4, '0'));
  const openFor = async (who: Who, paymentId: string) => {
    const customerId = await stage.idOf(who);
    const what = { customerId, paymentId, kind: 'other', staffId: 'amani', traceId: act() } as const;
    const opened = await world.services.redress.openFor(what);
    assert(opened.ok, 'it can be opened');
    return opened.value;
  };
  const decide = (caseId: string, by = world.services.redress, amountMinor?: bigint) =>
    by.decide({
      ...{ caseId, outcome: 'refunded', by: { kind: 'staff', id: 'eshe' }, traceId: act() },
      ...(amountMinor !== undefined && { amountMinor }),
    });

  test('only whoever proved the PIN in this call, only about a payment of their own, only so often a day', async () => {
    const { identity, redress } = world.services;
    const hamim = await stage.idOf('hamim');
    const proof = 'hop-proof';
    const complaint = { customerId: hamim, kind: 'other', hopKey: 'hop-open' } as const;
    const spy = jest.spyOn(identity, 'verifyPin').mockResolvedValue({ ok: true, value: undefined });
    const payments = [];
    for (let count = 0; count < 4; count += 1) payments.push(await stage.pay('hamim', 'kani', 1_000n));
    const strange = await stage.pay('agent', 'kani', 1_000n).catch(() => undefined);
    spy.mockRestore();
    const [first] = payments;
    assert(first, 'it was paid');
    const about = (paymentId: string) => redress.openDispute({ ...complaint, paymentId, proof });
    expect(await about(first.paymentId)).toMatchObject({ ok: false, error: 'pin_unproven' });
    expect(await redress.disputablePayments({ customerId: hamim, accountId: '1', proof })).toMatchObject({
      error: 'pin_unproven',
    });
    expect((await redress.myCases({ customerId: hamim, pin: '4071', hopKey: proof })).ok).toBe(true);
    const kani = await stage.idOf('kani');
    expect(
      await redress.openDispute({ ...complaint, customerId: kani, paymentId: first.paymentId, proof }),
    ).toMatchObject(
      { ok: false, error: 'pin_unproven' }, // a proof is nobody else's
    );
    if (strange) expect(await about(strange.paymentId)).toMatchObject({ ok: false, error: 'payment_unknown' });
    const outcomes = [];
    for (const { paymentId } of payments) outcomes.push(await about(paymentId));
    expect(outcomes.map((one) => (one.ok ? 'open' : one.error))).toEqual(['open', 'open', 'open', 'too_many_cases']);
    expect(await about(first.paymentId)).toMatchObject({ ok: true }); // the same again
    world.clock.advance(10 * 60_000 + 1_000);
    expect(await about(first.paymentId)).toMatchObject({ ok: false, error: 'pin_unproven' });
  });

  test('R219: two cases about one payment, refunded at once: never more than was paid comes back, nor its fee twice', async () => {
    withoutPins(world);
    for (let round = 0; round < 3; round += 1) {
      const before = await stage.moneyOf('hamim');
      const payment = await stage.pay('hamim', 'kani', 30_000n);
      const cases = [await openFor('hamim', payment.paymentId), await openFor('kani', payment.paymentId)];
      const outcomes = await Promise.all(cases.map(({ caseId }) => decide(caseId)));
      expect(outcomes.map((one) => (one.ok ? 'done' : one.error)).sort()).toEqual(['already_refunded', 'done']);
      expect(await stage.moneyOf('hamim')).toEqual(before);
    }
  });

  test('R158, R214: refunds in parts count toward no limit, and the last of them brings the fee', async () => {
    withoutPins(world);
    const payment = await stage.pay('hamim', 'kani', 30_000n);
    const used = () => world.owner.rows({ text: 'select * from limit_use order by 1, 2, 3, 4, 5' });
    const before = await used();
    const first = await decide((await openFor('hamim', payment.paymentId)).caseId, undefined, 10_000n);
    expect(first).toMatchObject({ ok: true, value: { outcome: 'refunded_in_part' } });
    expect((await stage.moneyOf('hamim')).available).toBe(500_000n - 20_000n - payment.feeMinor);
    expect(await decide((await openFor('kani', payment.paymentId)).caseId)).toMatchObject({
      ok: true,
      value: { outcome: 'refunded' },
    });
    expect((await stage.moneyOf('hamim')).available).toBe(500_000n);
    expect(await used()).toEqual(before);
  });

  test('a member of the staff gives back so often a day, whatever is held or not; the money stays where it is', async () => {
    withoutPins(world);
    const { services } = world;
    const policy = { ...services.rules.redress, staffRefundsPerDay: 1 };
    const strict = createRedress({ ...services, ids: createIds(world.clock), log, policy });
    const [one, other] = [await stage.pay('hamim', 'kani', 1_000n), await stage.pay('hamim', 'kani', 2_000n)];
    expect((await decide((await openFor('hamim', one.paymentId)).caseId, strict)).ok).toBe(true);
    const asked = { paymentId: other.paymentId, reason: 'other', pin: '0000', hopKey: 'hop' } as const;
    const held = await services.redress.requestReturn({ ...asked, customerId: await stage.idOf('hamim') });
    const file = await services.redress.file(held.ok ? held.value.number : '');
    assert(file.ok, 'the case is there');
    expect(await decide(file.value.case.caseId, strict)).toMatchObject({ ok: false, error: 'too_many_refunds' });
    expect((await stage.moneyOf('kani')).held).toBe(2_000n);
  });

  test('what the receiver has no more can not come back: nothing moves, the case stays open', async () => {
    withoutPins(world);
    const payment = await stage.pay('hamim', 'wanjiru', 30_000n);
    await stage.pay('wanjiru', 'kani', 20_000n);
    const { caseId, number } = await openFor('hamim', payment.paymentId);
    expect(await decide(caseId)).toMatchObject({ ok: false, error: 'refund_impossible' });
    expect(await world.services.redress.file(number)).toMatchObject({ ok: true, value: { case: { state: 'open' } } });
  });

  test('a case that is not decided in time alarms the staff once, and once more when its appeal ran out as well', async () => {
    withoutPins(world);
    const said: unknown[] = [];
    jest.spyOn(log, 'warn').mockImplementation((what: unknown, words?: unknown) => void said.push([words, what]));
    const { redress } = world.services;
    const first = await openFor('hamim', (await stage.pay('hamim', 'kani', 1_000n)).paymentId);
    const inTime = await openFor('hamim', (await stage.pay('hamim', 'kani', 2_000n)).paymentId);
    expect((await decide(inTime.caseId)).ok).toBe(true);
    expect(await redress.alarmOverdue()).toBe(0);
    world.clock.advance(5 * 86_400_000);
    const fresh = await openFor('hamim', (await stage.pay('hamim', 'kani', 3_000n)).paymentId);
    expect((await Promise.all([redress.alarmOverdue(), redress.alarmOverdue()])).sort()).toEqual([0, 1]);
    expect(await redress.alarmOverdue()).toBe(0);
    const told = { case: first.number, kind: 'other', state: 'open', takenBy: null };
    expect(said).toEqual([['a case is overdue', { ...told, dueAt: '2026-01-20T09:00:00.000Z' }]]);
    const list = await typeAs(world, 'amani', ['cases', '--reason', 'every morning']);
    expect(list).toMatchObject({
      value: {
        rows: [
          { case: first.number, state: 'open (overdue)' },
          { case: fresh.number, state: 'open' },
        ],
      },
    });

    const rejected = {
      caseId: first.caseId,
      outcome: 'rejected',
      by: { kind: 'staff', id: 'eshe' },
      traceId: act(),
    } as const;
    expect(await redress.decide(rejected)).toMatchObject({ ok: true });
    expect(await redress.appealFor({ number: first.number, staffId: 'amani', traceId: act() })).toMatchObject({
      ok: true,
    });
    expect(await redress.alarmOverdue()).toBe(0);
    world.clock.advance(5 * 86_400_000);
    expect(await redress.alarmOverdue()).toBe(2);
    expect(said).toHaveLength(3);
  });

  test('no appeal while another case of theirs about that payment is open: it says so, and goes when that is decided', async () => {
    withoutPins(world);
    const { redress } = world.services;
    const payment = await stage.pay('hamim', 'kani', 1_000n);
    const reject = (caseId: string) =>
      redress.decide({ caseId, outcome: 'rejected', by: { kind: 'staff', id: 'eshe' }, traceId: act() });
    const first = await openFor('hamim', payment.paymentId);
    expect(await reject(first.caseId)).toMatchObject({ ok: true });
    const anew = await openFor('hamim', payment.paymentId);
    expect(anew.caseId).not.toBe(first.caseId);
    const appealed = () => redress.appealFor({ number: first.number, staffId: 'amani', traceId: act() });
    expect(await appealed()).toMatchObject({ ok: false, error: 'return_asked' });
    const typed = await typeAs(world, 'amani', ['case-appeal', first.number, '--reason', 'they called']);
    expect(typed).toMatchObject({ error: 'return_asked' });
    expect(await reject(anew.caseId)).toMatchObject({ ok: true });
    expect(await appealed()).toMatchObject({ ok: true });
  });

  test('an alarm that could not be noted is raised again', async () => {
    withoutPins(world);
    const warn = jest.spyOn(log, 'warn').mockImplementationOnce(() => {
      throw new Error('killed');
    });
    await openFor('hamim', (await stage.pay('hamim', 'kani', 1_000n)).paymentId);
    world.clock.advance(5 * 86_400_000);
    await expect(world.services.redress.alarmOverdue()).rejects.toThrow('killed');
    expect(await world.services.redress.alarmOverdue()).toBe(1);
    expect(warn).toHaveBeenCalledTimes(2);
  });

  test('a decided case closes when its time to appeal is over; the database lets no case go another way', async () => {
    withoutPins(world);
    const payment = await stage.pay('hamim', 'kani', 1_000n);
    const { caseId, number } = await openFor('hamim', payment.paymentId);
    const { redress, db } = world.services;
    const set = (state: string) =>
      db.run({ text: 'update redress_case set state = $2 where case_id = $1', values: [caseId, state] });
    await expect(set('closed')).rejects.toThrow();
    await expect(set('appealed')).rejects.toThrow();
    expect((await decide(caseId)).ok).toBe(true);
    await expect(set('open')).rejects.toThrow('cannot go from decided to open');
    expect(await redress.closeDue()).toBe(0);
    world.clock.advance(14 * 86_400_000 + 1_000);
    expect(await redress.closeDue()).toBe(1);
    expect(await redress.closeDue()).toBe(0);
    await expect(set('investigating')).rejects.toThrow('cannot go from closed');
    await expect(db.run({ text: 'update refunded set amount_minor = 0' })).rejects.toThrow('permission denied');
    await world.settle();
    expect(world.sms.sent.some(({ body }) => body === `Case ${number} is closed.`)).toBe(true);
  });
});
