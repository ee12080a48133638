import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { assert, type Msisdn } from '../../src/platform';
import { openFspiopBetween, openL1pBetween, type RealBetween } from '../support/between';
import { createTwo, type Two, type Wire } from '../support/two';
import { createTestClock, type ClockApart } from '../support/world';
import { compareThree, unsettled } from '../faults/two-kill-check';
import {
  hamimsPhone,
  idOf,
  openCustomer,
  openVenya,
  owed,
  venyasPhone,
  zawadisPhone,
} from '../integration/clearing/people';

/**
 * Two whole providers with a real scheme between them, by one clock that stands until it is told to go on. Whatever is lost,
 * late, doubled or down on the way: within so much time the books of both and of the scheme say the same, and nobody
 * was told anything else.
 */
const agreeMinutes = 6;
const stepMs = 30_000;
const amountMinor = 1_000n;

/** What passes between a provider and the scheme once the PIN is right. */
const deciding = ['prepareTransfer', 'onPrepare', 'answerPrepare', 'onTransferOutcome', 'onConfirmed', 'queryTransfer'];
/** What either provider says on the way: each is a step. */
const steps = ['lookUpParty', 'requestQuote', 'answerQuote', 'prepareTransfer', 'answerPrepare'];

/** Those of them without which there is no PIN. */
const offering = new Set(['lookUpParty', 'requestQuote', 'answerQuote']);

type Carry = () => Promise<unknown>;
/** What becomes of a message that passes for the `nth` time. */
type Fate = (nth: number, carry: Carry, delayed: Delayed) => Promise<unknown>;

const fates: Readonly<Record<string, Fate>> = {
  'is lost once': async (nth, carry) => (nth === 1 ? undefined : carry()),
  'is lost five times': async (nth, carry) => (nth <= 5 ? undefined : carry()),
  'comes twice, and again when all is over': async (_, carry, delayed) => {
    delayed.toTheEnd(carry);
    return carry().then(carry);
  },
  'comes a minute late': async (nth, carry, delayed) => (nth === 1 ? delayed.forMs(60_000, carry) : carry()),
  'is overtaken by the next two': async (nth, carry, delayed) => (nth === 1 ? delayed.behind(2, carry) : carry()),
};

/** Messages that are kept back. */
interface Delayed {
  readonly forMs: (durationMs: number, carry: Carry) => void;
  /** Until so many others have passed. */
  readonly behind: (others: number, carry: Carry) => void;
  readonly toTheEnd: (carry: Carry) => void;
}

interface Kept {
  readonly carry: Carry;
  /** By the clock of the test; without one, at the end. */
  dueAt?: number;
  others?: number;
}

describe.each([
  ['FSPIOP', openFspiopBetween],
  ['the scheme of 2017', openL1pBetween],
])('%s', (scheme, open: (clock: ReturnType<typeof createTestClock>) => Promise<RealBetween>) => {
  let between: RealBetween;
  let both: Two;
  let hamim: string;
  let venya: string;
  let kept: Kept[] = [];
  let passed = 0;

  beforeAll(async () => {
    between = await open(createTestClock());
    both = await createTwo(between);
    venya = await openVenya(both.two);
    hamim = await idOf(both.one, hamimsPhone);
    await both.settle(); // the directory is told
  }, 60_000);
  afterAll(async () => {
    await both.close();
    await between.close();
  });
  beforeEach(() => {
    both.clock.advance(3_600_000); // nobody pays so often in one day
    [kept, passed] = [[], 0];
    around((_, carry) => carry());
  });

  const nowMs = () => both.clock.now().getTime();
  const delayed: Delayed = {
    forMs: (durationMs, carry) => void kept.push({ carry, dueAt: nowMs() + durationMs }),
    behind: (others, carry) => void kept.push({ carry, others }),
    toTheEnd: (carry) => void kept.push({ carry }),
  };
  const around = (work: Wire['around']): void => {
    both.wires.one.around = work;
    both.wires.two.around = work;
  };

  /** What happens when a message passes; nobody asks the scheme who was told, so that first word is lost as well. */
  function when(name: string, happens: (nth: number, carry: Carry) => Promise<unknown>): void {
    let outcomes = 0;
    around(async (passing, carry) => {
      for (const one of kept) if (one.others !== undefined) one.others -= 1;
      const isLost = name === 'queryTransfer' && passing === 'onTransferOutcome' && (outcomes += 1) === 1;
      const result = passing === name ? await happens((passed += 1), carry) : isLost ? undefined : await carry();
      await releaseDue();
      return result;
    });
  }

  async function releaseDue(): Promise<void> {
    const isDue = ({ dueAt = Infinity, others = Infinity }: Kept) => dueAt <= nowMs() || others <= 0;
    const due = kept.filter(isDue);
    kept = kept.filter((one) => !isDue(one));
    for (const { carry } of due) await carry();
  }

  /** Hamim pays. Returns why it came to no PIN, if it didn't. */
  async function pay(to: Msisdn = venyasPhone): Promise<string | undefined> {
    const { clearing, payments } = both.one.services;
    const found = await clearing.findPayee(to);
    if (!found.ok) return found.error;
    const { party } = found.value;
    const offered = await clearing.quote({ customerId: hamim, to: { party }, product: 'send', amountMinor });
    if (!offered.ok) return offered.error;
    const { quoteId } = offered.value.quote;
    const submitted = await payments.submit({ quoteId, customerId: hamim, pin: '4071', hopKey: randomUUID() });
    return submitted.ok ? undefined : submitted.error;
  }

  /** On a machine that is busy an offer may come too late: then Hamim asks again. */
  async function payForSure(to?: Msisdn): Promise<void> {
    const refusals: string[] = [];
    for (let refused = await pay(to); refused; refused = await pay(to)) {
      refusals.push(refused);
      expect(refusals.length < 10 ? [] : refusals).toEqual([]);
    }
  }

  /** Lets time go on until all is decided and everybody told, then compares the three ledgers. Returns what was paid in all. */
  async function agree(onStep: () => Promise<void> = () => Promise.resolve()): Promise<bigint> {
    const stepsMax = (agreeMinutes * 60_000) / stepMs;
    for (let step = 0; ; step += 1) {
      await both.settle();
      if (step > 0 && (await isOver())) break;
      expect(step).toBeLessThan(stepsMax);
      both.clock.advance(stepMs);
      await onStep();
      await releaseDue();
    }
    for (const { carry } of kept.splice(0)) await carry();
    await both.settle();
    const textsTo = (phone: string) =>
      [both.one, both.two].flatMap(({ sms }) => sms.sent.filter(({ to }) => to === phone).map(({ body }) => body));
    const providers = [
      { name: 'one', beside: both.one, attempts: [], members: [{ customerId: hamim, msisdn: hamimsPhone }] },
      { name: 'two', beside: both.two, attempts: [], members: [{ customerId: venya, msisdn: venyasPhone }] },
    ];
    const { failures, paid } = await compareThree(providers, await between.transfers(), { textsTo });
    expect(failures).toEqual([]);
    const [sent = 0n, got] = await owed(both);
    expect([sent, got]).toEqual([BigInt(paid) * amountMinor, BigInt(-paid) * amountMinor]);
    return sent;
  }

  async function isOver(): Promise<boolean> {
    const open = await Promise.all([both.one, both.two].map((beside) => unsettled({ services: beside.services })));
    const undecided = (await between.transfers()).filter(({ state }) => state === 'open').length;
    return (
      kept.every(({ dueAt, others }) => dueAt === undefined && others === undefined) &&
      undecided + open.reduce((sum, n) => sum + n, 0) === 0
    );
  }

  const within = `the three ledgers agree within ${agreeMinutes} minutes`;

  test.each(deciding.flatMap((name) => Object.keys(fates).map((fate) => [name, fate] as const)))(
    `R174 to R205, ${scheme}: %s %s: ${within}`,
    async (name, fate) => {
      when(name, (nth, carry) => fates[fate]?.(nth, carry, delayed) ?? carry());
      await payForSure();
      await agree();
      expect(passed).toBeGreaterThan(0);
    },
    60_000,
  );

  const services: Readonly<Record<string, { stop: () => Promise<void>; start: () => Promise<void> }>> = {
    'the scheme': { stop: () => between.stop(), start: () => between.start() },
    "the payee's provider": { stop: () => both.stop('two'), start: () => both.start('two') },
  };
  const moments = steps.flatMap((name) =>
    (['before', 'after'] as const).flatMap((moment) =>
      Object.keys(services).map((service) => [service, moment, name] as const),
    ),
  );
  test.each(moments)(
    `R189 to R197, ${scheme}: %s goes down %s %s and comes back half a minute later: ${within}`,
    async (service, moment, name) => {
      const { stop, start } = services[service] ?? {};
      assert(stop && start, 'it is one of them');
      let stopping: Promise<void> | undefined;
      when(name, async (nth, carry) => {
        if (nth > 1) return carry();
        // Not waited for: it may be the one that brings this very message.
        if (moment === 'before') stopping = stop();
        const result = await carry();
        if (moment === 'after') stopping = stop();
        return result;
      });
      if (offering.has(name)) await pay();
      else await payForSure();
      await agree(async () => {
        if (!stopping) return;
        await stopping;
        stopping = undefined;
        await start();
        await sleep(50); // whoever waits for it tries again
      });
      expect(passed).toBeGreaterThan(0);
      await payForSure(); // it goes on as before
      await agree();
    },
    60_000,
  );

  const clocks: Readonly<Record<string, () => ClockApart>> = {
    'the scheme': () => between.schemeClock,
    "the payer's provider": () => both.clocks.one,
    "the payee's provider": () => both.clocks.two,
  };
  const twoDaysMs = 2 * 86_400_000;
  const untils = ['before the transfer', 'when all is over'] as const;
  const apart = Object.keys(clocks).flatMap((whose) =>
    (['ahead', 'behind'] as const).flatMap((way) => untils.map((until) => [whose, way, until] as const)),
  );
  test.each(apart)(
    `R188, ${scheme}: the clock of %s is days %s and put right %s: ${within}`,
    async (whose, way, until) => {
      const clock = clocks[whose]?.();
      assert(clock, 'it is one of them');
      clock.aheadMs = way === 'ahead' ? twoDaysMs : -twoDaysMs;
      when('prepareTransfer', async (_, carry) => {
        if (until === 'before the transfer') clock.aheadMs = 0;
        return carry();
      });
      await pay(); // or not: an offer may look old to whoever is ahead of it, and then nothing leaves
      await agree();
      clock.aheadMs = 0;
      await payForSure(); // it goes on as before
      await agree();
    },
    60_000,
  );

  test(`R186, R187, ${scheme}: a payee who leaves between quote and transfer is not paid: ${within}`, async () => {
    const before = await agree();
    const zawadi = await openCustomer(both.two, { msisdn: zawadisPhone, firstName: 'Zawadi' });
    await both.settle(); // the directory is told
    when('prepareTransfer', async (nth, carry) => {
      const leaving = { customerId: zawadi, hopKey: 'leaves', pin: '2580' };
      if (nth === 1) expect(await both.two.services.closing.close(leaving)).toMatchObject({ ok: true });
      return carry();
    });
    await payForSure(zawadisPhone);
    expect(await agree()).toBe(before);
    expect(passed).toBeGreaterThan(0);
  }, 60_000);
});
